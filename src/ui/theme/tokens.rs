//! The tokens of the look: `assets/theme/*.toml` as one typed struct per theme, parsed once.

use std::sync::LazyLock;

use egui::Color32;
use serde::{Deserialize, Deserializer};

/// The tokens of one theme.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    /// Colours.
    colors: Colors,
    /// Distances of the 4 pt grid.
    pub gap: Gaps,
    /// Corner radii.
    pub radius: Radii,
    /// Text sizes.
    pub text: TextSizes,
    /// Heights and widths of rows and bars.
    pub row: Rows,
    /// This is the dark theme.
    pub dark: bool,
}

impl std::ops::Deref for Tokens {
    type Target = Colors;

    fn deref(&self) -> &Colors {
        &self.colors
    }
}

/// The colours of one theme, read as fields of [`Tokens`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colors {
    /// Rail, bars, fields and cards.
    #[serde(deserialize_with = "color")]
    pub bg0: Color32,
    /// Screens and sheets.
    #[serde(deserialize_with = "color")]
    pub bg1: Color32,
    /// Buttons, chips, the selected row.
    #[serde(deserialize_with = "color")]
    pub bg2: Color32,
    /// Badges, the selected segment, what the pointer is over.
    #[serde(deserialize_with = "color")]
    pub bg3: Color32,
    /// Hairlines.
    #[serde(deserialize_with = "color")]
    pub line: Color32,
    /// Text that is read.
    #[serde(deserialize_with = "color")]
    pub text1: Color32,
    /// Text beside it.
    #[serde(deserialize_with = "color")]
    pub text2: Color32,
    /// Labels and units.
    #[serde(deserialize_with = "color")]
    pub text3: Color32,
    /// The accent as a line, an icon or a word.
    #[serde(deserialize_with = "color")]
    pub accent: Color32,
    /// The accent as a filled button.
    #[serde(deserialize_with = "color")]
    pub accent_fill: Color32,
    /// Text on [`Self::accent_fill`].
    #[serde(deserialize_with = "color")]
    pub accent_text: Color32,
    /// Went well.
    #[serde(deserialize_with = "color")]
    pub good: Color32,
    /// Wants attention.
    #[serde(deserialize_with = "color")]
    pub warn: Color32,
    /// Went wrong.
    #[serde(deserialize_with = "color")]
    pub bad: Color32,
    /// In progress, or worth knowing.
    #[serde(deserialize_with = "color")]
    pub info: Color32,
    /// Behind words that the baseline has not.
    #[serde(deserialize_with = "color")]
    pub diff_add: Color32,
    /// Behind words that only the baseline has.
    #[serde(deserialize_with = "color")]
    pub diff_del: Color32,
    /// The colours of targets, tellable apart by colour-blind eyes; see [`Tokens::series`].
    #[serde(deserialize_with = "colors")]
    series: [Color32; 8],
    /// Opacity of shadows under sheets and menus, 0–255.
    pub shadow_alpha: u8,
}

/// Distances of the 4 pt grid, points.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "sizes of one scale")]
pub struct Gaps {
    pub xs: f32,
    pub s: f32,
    pub m: f32,
    pub l: f32,
    pub xl: f32,
}

/// Corner radii, points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Radii {
    /// Bars and marks.
    pub small: u8,
    /// Controls.
    pub medium: u8,
    /// Cards and sheets.
    pub large: u8,
}

/// Text sizes, points.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSizes {
    /// Labels, units, the status line.
    pub small: f32,
    /// Everything else.
    pub base: f32,
    /// Prompts, raw answers, code.
    pub mono: f32,
    /// Answers.
    pub answer: f32,
    /// Names of screens and sheets.
    pub heading: f32,
    /// The thing a screen is about.
    pub title: f32,
    /// Line height of answers as a multiple of their size.
    pub line_height: f32,
}

/// Heights of rows and bars and the width of the rail, points.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Buttons and fields.
    pub control: f32,
    /// Segments and small buttons.
    pub compact: f32,
    /// Rows of lists.
    pub list: f32,
    /// Rows of tables.
    pub table: f32,
    /// The bar above a screen.
    pub top_bar: f32,
    /// The line below everything.
    pub status_line: f32,
    /// Width of the left rail.
    pub rail: f32,
    /// Width of the left rail with icons only.
    pub rail_collapsed: f32,
}

#[derive(Deserialize)]
struct Metrics {
    gap: Gaps,
    radius: Radii,
    text: TextSizes,
    row: Rows,
}

fn color<'de, D: Deserializer<'de>>(from: D) -> Result<Color32, D::Error> {
    let hex = String::deserialize(from)?;
    Color32::from_hex(&hex).map_err(|_not_hex| serde::de::Error::custom(format!("“{hex}” is not #rrggbb")))
}

fn colors<'de, D: Deserializer<'de>>(from: D) -> Result<[Color32; 8], D::Error> {
    let hexes = <[String; 8]>::deserialize(from)?;
    let mut colors = [Color32::PLACEHOLDER; 8];
    for (color, hex) in colors.iter_mut().zip(hexes) {
        *color = Color32::from_hex(&hex).map_err(|_not_hex| serde::de::Error::custom(format!("“{hex}” is not #rrggbb")))?;
    }
    Ok(colors)
}

fn parse(colors: &str, metrics: &str, dark: bool) -> Result<Tokens, toml::de::Error> {
    let Metrics { gap, radius, text, row } = toml::from_str(metrics)?;
    Ok(Tokens { colors: toml::from_str(colors)?, gap, radius, text, row, dark })
}

#[expect(clippy::expect_used, reason = "the files are part of the program and a test reads them")]
fn bundled(colors: &str, dark: bool) -> Tokens {
    parse(colors, include_str!("../../../assets/theme/metrics.toml"), dark).expect("a bundled theme is well-formed")
}

static DARK: LazyLock<Tokens> = LazyLock::new(|| bundled(include_str!("../../../assets/theme/dark.toml"), true));
static LIGHT: LazyLock<Tokens> = LazyLock::new(|| bundled(include_str!("../../../assets/theme/light.toml"), false));

impl Tokens {
    /// The tokens of `theme`.
    pub fn of(theme: egui::Theme) -> &'static Self {
        match theme {
            egui::Theme::Dark => &DARK,
            egui::Theme::Light => &LIGHT,
        }
    }

    /// The colour of the target with this index; wraps after eight.
    pub fn series(&self, index: usize) -> Color32 {
        self.colors.series[index % self.colors.series.len()]
    }
}

/// What can name the tokens of the theme it is shown in.
pub trait HasTokens {
    /// The tokens of the theme in effect.
    fn tokens(&self) -> &'static Tokens;
}

impl HasTokens for egui::Ui {
    fn tokens(&self) -> &'static Tokens {
        Tokens::of(if self.visuals().dark_mode { egui::Theme::Dark } else { egui::Theme::Light })
    }
}

impl HasTokens for egui::Context {
    fn tokens(&self) -> &'static Tokens {
        Tokens::of(self.theme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let channel = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
    }

    /// The contrast ratio of WCAG 2.2, 1–21.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_reaches_wcag_aa_on_every_ground() {
        for tokens in [&*DARK, &*LIGHT] {
            for (name, text) in [
                ("text1", tokens.text1),
                ("text2", tokens.text2),
                ("text3", tokens.text3),
                ("accent", tokens.accent),
                ("good", tokens.good),
                ("warn", tokens.warn),
                ("bad", tokens.bad),
                ("info", tokens.info),
            ] {
                for ground in [tokens.bg0, tokens.bg1, tokens.bg2] {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "{name} in {} theme: {ratio:.2}", if tokens.dark { "the dark" } else { "the light" });
                }
            }
            assert!(contrast(tokens.text2, tokens.bg3) >= 4.5, "badges");
            assert!(contrast(tokens.accent_text, tokens.accent_fill) >= 4.5, "the primary button");
            for (index, series) in tokens.colors.series.into_iter().enumerate() {
                assert!(contrast(series, tokens.bg0) >= 3.0, "series {index} as a line");
            }
        }
    }

    #[test]
    fn the_scales_are_the_documented_ones() {
        let tokens = Tokens::of(egui::Theme::Dark);
        let Gaps { xs, s, m, l, xl } = tokens.gap;
        assert!([xs, s, m, l, xl].iter().all(|gap| gap % 4.0 == 0.0));
        assert_eq!((tokens.radius.small, tokens.radius.medium, tokens.radius.large), (4, 6, 8));
        assert_eq!(
            (tokens.text.small, tokens.text.base, tokens.text.answer, tokens.text.heading, tokens.text.title),
            (11.0, 13.0, 13.5, 16.0, 20.0)
        );
        assert_eq!(tokens.series(0), tokens.series(8));
    }

    #[test]
    fn a_wrong_colour_is_named() {
        let broken = include_str!("../../../assets/theme/dark.toml").replace("#15171a", "graphite");
        let error = parse(&broken, include_str!("../../../assets/theme/metrics.toml"), true).unwrap_err();
        assert!(error.to_string().contains("graphite"), "{error}");
    }
}
