//! Connections: cards left, the one chosen right, and the sheets that add, import and remove.

mod add_sheet;
mod card_list;
mod check_panel;
mod details;
mod draft;
mod environment_sheet;
mod form;
mod key_field;
mod key_rows;
mod model_list;
mod preset_grid;
mod prices;
mod ramp_panel;
mod remove_sheet;
mod screen;
mod words;

pub(crate) use screen::ConnectionsScreen;
