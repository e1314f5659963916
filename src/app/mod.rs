//! The mind: state, commands, effects and facts; one file per slice. No egui: it takes a `wake: impl Fn()`.

mod apply;
pub mod backend;
mod bench;
mod bench_update;
mod case_order;
#[cfg(test)]
mod case_order_tests;
mod command;
mod connection_messages;
mod connections;
mod demo_facts;
mod diagnosing;
mod doctor;
#[cfg(test)]
mod doctor_tests;
mod drifting;
#[cfg(test)]
mod drifting_tests;
#[cfg(test)]
mod edit_run_tests;
mod effect;
mod exchange;
mod fact;
#[cfg(test)]
mod fallback_tests;
mod forecasting;
mod hindrance;
#[cfg(test)]
mod hindrance_tests;
mod history;
#[cfg(test)]
mod limits_tests;
mod live_limits;
mod live_run;
#[cfg(test)]
mod live_run_tests;
mod notices;
mod open_run;
mod pasted_rows;
mod planning;
mod preferences;
mod prompts;
mod ramp;
mod remedies;
mod running_sums;
mod runs;
mod state;
mod summary_rows;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod texts_tests;
mod update;

pub use bench::{Answer, Asked, Bench, BenchCommand, BenchView, ForecastState, TextMode};
pub use case_order::{CaseRow, table_order};
pub use command::{Command, Screen};
pub use connection_messages::{ConnectionCommand, ConnectionFact};
pub use connections::{CheckState, Connections, EditWish, EnvironmentKey, ModelList};
pub use doctor::{Doctor, DoctorCommand, DoctorFact, Patient, ProbeRound};
pub use drifting::{Drifting, TargetDrift, target_drift_words};
pub use effect::{Again, Effect, Start};
pub use exchange::{Exchange, ExchangeCommand, ExchangeFact, ExportKind, ExportSheet, ImportRefusal, ImportSheet, PromptFileKind};
pub use fact::{Fact, Started};
pub use forecasting::ForecastQuestion;
pub use hindrance::{Hindrance, Unaskable, unaskable_words};
pub use history::{HISTORY_PAGE, History, HistoryCommand, HistoryFact, HistoryRange};
pub use live_limits::{LiveLimits, LivePace, PausedModel, breaker_words, pace_words, used_up_words};
pub use live_run::{LiveCell, LivePhase, LiveRun, warm_up_words};
pub use notices::{Notice, NoticeCommand, NoticeLevel, Notices};
pub use open_run::{CapMoney, CurrentTrials, DiffState, OpenRun, RunFigures, status_after};
pub use pasted_rows::{PasteError, PastedRows, read_pasted_rows};
pub use planning::{BenchTarget, PlanError, PlanInputs, next_colour};
pub use preferences::{PreferenceCommand, Preferences};
pub use prompts::{OpenSet, PromptCommand, PromptFact, Prompts};
pub use ramp::{RAMP_CEILINGS, RampForecast, RampState, USUAL_RAMP_CEILING, bound_words, outcome_words, rung_words};
pub use runs::{RunCommand, RunFact, Runs, failed_words};
pub use state::AppState;
pub use summary_rows::summary_rows;

pub use crate::interchange::import::{
    ColumnMapping, ColumnPreview, ColumnRole, Format as ImportFormat, ImportPreview, RowProblem, RowWarning,
};
