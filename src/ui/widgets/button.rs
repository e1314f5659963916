//! Buttons with words: primary, secondary, quiet.

use egui::{Color32, FontId, Response, Role, Sense, Ui, Widget, WidgetInfo, vec2};

use super::paint;
use crate::ui::theme::icons::Icon;
use crate::ui::theme::{HasTokens as _, Tokens, text};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// The one thing to do here; at most one in view.
    Primary,
    /// Something one can do.
    #[default]
    Secondary,
    /// Something that stays in the background.
    Quiet,
    /// Something that destroys or spends.
    Danger,
}

/// A button with words. Use with `ui.add`.
#[must_use = "add it with ui.add"]
pub struct PushButton<'a> {
    label: &'a str,
    name: Option<&'a str>,
    emphasis: Emphasis,
    icon: Option<Icon>,
    trailing: Option<Icon>,
    shortcut: Option<&'a str>,
    max_width: f32,
    compact: bool,
    full_width: bool,
}

impl<'a> PushButton<'a> {
    /// A button that says `label`.
    pub fn new(label: &'a str, emphasis: Emphasis) -> Self {
        Self {
            label,
            name: None,
            emphasis,
            icon: None,
            trailing: None,
            shortcut: None,
            max_width: f32::INFINITY,
            compact: false,
            full_width: false,
        }
    }

    /// The primary action.
    pub fn primary(label: &'a str) -> Self {
        Self::new(label, Emphasis::Primary)
    }

    /// An ordinary button.
    pub fn secondary(label: &'a str) -> Self {
        Self::new(label, Emphasis::Secondary)
    }

    /// A button in the background.
    pub fn quiet(label: &'a str) -> Self {
        Self::new(label, Emphasis::Quiet)
    }

    /// A button that destroys or spends.
    pub fn danger(label: &'a str) -> Self {
        Self::new(label, Emphasis::Danger)
    }

    /// Its accessible name, where the words alone would not tell it from others.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// An icon before the words.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// An icon after the words.
    pub fn trailing(mut self, icon: Icon) -> Self {
        self.trailing = Some(icon);
        self
    }

    /// The keys that do the same, in small type.
    pub fn shortcut(mut self, keys: &'a str) -> Self {
        self.shortcut = Some(keys);
        self
    }

    /// Words wider than this end in an ellipsis, points.
    pub fn max_width(mut self, points: f32) -> Self {
        self.max_width = points;
        self
    }

    /// Lower, for bars under content.
    pub fn compact(mut self) -> Self {
        self.compact = true;
        self
    }

    /// As wide as there is room.
    pub fn full_width(mut self) -> Self {
        self.full_width = true;
        self
    }

    fn colors(&self, tokens: &Tokens, hot: bool) -> (Color32, Color32) {
        match (self.emphasis, hot) {
            (Emphasis::Primary, false) => (tokens.accent_fill, tokens.accent_text),
            (Emphasis::Primary, true) => (tokens.accent_fill.lerp_to_gamma(tokens.text1, 0.12), tokens.accent_text),
            (Emphasis::Secondary, false) | (Emphasis::Quiet, true) => (tokens.bg2, tokens.text1),
            (Emphasis::Secondary, true) => (tokens.bg3, tokens.text1),
            (Emphasis::Quiet, false) => (Color32::TRANSPARENT, tokens.text2),
            (Emphasis::Danger, false) => (tokens.bg2, tokens.bad),
            (Emphasis::Danger, true) => (tokens.bg3, tokens.bad),
        }
    }
}

impl Widget for PushButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let (padding, gap, icon_size) = (if self.compact { tokens.gap.s + 1.0 } else { tokens.gap.m }, 7.0, 15.0);
        let font = if self.emphasis == Emphasis::Primary {
            text::strong_font(tokens.text.base)
        } else {
            FontId::proportional(if self.compact { tokens.text.base - 1.0 } else { tokens.text.base })
        };
        let words = paint::line(ui, self.label, font, Color32::PLACEHOLDER, self.max_width);
        let keys =
            self.shortcut.map(|keys| paint::line(ui, keys, FontId::proportional(tokens.text.small), Color32::PLACEHOLDER, f32::INFINITY));
        let mut width = 2.0 * padding + words.size().x;
        width += self.icon.map_or(0.0, |_| icon_size + gap) + self.trailing.map_or(0.0, |_| icon_size + gap);
        width += keys.as_ref().map_or(0.0, |keys| keys.size().x + gap);
        if self.full_width {
            width = width.max(ui.available_width());
        }
        let height = if self.compact { tokens.row.compact } else { tokens.row.control };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        let name = self.name.unwrap_or(self.label);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
        if ui.is_rect_visible(rect) {
            let (fill, ink) = self.colors(tokens, ui.is_enabled() && paint::is_hot(&response));
            let painter = ui.painter();
            painter.rect_filled(rect, f32::from(tokens.radius.medium), fill);
            let mut x = rect.left() + padding;
            if let Some(icon) = self.icon {
                paint::icon(painter, egui::pos2(x + icon_size / 2.0, rect.center().y), icon, icon_size, ink);
                x += icon_size + gap;
            }
            let top = rect.center().y - words.size().y / 2.0;
            let words_width = words.size().x;
            painter.galley_with_override_text_color(egui::pos2(x, top), words, ink);
            x += words_width + gap;
            if let Some(keys) = keys {
                let top = rect.center().y - keys.size().y / 2.0;
                painter.galley_with_override_text_color(egui::pos2(x, top), keys, ink.gamma_multiply(0.8));
            }
            if let Some(icon) = self.trailing {
                let center = egui::pos2(rect.right() - padding - icon_size / 2.0 + 2.0, rect.center().y);
                paint::icon(painter, center, icon, icon_size, ink.gamma_multiply(0.8));
            }
            paint::focus_ring(ui, &response, rect, tokens.radius.medium);
        }
        response
    }
}
