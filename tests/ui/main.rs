//! Tests of the window, driven by accessible name.

mod basics;
mod before_a_run;
mod bench;
mod bench_state;
mod charts;
mod comparing;
mod connection_form;
mod connections;
mod connections_state;
mod doctor;
mod drift;
mod file_sheets;
mod first_run;
mod gallery;
mod history;
mod history_state;
mod hostile;
mod judging;
mod kit;
mod limits;
mod measured_under;
mod message_window;
mod narrow;
mod run_state;
mod run_view;
mod sets;
mod sets_state;
mod sets_whole;
mod settings;
mod sheet_menus;
#[cfg(feature = "snapshots")]
mod snapshots;
mod sources;
mod tall;
mod typing;
mod window;
