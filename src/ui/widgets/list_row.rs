//! A row of a list of which one is chosen: a number, words, and what stands at its right edge.

use egui::{Align2, Color32, FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Mark, paint};
use crate::ui::theme::{HasTokens as _, text};

/// Width of the number before the words, points.
const NUMBER: f32 = 28.0;
/// Width that each mark takes, points.
const MARK: f32 = 14.0;

/// A row as wide as there is room. All of it is one button.
#[must_use = "call show"]
pub struct ListRow<'a> {
    words: &'a str,
    number: Option<usize>,
    marks: &'a [Mark],
    trailing: &'a str,
    selected: bool,
}

impl<'a> ListRow<'a> {
    /// A row that says `words`; they end in an ellipsis where they do not fit.
    pub fn new(words: &'a str) -> Self {
        Self { words, number: None, marks: &[], trailing: "", selected: false }
    }

    /// Its number, before the words.
    pub fn number(mut self, number: usize) -> Self {
        self.number = Some(number);
        self
    }

    /// Marks at its right edge, one per target.
    pub fn marks(mut self, marks: &'a [Mark]) -> Self {
        self.marks = marks;
        self
    }

    /// Quiet words at its right edge; empty for none.
    pub fn trailing(mut self, words: &'a str) -> Self {
        self.trailing = words;
        self
    }

    /// It is the chosen one.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    fn name(&self) -> String {
        let mut name = self.number.map_or_else(String::new, |number| format!("{number} "));
        name += self.words;
        if !self.marks.is_empty() {
            name += ": ";
            name += &self.marks.iter().map(|mark| mark.word()).collect::<Vec<_>>().join(", ");
        }
        if !self.trailing.is_empty() {
            name += ", ";
            name += self.trailing;
        }
        name
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), tokens.row.list), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, ui.is_enabled(), self.selected, self.name()));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let fill = match (self.selected, paint::is_hot(&response)) {
            (true, _) => tokens.bg2,
            (false, true) => tokens.bg2.gamma_multiply(0.5),
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 0.0, fill);
        if self.selected {
            ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(2.0, rect.height())), 0.0, tokens.accent);
        }
        let mut left = rect.left() + tokens.gap.m;
        if let Some(number) = self.number {
            let font = text::figures_font(tokens.text.base);
            let shown = paint::line(ui, &number.to_string(), font, tokens.text3, f32::INFINITY);
            let width = shown.size().x;
            paint::middle_left(ui, rect, left, shown);
            left += NUMBER.max(width + tokens.gap.s);
        }
        let mut right = rect.right() - tokens.gap.m;
        if !self.marks.is_empty() {
            right -= MARK * self.marks.len() as f32;
            for (index, mark) in self.marks.iter().enumerate() {
                let center = pos2(right + MARK * (index as f32 + 0.5), rect.center().y);
                ui.painter().text(center, Align2::CENTER_CENTER, mark.sign(), FontId::proportional(tokens.text.base), mark.color(tokens));
            }
            right -= tokens.gap.s;
        }
        if !self.trailing.is_empty() {
            let shown = paint::line(ui, self.trailing, text::figures_font(tokens.text.small), tokens.text3, f32::INFINITY);
            right -= shown.size().x;
            paint::middle_left(ui, rect, right, shown);
            right -= tokens.gap.s;
        }
        let words = paint::line(ui, self.words, FontId::proportional(tokens.text.base), tokens.text1, (right - left).max(0.0));
        let elided = words.elided;
        paint::middle_left(ui, rect, left, words);
        paint::focus_ring(ui, &response, rect, 0);
        if elided { response.on_hover_text(self.words) } else { response }
    }
}
