//! The look: tokens, fonts and icons. Screens take colours, sizes and type from here and name none of their own.

mod choice;
mod fonts;
pub mod icons;
pub mod text;
mod tokens;
mod visuals;

pub use choice::{apply_choice, install};
pub use fonts::{FIGURES, FIGURES_MEDIUM, FIGURES_STRONG, ICONS, STRONG, family};
pub use tokens::{Gaps, HasTokens, Radii, Rows, TextSizes, Tokens};
