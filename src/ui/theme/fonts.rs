//! The bundled fonts and their families. System fonts follow them for other scripts.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

/// The family of bold text: Inter SemiBold.
pub const STRONG: &str = "inter-semibold";
/// The family of numbers: Inter with figures of equal width.
pub const FIGURES: &str = "figures";
/// [`FIGURES`], medium weight: values that stand alone.
pub const FIGURES_MEDIUM: &str = "figures-medium";
/// [`FIGURES`], bold: the best value of a column.
pub const FIGURES_STRONG: &str = "figures-semibold";
/// The family of [`super::icons`].
pub const ICONS: &str = "icons";

/// The font family called `name`, one of the constants beside this function.
pub fn family(name: &str) -> FontFamily {
    FontFamily::Name(name.into())
}

const FILES: [(&str, &[u8]); 6] = [
    ("Inter-Regular", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
    ("Inter-SemiBold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
    ("AssayFigures-Regular", include_bytes!("../../../assets/fonts/AssayFigures-Regular.otf")),
    ("AssayFigures-Medium", include_bytes!("../../../assets/fonts/AssayFigures-Medium.otf")),
    ("AssayFigures-SemiBold", include_bytes!("../../../assets/fonts/AssayFigures-SemiBold.otf")),
    ("JetBrainsMono-Regular", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
];

/// The bundled fonts in front of egui's own, which have the symbols that ours lack.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in FILES {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    fonts.font_data.insert("lucide".to_owned(), Arc::new(FontData::from_static(lucide_icons::LUCIDE_FONT_BYTES)));
    let symbols = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let chain = |first: &[&str]| first.iter().map(|&name| name.to_owned()).chain(symbols.iter().cloned()).collect::<Vec<_>>();
    for (family, first) in [
        (FontFamily::Proportional, &["Inter-Regular", "JetBrainsMono-Regular"] as &[&str]),
        (FontFamily::Monospace, &["JetBrainsMono-Regular", "Inter-Regular"]),
        (family(STRONG), &["Inter-SemiBold", "Inter-Regular", "JetBrainsMono-Regular"]),
        (family(FIGURES), &["AssayFigures-Regular", "Inter-Regular"]),
        (family(FIGURES_MEDIUM), &["AssayFigures-Medium", "Inter-Regular"]),
        (family(FIGURES_STRONG), &["AssayFigures-SemiBold", "Inter-SemiBold", "Inter-Regular"]),
        (family(ICONS), &["lucide"]),
    ] {
        fonts.families.insert(family, chain(first));
    }
    fonts
}

#[cfg(test)]
mod tests {
    use egui::FontId;

    use super::*;

    #[test]
    fn figures_have_one_width_in_every_weight() {
        let ctx = egui::Context::default();
        ctx.set_fonts(definitions());
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                for name in [FIGURES, FIGURES_MEDIUM, FIGURES_STRONG] {
                    let font = FontId::new(13.0, family(name));
                    let zero = fonts.glyph_width(&font, '0');
                    for digit in '1'..='9' {
                        assert!((fonts.glyph_width(&font, digit) - zero).abs() < 0.02, "{digit} in {name}");
                    }
                }
                let text = FontId::proportional(13.0);
                assert!((fonts.glyph_width(&text, '1') - fonts.glyph_width(&text, '0')).abs() > 0.5, "Inter as released is proportional");
            });
        });
        output.textures_delta.clear();
    }

    #[test]
    fn the_marks_of_the_kit_have_glyphs() {
        let ctx = egui::Context::default();
        ctx.set_fonts(definitions());
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                assert!(fonts.has_glyphs(&FontId::proportional(13.0), "✓✗▪·—…→−×≤≈“”•"));
                for icon in crate::ui::theme::icons::ALL {
                    assert!(fonts.has_glyph(&FontId::new(16.0, family(ICONS)), icon.glyph()), "{icon:?}");
                }
            });
        });
        output.textures_delta.clear();
    }
}
