//! Small words on a pill: roles, states, “simulated”.

use egui::{Color32, FontId, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint;
use crate::domain;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::{self, Icon};

/// A small word on a pill.
pub fn badge(ui: &mut Ui, text: &str) -> Response {
    let ink = ui.tokens().text2;
    pill(ui, text, None, ink)
}

/// What stands behind a connection, with what that means on hover.
pub fn role_badge(ui: &mut Ui, role: domain::Role) -> Response {
    let meaning = match role {
        domain::Role::Official => "The maker of the model, or a cloud that hosts it by contract.",
        domain::Role::Relay => "A reseller or gateway. What it says about its models is a claim.",
        domain::Role::Local => "A server of your own. Costs nothing per token.",
        domain::Role::Demo => "The simulated provider inside this program. Nothing leaves this computer.",
    };
    badge(ui, role.as_str()).on_hover_text(meaning)
}

/// Marks what comes from the simulated provider.
pub fn simulated_badge(ui: &mut Ui) -> Response {
    let ink = ui.tokens().warn;
    pill(ui, "simulated", Some(icons::SIMULATED), ink)
        .on_hover_text("Made up by the simulated provider inside this program: no model was asked.")
}

/// A word of warning, with what it means: on hover, and for the screen reader in its place.
pub fn warning_badge(ui: &mut Ui, word: &str, meaning: &str) -> Response {
    let ink = ui.tokens().warn;
    let response = pill(ui, word, Some(icons::WARNING), ink);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, meaning));
    response.on_hover_text(meaning)
}

fn pill(ui: &mut Ui, text: &str, icon: Option<Icon>, ink: Color32) -> Response {
    let tokens = ui.tokens();
    let words = paint::line(ui, text, FontId::proportional(tokens.text.small - 0.5), ink, f32::INFINITY);
    let icon_width = if icon.is_some() { 14.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(words.size().x + icon_width + 14.0, 17.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), text));
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, rect.height() / 2.0, tokens.bg3);
        if let Some(icon) = icon {
            paint::icon(ui.painter(), egui::pos2(rect.left() + 12.0, rect.center().y), icon, 11.0, ink);
        }
        paint::middle_left(ui, rect, rect.left() + 7.0 + icon_width, words);
    }
    response
}
