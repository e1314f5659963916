//! Buttons that open a menu, and choices that drop down.

use egui::{Color32, FontId, InnerResponse, Popup, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Emphasis, PushButton, paint};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::{self, Icon};

/// A button that opens a menu.
#[must_use = "call show"]
pub struct MenuButton<'a> {
    button: PushButton<'a>,
}

impl<'a> MenuButton<'a> {
    /// A button that says `label`, with a chevron.
    pub fn new(label: &'a str, emphasis: Emphasis) -> Self {
        Self { button: PushButton::new(label, emphasis).trailing(icons::CHEVRON_DOWN) }
    }

    /// Its accessible name, where the words only say what is chosen.
    pub fn name(mut self, name: &'a str) -> Self {
        self.button = self.button.name(name);
        self
    }

    /// An icon before the words.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.button = self.button.icon(icon);
        self
    }

    /// Words wider than this end in an ellipsis, points.
    pub fn max_width(mut self, points: f32) -> Self {
        self.button = self.button.max_width(points);
        self
    }

    /// Lower, for bars under content.
    pub fn compact(mut self) -> Self {
        self.button = self.button.compact();
        self
    }

    /// Draws it, and its menu while that is open. `items` are best made with [`menu_item`]; a click on one closes the menu.
    pub fn show<R>(self, ui: &mut Ui, items: impl FnOnce(&mut Ui) -> R) -> InnerResponse<Option<R>> {
        let response = ui.add(self.button);
        let inner = Popup::menu(&response).gap(4.0).show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_min_width(180.0_f32.max(response.rect.width()));
            items(ui)
        });
        InnerResponse::new(inner.map(|inner| inner.inner), response)
    }
}

/// An entry of a menu. `selected` puts a tick before it, in menus where one or several entries hold.
pub fn menu_item(ui: &mut Ui, icon: Option<Icon>, label: &str, selected: Option<bool>) -> Response {
    let tokens = ui.tokens();
    let leading = if icon.is_some() || selected.is_some() { 24.0 } else { 0.0 };
    let words = paint::line(ui, label, FontId::proportional(tokens.text.base), Color32::PLACEHOLDER, 420.0);
    let own_width = words.size().x + leading + 20.0;
    // While the menu finds its size every entry asks for its own; then all are as wide as the widest.
    let width = if ui.is_sizing_pass() { own_width } else { own_width.max(ui.available_width()) };
    let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click());
    response.widget_info(|| match selected {
        Some(selected) => WidgetInfo::selected(Role::MenuItemRadio, ui.is_enabled(), selected, label),
        None => WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), label),
    });
    if ui.is_rect_visible(rect) {
        if paint::is_hot(&response) || response.has_focus() {
            ui.painter().rect_filled(rect, f32::from(tokens.radius.small), tokens.bg2);
        }
        let center = pos2(rect.left() + 17.0, rect.center().y);
        if selected == Some(true) {
            paint::icon(ui.painter(), center, icons::CHECK, 14.0, tokens.accent);
        } else if let Some(icon) = icon {
            paint::icon(ui.painter(), center, icon, 14.0, tokens.text2);
        }
        let top = rect.center().y - words.size().y / 2.0;
        ui.painter().galley_with_override_text_color(pos2(rect.left() + 10.0 + leading, top), words, tokens.text1);
    }
    if response.clicked() {
        ui.close();
    }
    response
}

/// One of `options` by a menu on a field. `name` says what is chosen. The response has changed when another was chosen.
pub fn dropdown<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, options: &[(T, &str)], width: f32) -> Response {
    let tokens = ui.tokens();
    let (rect, mut response) = ui.allocate_exact_size(vec2(width.min(ui.available_width()), tokens.row.control), Sense::click());
    let chosen = options.iter().find(|(option, _)| option == value).map_or("", |(_, label)| label);
    if ui.is_rect_visible(rect) {
        let fill = if paint::is_hot(&response) { tokens.bg2 } else { tokens.bg0 };
        ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), fill);
        let words = paint::line(ui, chosen, FontId::proportional(tokens.text.base), tokens.text1, rect.width() - 40.0);
        paint::middle_left(ui, rect, rect.left() + 11.0, words);
        paint::icon(ui.painter(), pos2(rect.right() - 16.0, rect.center().y), icons::CHEVRON_DOWN, 14.0, tokens.text2);
        paint::focus_ring(ui, &response, rect, tokens.radius.medium);
    }
    let mut changed = false;
    Popup::menu(&response).gap(4.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(rect.width() - 10.0);
        egui::ScrollArea::vertical().max_height(ui.spacing().combo_height).show(ui, |ui| {
            for (option, label) in options {
                if menu_item(ui, None, label, Some(option == value)).clicked() && option != value {
                    *value = option.clone();
                    changed = true;
                }
            }
        });
    });
    if changed {
        response.mark_changed();
    }
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name);
        info.current_text_value = Some(chosen.to_owned());
        info
    });
    response
}
