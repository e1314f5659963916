//! A thin line that fills.

use std::time::Duration;

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ui::theme::HasTokens as _;

/// What moves along a line whose end is unknown: its share of the line, how long one round takes, and how often it steps.
const PIECE: f32 = 0.3;
const ROUND_S: f64 = 1.6;
const STEP: Duration = Duration::from_millis(100);

/// A line as wide as there is room, filled to `fraction` (0–1); without one a piece of it moves along: under way, end unknown. `name` says what progresses.
pub fn progress_line(ui: &mut Ui, name: &str, fraction: Option<f32>) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = fraction.map(f64::from);
        info
    });
    if let Some(fraction) = fraction {
        let filled = Rect::from_min_size(rect.min, vec2(rect.width() * fraction.clamp(0.0, 1.0), rect.height()));
        ui.painter().rect_filled(filled, 0.0, tokens.accent);
    } else if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.3));
        let way = (ui.input(|input| input.time) / ROUND_S).fract() as f32;
        let left = rect.left() + rect.width() * ((1.0 + PIECE) * way - PIECE);
        let piece = Rect::from_min_size(egui::pos2(left, rect.top()), vec2(rect.width() * PIECE, rect.height()));
        ui.painter().rect_filled(piece.intersect(rect), 0.0, tokens.accent);
        ui.ctx().request_repaint_after(STEP);
    }
    response
}
