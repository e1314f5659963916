//! Wishes: menus, keys, the command line and tests all send the same ones.

use super::bench::BenchCommand;
use super::connection_messages::ConnectionCommand;
use super::doctor::DoctorCommand;
use super::exchange::ExchangeCommand;
use super::history::HistoryCommand;
use super::notices::NoticeCommand;
use super::preferences::PreferenceCommand;
use super::prompts::PromptCommand;
use super::runs::RunCommand;

/// The screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Edit, run, compare.
    #[default]
    Bench,
    /// Prompt sets.
    Sets,
    /// Runs and trends.
    History,
    /// Connections and keys.
    Connections,
    /// Settings.
    Settings,
}

/// A wish.
#[derive(Clone, Debug)]
pub enum Command {
    /// Show a screen.
    Go(Screen),
    /// About connections.
    Connections(ConnectionCommand),
    /// About failures.
    Doctor(DoctorCommand),
    /// About prompt sets.
    Prompts(PromptCommand),
    /// About the bench.
    Bench(BenchCommand),
    /// About a run.
    Runs(RunCommand),
    /// About the history.
    History(HistoryCommand),
    /// About files.
    Exchange(ExchangeCommand),
    /// About preferences.
    Preferences(PreferenceCommand),
    /// About notices.
    Notices(NoticeCommand),
}
