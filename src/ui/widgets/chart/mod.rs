//! Charts on cards: lines over time, distributions, bars and scatter. Data is borrowed; colours are those of the targets.

mod bars;
mod card;
mod distribution;
mod frame;
mod quantity;
mod scatter;
mod ticks;
mod time_axis;
mod time_lines;

pub use bars::Bar;
pub use card::{ChartCard, ChartResponse};
pub use frame::{Point, Series};
pub use quantity::Quantity;
