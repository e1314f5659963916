//! The Settings screen.

mod about;
mod demo;
mod keys_and_data;
mod look;
mod network;
mod runs;
mod screen;
mod section;

pub(crate) use screen::SettingsScreen;
