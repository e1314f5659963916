//! A message about the thing in view, beside it.

use egui::{Color32, Frame, InnerResponse, Label, Margin, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::{HasTokens as _, Tokens, text};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Went well.
    Good,
    /// Wants attention.
    Warn,
    /// Went wrong.
    Bad,
}

impl Level {
    /// Its colour.
    pub fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Info => tokens.info,
            Self::Good => tokens.good,
            Self::Warn => tokens.warn,
            Self::Bad => tokens.bad,
        }
    }

    /// Its sign.
    pub fn icon(self) -> Icon {
        match self {
            Self::Info => icons::INFO,
            Self::Good => icons::PASSED,
            Self::Warn => icons::WARNING,
            Self::Bad => icons::FAILED,
        }
    }

    /// The word for it, for the screen reader.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "Note",
            Self::Good => "Done",
            Self::Warn => "Warning",
            Self::Bad => "Error",
        }
    }
}

/// A message about the thing in view: what happened, what to do, and the buttons that do it.
#[must_use = "call show"]
pub struct Alert<'a> {
    level: Level,
    title: &'a str,
    text: &'a str,
}

impl<'a> Alert<'a> {
    /// A message headed `title`.
    pub fn new(level: Level, title: &'a str) -> Self {
        Self { level, title, text: "" }
    }

    /// What to do about it.
    pub fn text(mut self, text: &'a str) -> Self {
        self.text = text;
        self
    }

    /// Draws it without buttons.
    pub fn show(self, ui: &mut Ui) -> Response {
        self.draw(ui, |_| ()).response
    }

    /// Draws it with whatever else belongs to it below.
    pub fn show_over<R>(self, ui: &mut Ui, foot: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        self.draw(ui, foot)
    }

    /// Draws it with its buttons, in one row.
    pub fn show_with<R>(self, ui: &mut Ui, buttons: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        self.draw(ui, |ui| {
            ui.add_space(6.0);
            ui.horizontal_wrapped(buttons).inner
        })
    }

    fn draw<R>(self, ui: &mut Ui, foot: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = ui.tokens();
        let ink = self.level.color(tokens);
        let shown = Frame::new().inner_margin(Margin { left: 16, right: 0, top: 3, bottom: 3 }).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 7.0;
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 16.0), Sense::hover());
                paint::icon(ui.painter(), rect.center(), self.level.icon(), 14.0, ink);
                ui.add(Label::new(text::strong(self.title, tokens)).wrap().selectable(true));
            });
            if !self.text.is_empty() {
                ui.add(Label::new(RichText::new(self.text).color(tokens.text2).line_height(Some(18.0))).wrap().selectable(true));
            }
            foot(ui)
        });
        let rect = shown.response.rect;
        ui.painter().rect_filled(egui::Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0.0, ink);
        shown.response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{}: {}", self.level.word(), self.title)));
        shown
    }
}
