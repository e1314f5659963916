//! A score from 1 to 5.

use egui::{Align, Align2, FontId, Layout, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::paint;
use crate::ui::theme::HasTokens as _;

/// The width of each button, points.
const WIDTH: f32 = 18.0;

/// Five small buttons, called “Score 3: NAME”. The one that holds takes the score back. The response has changed when the score has.
pub fn score(ui: &mut Ui, name: &str, value: &mut Option<u8>) -> Response {
    let tokens = ui.tokens();
    let mut changed = false;
    let mut group = ui
        .allocate_ui_with_layout(vec2(5.0 * WIDTH, tokens.row.compact), Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for points in 1..=5u8 {
                let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, tokens.row.compact), Sense::click());
                let selected = *value == Some(points);
                response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, format!("Score {points}: {name}")));
                if response.clicked() {
                    *value = (!selected).then_some(points);
                    changed = true;
                }
                let hot = ui.is_enabled() && paint::is_hot(&response);
                let ink = match (selected, hot) {
                    (true, _) => tokens.accent,
                    (false, true) => tokens.text1,
                    (false, false) => tokens.text2,
                };
                if selected || hot {
                    ui.painter().rect_filled(rect, f32::from(tokens.radius.small), if selected { tokens.bg3 } else { tokens.bg2 });
                }
                if selected {
                    let frame = Stroke::new(1.0, tokens.accent);
                    ui.painter().rect_stroke(rect, f32::from(tokens.radius.small), frame, StrokeKind::Inside);
                }
                let font = FontId::proportional(tokens.text.base - 1.0);
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, points, font, ink);
                paint::focus_ring(ui, &response, rect, tokens.radius.small);
                response.on_hover_text(if selected { "Take the score back".to_owned() } else { format!("Score {points} of 5") });
            }
        })
        .response;
    if changed {
        group.mark_changed();
    }
    group
}
