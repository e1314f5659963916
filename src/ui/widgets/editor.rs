//! Several lines of text that can be typed: prompts, notes.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::text_edit::TextBuffer;
use egui::{FontFamily, FontId, Galley, Id, Key, KeyboardShortcut, Margin, Modifiers, Response, TextEdit, Ui, vec2};

use super::text_field::id_of_field;
use crate::domain::template::{Piece, pieces};
use crate::ui::theme::HasTokens as _;

/// Several lines of text that can be typed.
#[must_use = "call show"]
pub struct Editor<'a> {
    text: &'a mut String,
    name: &'a str,
    hint: &'a str,
    id: Option<Id>,
    rows: usize,
    min_height: f32,
    mono: bool,
    variables: bool,
    enter_leaves: bool,
}

impl<'a> Editor<'a> {
    /// An editor called `name`, in the text font.
    pub fn new(text: &'a mut String, name: &'a str) -> Self {
        Self { text, name, hint: "", id: None, rows: 2, min_height: 0.0, mono: false, variables: false, enter_leaves: false }
    }

    /// An editor of a prompt: mono font, `{{variables}}` in the accent colour.
    pub fn prompt(text: &'a mut String, name: &'a str) -> Self {
        Self { mono: true, variables: true, ..Self::new(text, name) }
    }

    /// In the mono font.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// What to type, shown while it is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Its id, for giving it the focus.
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// At least this many lines high.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// At least this high, points: to fill what room there is.
    pub fn min_height(mut self, points: f32) -> Self {
        self.min_height = points;
        self
    }

    /// Enter is left to the caller; Shift Enter begins a new line. For cells of tables.
    pub fn enter_leaves(mut self) -> Self {
        self.enter_leaves = true;
        self
    }

    /// Draws it, as wide as there is room.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let font = if self.mono { FontId::new(tokens.text.mono, FontFamily::Monospace) } else { FontId::proportional(tokens.text.base) };
        let line_height = (font.size * 1.5).round();
        let plain = TextFormat { line_height: Some(line_height), ..TextFormat::simple(font.clone(), tokens.text1) };
        let variable = TextFormat { color: tokens.accent, ..plain.clone() };
        let highlighted = self.variables;
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, wrap_width: f32| -> Arc<Galley> {
            let mut job = LayoutJob { keep_trailing_whitespace: true, ..LayoutJob::default() };
            job.wrap.max_width = wrap_width;
            if highlighted {
                for piece in pieces(text.as_str()) {
                    match piece {
                        Piece::Text(text) => job.append(text, 0.0, plain.clone()),
                        Piece::Variable { written, .. } => job.append(written, 0.0, variable.clone()),
                    }
                }
            } else {
                job.append(text.as_str(), 0.0, plain.clone());
            }
            if job.sections.is_empty() {
                job.append("", 0.0, plain.clone());
            }
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let width = ui.available_width();
        let mut edit = TextEdit::multiline(self.text)
            .font(font)
            .hint_text(self.hint)
            .desired_width(width)
            .desired_rows(self.rows)
            .min_size(vec2(width, self.min_height))
            .margin(Margin::symmetric(11, 9))
            .layouter(&mut layouter);
        edit = edit.id(self.id.unwrap_or_else(|| id_of_field(ui, self.name)));
        if self.enter_leaves {
            edit = edit.return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
        }
        edit.show(ui).response.response.accessible_name(self.name)
    }
}
