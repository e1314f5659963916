//! The screens, one per slice of the mind, and the sheets that lie over them.

pub(super) mod bench;
mod connections;
mod doctor;
mod export_sheet;
mod first_run;
mod history;
mod import_sheet;
mod price_fields;
mod price_words;
mod screen_frame;
mod sets;
mod settings;
mod show;
mod typed;

pub(super) use show::{Views, show, show_sheets};
