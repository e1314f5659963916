//! Grounds that group things: cards, and cards that can be chosen.

use egui::{Color32, Frame, Id, InnerResponse, Margin, Response, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo};

use super::paint;
use crate::ui::theme::HasTokens as _;

/// A card: a darker ground with rounded corners.
#[must_use = "call show"]
#[derive(Default)]
pub struct Card {
    outlined: bool,
    padding: Option<Margin>,
}

impl Card {
    /// A card.
    pub fn new() -> Self {
        Self::default()
    }

    /// With an outline in the accent colour: the one of several to take.
    pub fn outlined(mut self, outlined: bool) -> Self {
        self.outlined = outlined;
        self
    }

    /// Other padding than the usual 16 × 14 points.
    pub fn padding(mut self, padding: Margin) -> Self {
        self.padding = Some(padding);
        self
    }

    /// Draws it around `content`.
    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = ui.tokens();
        let shown = Frame::new()
            .fill(tokens.bg0)
            .corner_radius(tokens.radius.large)
            .inner_margin(self.padding.unwrap_or(Margin::symmetric(16, 14)))
            .show(ui, |ui| {
                // A field has the card's own tone elsewhere; here it must stand out from it.
                ui.visuals_mut().text_edit_bg_color = Some(tokens.bg2);
                content(ui)
            });
        if self.outlined {
            let stroke = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(shown.response.rect, f32::from(tokens.radius.large), stroke, StrokeKind::Inside);
        }
        shown
    }
}

/// An entry of a list of cards of which one is chosen. All of it is one button.
#[must_use = "call show"]
pub struct SelectCard<'a> {
    id: Id,
    name: &'a str,
    selected: bool,
}

impl<'a> SelectCard<'a> {
    /// The card of the thing `id`, called `name`.
    pub fn new(id: Id, name: &'a str, selected: bool) -> Self {
        Self { id, name, selected }
    }

    /// Draws it around `content`, as wide as there is room.
    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = ui.tokens();
        let ground = ui.painter().add(egui::Shape::Noop);
        let shown = ui.scope_builder(UiBuilder::new().id_salt(self.id).sense(Sense::click()), |ui| {
            Frame::new()
                .inner_margin(Margin::symmetric(12, 10))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.spacing_mut().item_spacing.y = 4.0;
                    content(ui)
                })
                .inner
        });
        let response: &Response = &shown.response;
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, ui.is_enabled(), self.selected, self.name));
        let fill = match (self.selected, paint::is_hot(response)) {
            (true, _) => tokens.bg2,
            (false, true) => tokens.bg2.gamma_multiply(0.5),
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().set(ground, egui::epaint::RectShape::filled(response.rect, tokens.radius.large, fill));
        paint::focus_ring(ui, response, response.rect, tokens.radius.large);
        shown
    }
}
