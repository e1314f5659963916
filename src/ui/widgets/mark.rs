//! How something stands, as a sign: its shape tells it, its colour only repeats it.

use egui::{Color32, FontId, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::{HasTokens as _, Tokens};

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// ✓
    Finished,
    /// ✗
    Failed,
    /// – : stopped before its end.
    Cancelled,
    /// ▪ : in flight.
    Running,
    /// · : not begun.
    Waiting,
}

impl Mark {
    /// The sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Finished => "✓",
            Self::Failed => "✗",
            Self::Cancelled => "–",
            Self::Running => "▪",
            Self::Waiting => "·",
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }

    /// Its colour.
    pub fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Finished => tokens.good,
            Self::Failed => tokens.bad,
            Self::Cancelled => tokens.warn,
            Self::Running => tokens.info,
            Self::Waiting => tokens.text3,
        }
    }
}

/// The width that each mark of a row takes, points.
const STEP: f32 = 14.0;

/// One mark.
pub fn mark(ui: &mut Ui, mark: Mark) -> Response {
    marks(ui, &[mark])
}

/// Marks in a row, one per target. Their name is the list of their words.
pub fn marks(ui: &mut Ui, marks: &[Mark]) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(STEP * marks.len() as f32, 16.0), Sense::hover());
    response.widget_info(|| {
        let words: Vec<_> = marks.iter().map(|mark| mark.word()).collect();
        WidgetInfo::labeled(Role::Label, ui.is_enabled(), words.join(", "))
    });
    if ui.is_rect_visible(rect) {
        let font = FontId::proportional(tokens.text.base);
        for (index, mark) in marks.iter().enumerate() {
            let center = pos2(rect.left() + STEP * (index as f32 + 0.5), rect.center().y);
            ui.painter().text(center, egui::Align2::CENTER_CENTER, mark.sign(), font.clone(), mark.color(tokens));
        }
    }
    response
}

/// The colour dot of a target. It has no name: the words beside it do.
pub fn dot(ui: &mut Ui, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(9.0, 16.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, color);
    response
}
