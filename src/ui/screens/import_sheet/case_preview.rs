//! The first cases of an import.

use std::fmt::Write as _;

use eframe::egui::{Align, FontFamily, FontId, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::analysis::{format_count, format_counted};
use crate::domain::{Case, PromptBody};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::cell_text;

use super::column_table::one_line;

/// How many cases are shown.
const SHOWN: usize = 50;
const ROW: f32 = 28.0;
const ID: f32 = 110.0;
const VALUES: f32 = 420.0;

/// Draws them, at most `max_height` points high.
pub(super) fn show(cases: &[Case], max_height: f32, ui: &mut Ui) {
    let tokens = ui.tokens();
    let shown = &cases[..cases.len().min(SHOWN)];
    ui.spacing_mut().item_spacing.y = 0.0;
    let (header, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let small = FontId::proportional(tokens.text.small);
    for (place, words) in parts(header).into_iter().zip(["ID", "Prompt", "Variables and more"]) {
        cell_text(ui, place, Align::Min, words, small.clone(), tokens.text3);
    }
    ui.painter().hline(header.x_range(), header.bottom(), Stroke::new(1.0, tokens.line));
    let more = cases.len() - shown.len();
    let room = max_height - 22.0 - if more > 0 { 22.0 } else { 0.0 };
    ScrollArea::vertical().id_salt("cases").max_height(room).auto_shrink([false, true]).show_rows(ui, ROW, shown.len(), |ui, rows| {
        for case in rows.filter_map(|row| shown.get(row)) {
            row(case, ui);
        }
    });
    if more > 0 {
        ui.add_space(4.0);
        ui.label(text::small(format!("and {} more", format_count(more as u64)), tokens));
    }
}

fn row(case: &Case, ui: &mut Ui) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let [id, prompt, values] = parts(rect);
    let id_words = one_line(&case.id);
    cell_text(ui, id, Align::Min, &id_words, FontId::proportional(tokens.text.base), tokens.text2);
    let (words, font) = match &case.body {
        PromptBody::Template { prompt, .. } => (one_line(prompt), FontId::new(tokens.text.mono, FontFamily::Monospace)),
        PromptBody::Messages(messages) => {
            let last = messages.last().map_or("", |message| &message.content);
            let count = format_counted(messages.len() as u64, "message", "messages");
            (format!("{count}: … {}", one_line(last)), FontId::proportional(tokens.text.base))
        }
    };
    cell_text(ui, prompt, Align::Min, &words, font, tokens.text1);
    cell_text(ui, values, Align::Min, &extras(case), FontId::proportional(tokens.text.base), tokens.text2);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Case {id_words}: {words}")));
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
}

/// The values of the variables and what else a case has, in one line.
fn extras(case: &Case) -> String {
    let mut words = String::new();
    let mut add = |name: &str, value: &str| {
        if words.len() < 200 {
            let between = if words.is_empty() { "" } else { "  ·  " };
            write!(words, "{between}{} = {}", one_line(name), one_line(value)).ok();
        }
    };
    for (name, value) in &case.vars {
        add(name, value);
    }
    for image in case.all_images().take(4) {
        add("image", &image.words());
    }
    if let Some(expected) = &case.expected {
        add("expected", expected);
    }
    if !case.tags.is_empty() {
        add("tags", &case.tags.join(", "));
    }
    words
}

fn parts(rect: Rect) -> [Rect; 3] {
    let values = rect.right() - VALUES.min(rect.width() * 0.4);
    let id = rect.left() + ID;
    [
        Rect::from_min_max(rect.min, pos2(id - 8.0, rect.bottom())),
        Rect::from_min_max(pos2(id, rect.top()), pos2(values - 12.0, rect.bottom())),
        Rect::from_min_max(pos2(values, rect.top()), rect.max),
    ]
}
