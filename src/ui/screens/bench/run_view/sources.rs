//! The sources that an answer names, below it: foreign text, shown and copied, never opened.

use egui::{CollapsingHeader, Id, Label, RichText, Ui};

use crate::analysis::format_count;
use crate::domain::Citations;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{IconButton, visible};

/// Draws them, folded until they are asked for; `label` tells one column from another.
pub(super) fn sources(ui: &mut Ui, id: Id, citations: &Citations, label: &str) {
    if citations.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    let head = format!("Sources {}", format_count(citations.as_slice().len() as u64));
    CollapsingHeader::new(RichText::new(head).color(tokens.text2)).id_salt(id.with("sources")).show_unindented(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.gap.s;
        for (number, source) in (1..).zip(citations.as_slice()) {
            ui.push_id(number, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = tokens.gap.xs;
                    let copy = format!("Copy address {number}: {label}");
                    if ui.add(IconButton::new(icons::COPY, &copy).small()).clicked() {
                        ui.ctx().copy_text(source.url.clone());
                    }
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        let title = if source.title.is_empty() { String::new() } else { format!(" {}", visible(&source.title).text) };
                        let first = RichText::new(format!("{number}.{title}")).color(tokens.text1);
                        if !title.is_empty() {
                            ui.add(Label::new(first).wrap().selectable(true));
                        }
                        let address = visible(&source.url).text;
                        let words = if title.is_empty() { format!("{number}. {address}") } else { address.into_owned() };
                        ui.add(Label::new(text::mono(words, tokens).size(tokens.text.small).color(tokens.text2)).wrap().selectable(true));
                    });
                });
            });
        }
    });
}
