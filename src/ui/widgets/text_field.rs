//! One line of text that can be typed.

use egui::text_edit::TextEditState;
use egui::{FontFamily, FontId, Id, Margin, Response, TextEdit, Ui, vec2};

use crate::ui::theme::HasTokens as _;

/// One line of text that can be typed.
#[must_use = "call show"]
pub struct TextField<'a> {
    text: &'a mut String,
    name: &'a str,
    hint: &'a str,
    id: Option<Id>,
    width: f32,
    mono: bool,
    secret: bool,
    char_limit: usize,
}

impl<'a> TextField<'a> {
    /// A field called `name`.
    pub fn new(text: &'a mut String, name: &'a str) -> Self {
        Self { text, name, hint: "", id: None, width: f32::INFINITY, mono: false, secret: false, char_limit: usize::MAX }
    }

    /// What to type, shown while it is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Its id, for [`forget_typed`] and for giving it the focus.
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Its width, points; else all there is room for.
    pub fn width(mut self, points: f32) -> Self {
        self.width = points;
        self
    }

    /// In the mono font: URLs, names as a machine has them.
    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// A key: shown as dots, on screen and to the screen reader. Give it an id and call [`forget_typed`] after saving.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self.mono = true;
        self
    }

    /// Takes at most this many characters.
    pub fn char_limit(mut self, chars: usize) -> Self {
        self.char_limit = chars;
        self
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let font = if self.mono { FontId::new(tokens.text.mono, FontFamily::Monospace) } else { FontId::proportional(tokens.text.base) };
        let row_height = ui.fonts_mut(|fonts| fonts.row_height(&font));
        let vertical = ((tokens.row.control - row_height) / 2.0).max(0.0);
        let width = self.width.min(ui.available_width());
        let mut edit = TextEdit::singleline(self.text)
            .font(font)
            .hint_text(self.hint)
            .password(self.secret)
            .char_limit(self.char_limit)
            .desired_width(width)
            .min_size(vec2(width, tokens.row.control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin { left: 11, right: 11, top: vertical.floor() as i8, bottom: vertical.floor() as i8 });
        edit = edit.id(self.id.unwrap_or_else(|| id_of_field(ui, self.name)));
        edit.show(ui).response.response.accessible_name(self.name)
    }
}

/// The id of the field called `name`: two in one scope have different names, or scopes of their own (`push_id`). Ids that egui gives by counting change with
/// whatever appears before a field, such as the bar that offers to save what was just begun to be typed, and with its id a field loses the cursor.
pub(super) fn id_of_field(ui: &Ui, name: &str) -> Id {
    ui.make_persistent_id(("field", name))
}

/// Drops what egui remembers of the typing in the field `id`: its undo history holds old texts, a pasted key among them.
pub fn forget_typed(ctx: &egui::Context, id: Id) {
    if let Some(mut state) = TextEditState::load(ctx, id) {
        state.clear_undoer();
        state.store(ctx, id);
    }
}
