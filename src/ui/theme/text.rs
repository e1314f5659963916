//! Text in the styles of the tokens.

use std::sync::Arc;

use egui::{FontFamily, FontId, RichText, TextStyle};

use super::{FIGURES, FIGURES_MEDIUM, STRONG, Tokens, family};

/// The [`TextStyle`] of answers.
pub fn answer_style() -> TextStyle {
    TextStyle::Name(Arc::from("answer"))
}

/// Bold text of the base size.
pub fn strong(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(FontId::new(tokens.text.base, family(STRONG))).color(tokens.text1)
}

/// The name of a screen or sheet.
pub fn heading(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(FontId::new(tokens.text.heading, family(STRONG))).color(tokens.text1)
}

/// The thing a screen is about.
pub fn title(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(FontId::new(tokens.text.title, family(STRONG))).color(tokens.text1)
}

/// Text beside the text that is read.
pub fn quiet(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).color(tokens.text2)
}

/// Small text: labels, units.
pub fn small(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(FontId::proportional(tokens.text.small)).color(tokens.text3)
}

/// The small capital label over a group: `TARGETS`.
pub fn overline(text: &str, tokens: &Tokens) -> RichText {
    small(text.to_uppercase(), tokens)
}

/// Prompts, raw answers, names as a machine has them.
pub fn mono(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(FontId::new(tokens.text.mono, FontFamily::Monospace)).color(tokens.text1)
}

/// A number in a column: figures of equal width.
pub fn figures(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(figures_font(tokens.text.base)).color(tokens.text1)
}

/// A small number, such as the difference from the baseline.
pub fn small_figures(text: impl Into<String>, tokens: &Tokens) -> RichText {
    RichText::new(text).font(figures_font(tokens.text.small)).color(tokens.text3)
}

/// The font of numbers at `size` points.
pub fn figures_font(size: f32) -> FontId {
    FontId::new(size, family(FIGURES))
}

/// The font of a number that stands alone, at `size` points.
pub fn figures_medium_font(size: f32) -> FontId {
    FontId::new(size, family(FIGURES_MEDIUM))
}

/// The font of bold text at `size` points.
pub fn strong_font(size: f32) -> FontId {
    FontId::new(size, family(STRONG))
}
