//! The doctor slice: diagnoses of failures that came into view, probes that were asked for, and tries that wait for their time.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{ConnectionId, Diagnosis, ProbeResult, Remedy, RunId, TrialId};

/// Whose failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patient {
    /// A failed trial of a run.
    Trial {
        /// The run.
        run_id: RunId,
        /// The trial.
        trial_id: TrialId,
    },
    /// The last check of a connection.
    Check(ConnectionId),
}

/// What a person wants of the doctor.
#[derive(Clone, Debug)]
pub enum DoctorCommand {
    /// A failed trial comes into view.
    Diagnose {
        /// The run.
        run_id: RunId,
        /// The trial.
        trial_id: TrialId,
    },
    /// Do what a diagnosis advises.
    Apply {
        /// Whose failure.
        patient: Patient,
        /// The remedy.
        remedy: Remedy,
    },
    /// Do not try again when the wait is over.
    StopWaiting(Patient),
    /// Ask the addresses that the diagnosis names: one `GET` of a model list each.
    Probe {
        /// Whose failure.
        patient: Patient,
        /// Send the key also to other origins than the one that it was saved for: only when somebody said so.
        key_elsewhere: bool,
    },
    /// The report for the vendor's support, for the clipboard.
    CopyReport(Patient),
}

/// What happened to probes.
#[derive(Debug)]
pub enum DoctorFact {
    /// One has ended.
    Probed {
        /// Whose failure.
        patient: Patient,
        /// What came of it.
        result: ProbeResult,
    },
    /// All have.
    ProbesEnded(Patient),
}

/// The probes of one failure.
#[derive(Clone, Debug, Default)]
pub struct ProbeRound {
    /// Some are under way.
    pub running: bool,
    /// Those that have ended, in the order of the diagnosis.
    pub results: Vec<ProbeResult>,
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Doctor {
    /// Of failed trials that were looked at. Made anew when something that they rest on changes.
    pub diagnoses: BTreeMap<TrialId, Arc<Diagnosis>>,
    /// Probes that were asked for.
    pub rounds: BTreeMap<Patient, ProbeRound>,
    /// Tries that wait, by when they are due.
    pub waiting: BTreeMap<Patient, Timestamp>,
}

/// Diagnoses kept in memory; they are made again when they come into view again.
const MOST_DIAGNOSES: usize = 400;

impl Doctor {
    pub(super) fn keep(&mut self, trial_id: TrialId, diagnosis: Diagnosis) {
        if self.diagnoses.len() >= MOST_DIAGNOSES {
            self.diagnoses.clear();
        }
        self.diagnoses.insert(trial_id, Arc::new(diagnosis));
    }

    pub(super) fn apply(&mut self, fact: DoctorFact) {
        match fact {
            DoctorFact::Probed { patient, result } => {
                if let Some(round) = self.rounds.get_mut(&patient) {
                    round.results.push(result);
                }
            }
            DoctorFact::ProbesEnded(patient) => {
                if let Some(round) = self.rounds.get_mut(&patient) {
                    round.running = false;
                }
            }
        }
    }

    /// Seconds until a waiting try is due, rounded up; absent when none waits.
    pub fn seconds_left(&self, patient: Patient, now: Timestamp) -> Option<u64> {
        let due = self.waiting.get(&patient)?;
        let milliseconds = (due.as_millisecond() - now.as_millisecond()).max(0);
        Some(milliseconds.cast_unsigned().div_ceil(1_000))
    }
}
