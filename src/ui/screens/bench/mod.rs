//! The bench: edit, run and compare on one screen.

mod case_details;
mod case_images;
mod case_list;
mod case_order;
mod composer;
mod expense_sheet;
mod forecast;
mod forecast_words;
mod key_strip;
mod lost_strip;
mod model_facts;
mod model_list;
mod params_form;
mod run_controls;
mod run_settings;
mod run_strip;
mod run_view;
mod screen;
mod sent_view;
mod set_menu;
mod target_picker;
mod targets_bar;
mod top_bar;

pub(crate) use screen::BenchScreen;
pub(super) use target_picker::add_connection;
