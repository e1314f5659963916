//! A target as a chip: colour dot, name, badge.

use egui::{Color32, FontId, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{IconButton, paint};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;

/// A chip.
#[must_use = "call show"]
pub struct Chip<'a> {
    label: &'a str,
    dot: Option<Color32>,
    badge: Option<&'a str>,
    warning: Option<(&'a str, &'a str)>,
    removable: bool,
    off: Option<bool>,
    max_width: f32,
}

/// The icon of a warning and the room after it, points.
const ICON_WIDTH: f32 = 14.0;

/// What happened to a chip.
#[derive(Debug)]
pub struct ChipResponse {
    /// The chip itself: clicks, menus.
    pub response: Response,
    /// Its × was pressed.
    pub removed: bool,
}

impl<'a> Chip<'a> {
    /// A chip that says `label`, which is also its name.
    pub fn new(label: &'a str) -> Self {
        Self { label, dot: None, badge: None, warning: None, removable: false, off: None, max_width: 260.0 }
    }

    /// The colour of the target.
    pub fn dot(mut self, color: Color32) -> Self {
        self.dot = Some(color);
        self
    }

    /// A small word after the label.
    pub fn badge(mut self, text: &'a str) -> Self {
        self.badge = Some(text);
        self
    }

    /// A word of warning after the badge, such as “slow”, with what it means for the screen reader; what is shown on hover is the
    /// caller's.
    pub fn warning(mut self, word: &'a str, meaning: &'a str) -> Self {
        self.warning = Some((word, meaning));
        self
    }

    /// With a × after it, called “Remove LABEL”.
    pub fn removable(mut self) -> Self {
        self.removable = true;
        self
    }

    /// A chip that is a switch: dimmed while what it stands for is not shown.
    pub fn off(mut self, off: bool) -> Self {
        self.off = Some(off);
        self
    }

    /// Labels wider than this end in an ellipsis, points.
    pub fn max_width(mut self, points: f32) -> Self {
        self.max_width = points;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> ChipResponse {
        let tokens = ui.tokens();
        let (padding, gap, dot, close) = (11.0, 8.0, 9.0, 18.0);
        let is_off = self.off == Some(true);
        let ink = if is_off { tokens.text3 } else { tokens.text1 };
        let words = paint::line(ui, self.label, FontId::proportional(tokens.text.base), ink, self.max_width);
        let elided = words.elided;
        let badge =
            self.badge.map(|text| paint::line(ui, text, FontId::proportional(tokens.text.small - 0.5), tokens.text2, f32::INFINITY));
        let warning =
            self.warning.map(|(word, _)| paint::line(ui, word, FontId::proportional(tokens.text.small - 0.5), tokens.warn, f32::INFINITY));
        let mut width = 2.0 * padding + words.size().x + self.dot.map_or(0.0, |_| dot + gap);
        width += badge.as_ref().map_or(0.0, |badge| badge.size().x + 14.0 + gap);
        width += warning.as_ref().map_or(0.0, |warning| warning.size().x + ICON_WIDTH + 14.0 + gap);
        width += if self.removable { close } else { 0.0 };
        let (rect, mut response) = ui.allocate_exact_size(vec2(width, tokens.row.control), Sense::click());
        let mut name = self.badge.map_or_else(|| self.label.to_owned(), |badge| format!("{} ({badge})", self.label));
        if let Some((_, meaning)) = self.warning {
            name = format!("{name}. {meaning}");
        }
        response.widget_info(|| match self.off {
            Some(off) => WidgetInfo::selected(Role::Button, ui.is_enabled(), !off, &name),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name),
        });
        if ui.is_rect_visible(rect) {
            let fill = if ui.is_enabled() && paint::is_hot(&response) { tokens.bg3 } else { tokens.bg2 };
            ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), fill);
            let mut x = rect.left() + padding;
            if let Some(color) = self.dot {
                let center = pos2(x + dot / 2.0, rect.center().y);
                if is_off {
                    ui.painter().circle_stroke(center, dot / 2.0 - 0.5, (1.0, color));
                } else {
                    ui.painter().circle_filled(center, dot / 2.0, color);
                }
                x += dot + gap;
            }
            x = paint::middle_left(ui, rect, x, words) + gap;
            let pill_fill = if fill == tokens.bg3 { tokens.bg2 } else { tokens.bg3 };
            if let Some(badge) = badge {
                let pill = Rect::from_min_size(pos2(x, rect.center().y - 8.5), vec2(badge.size().x + 14.0, 17.0));
                ui.painter().rect_filled(pill, 8.5, pill_fill);
                paint::middle_left(ui, pill, x + 7.0, badge);
                x = pill.right() + gap;
            }
            if let Some(warning) = warning {
                let pill = Rect::from_min_size(pos2(x, rect.center().y - 8.5), vec2(warning.size().x + ICON_WIDTH + 14.0, 17.0));
                ui.painter().rect_filled(pill, 8.5, pill_fill);
                paint::icon(ui.painter(), pos2(x + 12.0, pill.center().y), icons::WARNING, 11.0, tokens.warn);
                paint::middle_left(ui, pill, x + 7.0 + ICON_WIDTH, warning);
            }
            paint::focus_ring(ui, &response, rect, tokens.radius.medium);
        }
        if elided {
            response = response.on_hover_text(self.label);
        }
        let removed = self.removable && {
            let close = Rect::from_center_size(pos2(rect.right() - close / 2.0 - 4.0, rect.center().y), vec2(20.0, 20.0));
            let mut child = ui.new_child(UiBuilder::new().max_rect(close));
            child.add(IconButton::new(icons::CLOSE, &format!("Remove {}", self.label)).small()).clicked()
        };
        ChipResponse { response, removed }
    }
}
