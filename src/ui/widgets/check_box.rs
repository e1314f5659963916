//! A choice that holds or not.

use egui::{Checkbox, Response, Stroke, Ui};

use crate::ui::theme::HasTokens as _;

/// A box to tick, with `label` after it. It has an outline: on dark grounds its fill alone is hard to see.
pub fn check_box(ui: &mut Ui, checked: &mut bool, label: &str) -> Response {
    let tokens = ui.tokens();
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.bg_fill = tokens.bg0;
        for state in [&mut widgets.inactive, &mut widgets.hovered] {
            state.bg_stroke = Stroke::new(1.0, tokens.text3);
        }
        ui.add(Checkbox::new(checked, label))
    })
    .inner
}
