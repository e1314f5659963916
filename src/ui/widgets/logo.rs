//! The gem.

use egui::{Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo};

use crate::ui::theme::HasTokens as _;

/// The mark of the program, `size` points wide and high.
pub fn logo(ui: &mut Ui, size: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Assay"));
    // On a grid of 24, as in assets/icon/assay.svg.
    let at = |x: f32, y: f32| rect.min + egui::vec2(x, y) * (size / 24.0);
    let stroke = Stroke::new(1.8 * size / 24.0, ui.tokens().accent);
    let painter = ui.painter();
    painter.add(egui::Shape::closed_line(vec![at(12.0, 2.0), at(21.0, 9.0), at(12.0, 22.0), at(3.0, 9.0)], stroke));
    painter.line(vec![at(3.0, 9.0), at(21.0, 9.0)], stroke);
    painter.line(vec![at(12.0, 22.0), at(8.0, 9.0), at(12.0, 2.0), at(16.0, 9.0), at(12.0, 22.0)], stroke);
    response
}
