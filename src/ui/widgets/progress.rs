//! A thin line that fills.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ui::theme::HasTokens as _;

/// A line as wide as there is room, filled to `fraction` (0–1); without one it is dim: under way, end unknown. `name` says what progresses.
pub fn progress_line(ui: &mut Ui, name: &str, fraction: Option<f32>) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = fraction.map(f64::from);
        info
    });
    match fraction {
        Some(fraction) => {
            let filled = Rect::from_min_size(rect.min, vec2(rect.width() * fraction.clamp(0.0, 1.0), rect.height()));
            ui.painter().rect_filled(filled, 0.0, tokens.accent);
        }
        None => {
            ui.painter().rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.45));
        }
    }
    response
}
