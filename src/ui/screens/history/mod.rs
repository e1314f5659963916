//! History: how targets did over time, and every run that was.

mod colours;
mod decimate;
mod filters;
mod legend;
mod run_row;
mod run_table;
mod screen;
mod trend_charts;
mod trends;

pub(crate) use screen::HistoryScreen;
