//! A step of a check as a bar on a common time axis.

use egui::{FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Mark, paint};
use crate::ui::theme::{HasTokens as _, text};

/// A step of a check.
#[derive(Clone, Copy, Debug)]
pub struct WaterfallStep<'a> {
    /// How it ended.
    pub mark: Mark,
    /// What it was.
    pub name: &'a str,
    /// From the start of the check, milliseconds.
    pub started_ms: f64,
    /// How long it took, milliseconds.
    pub took_ms: f64,
    /// What stands at its end: the time, or the status that it failed with.
    pub result: &'a str,
}

/// Draws `step` on an axis of `total_ms`, the same for all steps of a check.
pub fn waterfall_row(ui: &mut Ui, step: &WaterfallStep<'_>, total_ms: f64) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{}: {}, {}", step.name, step.mark.word(), step.result)));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let font = FontId::proportional(tokens.text.base);
    let sign = paint::line(ui, step.mark.sign(), font.clone(), step.mark.color(tokens), 22.0);
    paint::middle_left(ui, rect, rect.left(), sign);
    // Long model names get more room where there is some.
    let name_width = (0.26 * rect.width()).clamp(176.0, 300.0);
    let name = paint::line(ui, step.name, font, tokens.text1, name_width);
    paint::middle_left(ui, rect, rect.left() + 30.0, name);
    let result = paint::line(ui, step.result, text::figures_font(tokens.text.base), tokens.text2, 124.0);
    let result_left = rect.right() - result.size().x;
    paint::middle_left(ui, rect, result_left, result);
    let axis = Rect::from_min_max(pos2(rect.left() + name_width + 42.0, rect.top()), pos2(rect.right() - 132.0, rect.bottom()));
    if axis.width() > 8.0 && total_ms > 0.0 && step.mark != Mark::Waiting {
        let at = |ms: f64| axis.left() + axis.width() * (ms / total_ms).clamp(0.0, 1.0) as f32;
        let left = at(step.started_ms).min(axis.right() - 4.0);
        let right = at(step.started_ms + step.took_ms).max(left + 4.0);
        let bar = Rect::from_min_max(pos2(left, rect.center().y - 4.0), pos2(right, rect.center().y + 4.0));
        let fill = match step.mark {
            Mark::Failed => tokens.bad,
            Mark::Finished => tokens.accent,
            Mark::Cancelled | Mark::Running | Mark::Waiting => tokens.text3,
        };
        ui.painter().rect_filled(bar, bar.width().min(8.0) / 2.0, fill.gamma_multiply(0.85));
    }
    response
}
