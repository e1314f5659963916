//! Tests over whole archives.

mod file_tests;
mod history_tests;
mod latency_tests;
mod list_tests;
mod observed_tests;
mod prompt_tests;
mod reservation_tests;
mod samples;
mod speed_tests;
mod trial_tests;
