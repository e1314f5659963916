//! Headless tests of the whole: loopback only, no display, no keychain.

#![expect(clippy::unwrap_used, reason = "what helps the tests fails them")]

mod backend;
mod cannot_be_asked;
mod chaos;
mod chaos_thread;
mod chaos_tls;
mod cli_addresses;
mod cli_basics;
mod cli_bench;
mod cli_beside;
mod cli_demo;
mod cli_drift;
mod cli_import;
mod cli_keys;
mod cli_limits;
mod cli_outputs;
mod cli_parameters;
mod cli_prices;
mod cli_resume;
mod cli_run;
mod cli_targets;
mod doctor;
mod faults;
mod kill_loop;
mod kill_migration;
mod layering;
mod office;
mod program;
mod ramp;
mod server;
