//! What happened, as the backend tells it.

use std::sync::Arc;

use crate::analysis::Forecast;
use crate::domain::{Connection, PromptSet, TargetSpec};

use super::connection_messages::ConnectionFact;
use super::connections::EnvironmentKey;
use super::doctor::DoctorFact;
use super::exchange::ExchangeFact;
use super::history::HistoryFact;
use super::notices::NoticeLevel;
use super::prompts::PromptFact;
use super::runs::RunFact;

/// A fact.
#[derive(Debug)]
pub enum Fact {
    /// The archive was read; the first screen can be shown.
    Started(Box<Started>),
    /// About connections.
    Connections(ConnectionFact),
    /// About failures.
    Doctor(DoctorFact),
    /// About prompt sets.
    Prompts(PromptFact),
    /// About runs.
    Runs(RunFact),
    /// About the history.
    History(HistoryFact),
    /// About files.
    Exchange(ExchangeFact),
    /// A forecast.
    Forecast {
        /// Of the question.
        generation: u64,
        /// The answer.
        forecast: Arc<Forecast>,
    },
    /// The simulated provider runs; its connection and sample set are stored.
    DemoReady {
        /// The connection.
        connection: Box<Connection>,
        /// Its three targets.
        targets: Vec<TargetSpec>,
        /// The sample set.
        sample: Box<PromptSet>,
    },
    /// Ctrl-C came.
    Interrupted,
    /// Something to tell.
    Notice {
        /// How serious.
        level: NoticeLevel,
        /// What.
        text: String,
    },
}

/// What the first screen needs.
#[derive(Debug)]
pub struct Started {
    /// Stored connections.
    pub connections: Vec<Connection>,
    /// The user's own prices.
    pub own_prices: Vec<crate::domain::OwnPrice>,
    /// Prompt sets.
    pub sets: Vec<crate::domain::PromptSetHead>,
    /// The composer's own set.
    pub scratch: PromptSet,
    /// Unfinished runs that no process is sending.
    pub unfinished: Vec<crate::domain::RunHead>,
    /// Runs stored in all.
    pub run_count: u64,
    /// Trials stored in all.
    pub trial_count: u64,
    /// Keys in the environment that no connection uses.
    pub in_environment: Vec<EnvironmentKey>,
    /// The last check of each connection that had one.
    pub checks: Vec<crate::domain::CheckReport>,
    /// Folder for exports.
    pub documents: std::path::PathBuf,
    /// Something to tell at the start: settings put aside, a crash report found.
    pub notices: Vec<(NoticeLevel, String)>,
}
