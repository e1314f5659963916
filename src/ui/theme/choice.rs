//! Giving egui the look, and following the user's choice of theme and zoom.

use egui::{Context, Theme, ThemePreference};

use super::{fonts, visuals};
use crate::domain::ThemeChoice;

/// Gives `ctx` the fonts and both themes. Once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_style_of(theme, visuals::style(theme));
    }
}

/// Shows the chosen theme at `zoom_percent` (50–300; outside it is brought into range).
pub fn apply_choice(ctx: &Context, choice: ThemeChoice, zoom_percent: u16) {
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Dark => ThemePreference::Dark,
        ThemeChoice::Light => ThemePreference::Light,
    });
    ctx.set_zoom_factor(f32::from(zoom_percent.clamp(50, 300)) / 100.0);
}
