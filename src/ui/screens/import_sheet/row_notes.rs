//! What is to be said about rows: why some are skipped, what to know about others.

use eframe::egui::{Align, FontId, ScrollArea, Sense, Ui, vec2};

use crate::analysis::format_count;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{cell_text, visible};

const ROW: f32 = 24.0;

/// Draws notes, each with its row when it is about one, at most `max_height` points high. `name` tells this list from others.
pub(in crate::ui::screens) fn notes(ui: &mut Ui, name: &str, notes: &[(Option<u64>, &str)], max_height: f32) {
    if notes.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().id_salt(name).max_height(max_height).auto_shrink([false, true]).show_rows(
            ui,
            ROW,
            notes.len(),
            |ui, rows| {
                for (row, words) in rows.filter_map(|index| notes.get(index)) {
                    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
                    let place = row.map_or_else(|| "file".to_owned(), |row| format!("row {}", format_count(row)));
                    let mut at = rect;
                    at.set_width(76.0);
                    cell_text(ui, at, Align::Min, &place, text::figures_font(tokens.text.base), tokens.text3);
                    let words = visible(words).text;
                    let said = format!("{place}: {words}");
                    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Label, true, &said));
                    let whole = cell_text(
                        ui,
                        rect.with_min_x(at.right()),
                        Align::Min,
                        &words,
                        FontId::proportional(tokens.text.base),
                        tokens.text1,
                    );
                    if !whole {
                        response.on_hover_text(words.as_ref());
                    }
                }
            },
        );
    });
}
