//! An icon that only decorates: it is drawn, and the screen reader is spared it.

use egui::{Color32, Sense, Ui, vec2};

use super::paint;
use crate::ui::theme::icons::Icon;

/// Draws `icon`, `size` points wide and high. What it stands for must be said in words beside it.
pub fn picture(ui: &mut Ui, icon: Icon, size: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(size, size), Sense::hover());
    paint::icon(ui.painter(), rect.center(), icon, size, color);
}
