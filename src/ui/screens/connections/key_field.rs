//! The field that a key is typed or pasted into. Its text lives here only, and is wiped once it is saved or given up.

use eframe::egui::{Context, Id, Label, Ui};
use zeroize::Zeroizing;

use crate::domain::{ApiKey, KeyTextError, Presets, Trimmed};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::small;
use crate::ui::widgets::{TextField, forget_typed};

/// Room for any key at once: a text that grows leaves copies of itself behind.
const KEY_BYTES: usize = 4096;

/// The field.
pub(super) struct KeyField {
    text: Zeroizing<String>,
    /// Whose field it is, so that two fields have nothing in common.
    owner: &'static str,
    generation: u64,
    wants_focus: bool,
}

impl KeyField {
    pub(super) fn new(owner: &'static str) -> Self {
        Self { text: Zeroizing::new(String::with_capacity(KEY_BYTES)), owner, generation: 0, wants_focus: false }
    }

    fn id(&self) -> Id {
        Id::unique(("key field", self.owner, self.generation))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Asks for the focus at the next drawing.
    pub(super) fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// The key as it would be saved.
    pub(super) fn key(&self) -> Result<(ApiKey, Trimmed), KeyTextError> {
        ApiKey::from_pasted(&self.text)
    }

    /// Draws the field.
    pub(super) fn show(&mut self, ui: &mut Ui, width: f32) {
        let id = self.id();
        let response =
            TextField::new(&mut self.text, "Key").secret().id(id).hint("Paste the key").char_limit(KEY_BYTES).width(width).show(ui);
        if std::mem::take(&mut self.wants_focus) {
            response.request_focus();
        }
    }

    /// What there is to say about the text: what was left out, why it cannot be a key, whose it might be. `own_preset` and `own_name` are those of
    /// the connection that it is for.
    pub(super) fn notes(&self, ui: &mut Ui, presets: &Presets, own_preset: Option<&str>, own_name: &str) {
        if self.is_empty() {
            return;
        }
        let tokens = ui.tokens();
        match self.key() {
            Err(error) => {
                ui.add(Label::new(small(format!("✗ {error}"), tokens).color(tokens.bad)).wrap());
            }
            Ok((key, Trimmed(trimmed))) => {
                if trimmed {
                    let words = "Spaces, quotes or “Bearer” around it were removed";
                    ui.add(Label::new(small(words, tokens).color(tokens.text2)).wrap());
                }
                if let Some((prefix, provider)) = presets.foreign_prefix(&key, own_preset, own_name) {
                    let words = format!("Keys that start with “{prefix}” are usually {provider}'s; only a hint");
                    ui.add(Label::new(small(words, tokens).color(tokens.warn)).wrap());
                }
            }
        }
    }

    /// Forgets the text, and what egui remembers of its typing.
    pub(super) fn wipe(&mut self, ctx: &Context) {
        forget_typed(ctx, self.id());
        self.text = Zeroizing::new(String::with_capacity(KEY_BYTES));
        self.generation += 1;
        self.wants_focus = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiped_field_holds_nothing_and_is_another_field() {
        let ctx = Context::default();
        let mut field = KeyField::new("test");
        field.text.push_str("sk-CANARY-1234567890");
        let before = field.id();
        field.wipe(&ctx);
        assert!(field.is_empty());
        assert_ne!(field.id(), before);
    }
}
