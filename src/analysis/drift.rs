//! Latency drift: a target that answers more slowly than it used to, or than it may, noticed while the run goes on.

use std::collections::VecDeque;

use super::percentile::percentile;
use super::wilson::wilson_lower;
use crate::domain::{ConnectionUse, EarlierLatency, Timing, TrialRow, TrialStatus};

/// The running p95 is that of the last trials that ended, this many.
const WINDOW: usize = 200;
/// With fewer, a 95th percentile says nothing: of earlier answers and of those in the window.
const LEAST: usize = 20;
/// The share that lies above a 95th percentile.
const TAIL: f64 = 0.05;
/// A flag is looked for after every trial, so it takes more than the usual 1.96 standard deviations to believe one.
const LOOKS_Z: f64 = 3.0;
/// How far a history of few answers may have put its p95 too low by chance, in standard deviations.
const HISTORY_Z: f64 = 2.0;
/// A p95 that rose by less than this over its history is not worth a flag: providers differ by as much from one hour to the next.
const WORTH_A_FLAG: f64 = 1.25;

/// What the running p95 is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DriftReference {
    /// Earlier answers of the same model at the same connection. Held against them, the set-up of new connections is left out: a run begins with many.
    History(EarlierLatency),
    /// What the user set, milliseconds.
    Limit(u64),
}

impl DriftReference {
    /// The p95 that a target should stay under, milliseconds.
    pub fn p95_ms(self) -> f64 {
        match self {
            Self::History(earlier) => earlier.p95_ms,
            Self::Limit(limit_ms) => limit_ms as f64,
        }
    }

    /// The running p95 that is worth a flag, milliseconds.
    fn worth_a_flag_ms(self) -> f64 {
        match self {
            Self::History(earlier) => earlier.p95_ms * WORTH_A_FLAG,
            Self::Limit(limit_ms) => limit_ms as f64,
        }
    }

    /// The largest share of trials above it that says nothing. Above a true p95 lie 5 %; above one that was estimated from `n` answers lies a share that
    /// is Beta-distributed like any order statistic of ranks (David and Nagaraja, "Order Statistics", 2003, section 2.3): with 20 answers it may well be
    /// a fifth.
    fn usual_share(self) -> f64 {
        match self {
            Self::History(earlier) => {
                let n = earlier.n as f64;
                // The rank that linear interpolation takes, counted from 1.
                let rank = (1.0 - TAIL) * (n - 1.0) + 1.0;
                let mean = 1.0 - rank / (n + 1.0);
                mean + HISTORY_Z * (mean * (1.0 - mean) / (n + 2.0)).sqrt()
            }
            Self::Limit(_) => TAIL,
        }
    }
}

/// A running p95 beside what it is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// What it is held against.
    pub reference: DriftReference,
    /// It is TTFT; else total.
    pub streamed: bool,
    /// The running p95, milliseconds; absent when it lies among trials that timed out.
    pub p95_ms: Option<f64>,
    /// Trials that it rests on, timed-out ones included.
    pub n: u32,
    /// Of these, those above the reference, timed-out ones included.
    pub slower: u32,
    /// Of these, those that timed out.
    pub timed_out: u32,
}

/// A flag that was raised or taken down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftTurn {
    /// What it rests on.
    pub drift: Drift,
    /// It was raised.
    pub raised: bool,
}

/// What one trial says about latency.
#[derive(Clone, Copy, Debug)]
enum Latency {
    /// It was answered.
    Answered {
        whole_ms: f64,
        /// Absent when it is not known how much of it was the wait for a connection.
        without_set_up_ms: Option<f64>,
        /// So much less it may have taken, because it was measured under load; else 0.
        late_ms: f64,
    },
    /// It took longer than it was given: slower than anything.
    TimedOut,
}

impl Latency {
    /// The one place that decides which trials count: finished ones by their latency, and those that timed out. Other failures, cancelled trials and
    /// those in which this computer slept say nothing about the target. What a fallback answered is a failure of the target.
    fn of(row: &TrialRow, streams: bool) -> Option<Self> {
        let timing = row.timing.as_ref().filter(|timing| !timing.slept())?;
        match row.own_status() {
            TrialStatus::Failed => row.own_failure()?.kind.is_timeout().then_some(Self::TimedOut),
            TrialStatus::Cancelled => None,
            TrialStatus::Finished => {
                let total_us = (!timing.streamed).then(|| timing.total_us());
                let whole_us = if streams { timing.ttft_us() } else { total_us }?;
                let without_us = set_up_us(timing).map(|set_up_us| whole_us.saturating_sub(set_up_us));
                let late_us = timing.under_load_us().unwrap_or(0);
                Some(Self::Answered { whole_ms: ms(whole_us), without_set_up_ms: without_us.map(ms), late_ms: ms(late_us) })
            }
        }
    }

    /// In milliseconds, as it is held against `reference`; a timeout is infinitely long. One that was measured under load and is above the reference
    /// counts with the least that it can have taken. Absent when it cannot be told on which side it is.
    fn against(self, reference: DriftReference) -> Option<f64> {
        let Self::Answered { whole_ms, without_set_up_ms, late_ms } = self else { return Some(f64::INFINITY) };
        let measured_ms = match reference {
            DriftReference::Limit(_) => whole_ms,
            DriftReference::History(_) => without_set_up_ms?,
        };
        let bound_ms = reference.p95_ms();
        let least_ms = if measured_ms > bound_ms { measured_ms - late_ms } else { measured_ms };
        ((least_ms > bound_ms) == (measured_ms > bound_ms)).then_some(least_ms)
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

/// The part of a latency that was the set-up of its connection; absent when it waited for one that another request made.
fn set_up_us(timing: &Timing) -> Option<u64> {
    let Some(set_up) = timing.set_up else { return Some(0) };
    match set_up.connection {
        ConnectionUse::Reused => Some(0),
        ConnectionUse::New => Some(set_up.dns_us.unwrap_or(0) + set_up.connect_us.unwrap_or(0)),
        ConnectionUse::Awaited => None,
    }
}

/// Watches one target of a run while its trials end.
#[derive(Clone, Debug)]
pub struct DriftWatch {
    streams: bool,
    references: Vec<DriftReference>,
    /// Oldest first.
    window: VecDeque<Latency>,
    raised: Vec<Drift>,
}

impl DriftWatch {
    /// Watches a target of a run that asks for streams or not, with the limit that was set for it, milliseconds.
    pub fn new(streams: bool, limit_ms: Option<u64>) -> Self {
        let references = limit_ms.map(DriftReference::Limit).into_iter().collect();
        Self { streams, references, window: VecDeque::new(), raised: Vec::new() }
    }

    /// Earlier answers are known from now on; too few of them are of no use.
    pub fn know_history(&mut self, earlier: EarlierLatency) -> Vec<DriftTurn> {
        self.references.retain(|reference| matches!(reference, DriftReference::Limit(_)));
        if earlier.n >= LEAST as u64 {
            self.references.insert(0, DriftReference::History(earlier));
        }
        self.judge()
    }

    /// Takes in a trial that ended.
    pub fn ended(&mut self, row: &TrialRow) -> Vec<DriftTurn> {
        let Some(latency) = Latency::of(row, self.streams) else { return Vec::new() };
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(latency);
        self.judge()
    }

    /// The flags that are raised now, with what they rest on by now.
    pub fn raised(&self) -> &[Drift] {
        &self.raised
    }

    fn judge(&mut self) -> Vec<DriftTurn> {
        let mut turns = Vec::new();
        let before = std::mem::take(&mut self.raised);
        for reference in &self.references {
            let was_raised = before.iter().any(|drift| drift.reference == *reference);
            let Some(drift) = self.drift(*reference) else { continue };
            let is_raised = if was_raised { above(drift.p95_ms, reference.p95_ms()) } else { drift.is_sure() };
            if is_raised {
                self.raised.push(drift);
            }
            if is_raised != was_raised {
                turns.push(DriftTurn { drift, raised: is_raised });
            }
        }
        turns
    }

    /// Absent while the window holds nothing that can be held against it.
    fn drift(&self, reference: DriftReference) -> Option<Drift> {
        let mut sorted: Vec<f64> = self.window.iter().filter_map(|latency| latency.against(reference)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let answered = sorted.partition_point(|ms| ms.is_finite());
        let last = sorted.len().checked_sub(1)?;
        // Interpolated with a timeout it would be a made-up number; without, the timeouts only take up their ranks.
        let among_answers = ((last as f64 * (1.0 - TAIL)).ceil() as usize) < answered;
        sorted[answered..].fill(f64::MAX);
        let p95_ms = percentile(&sorted, 95.0).filter(|_| among_answers);
        let slower = sorted.len() - sorted.partition_point(|ms| *ms <= reference.p95_ms());
        Some(Drift {
            reference,
            streamed: self.streams,
            p95_ms,
            n: sorted.len() as u32,
            slower: slower as u32,
            timed_out: (sorted.len() - answered) as u32,
        })
    }
}

/// A p95 among timeouts is above everything.
fn above(p95_ms: Option<f64>, bound_ms: f64) -> bool {
    p95_ms.is_none_or(|p95_ms| p95_ms > bound_ms)
}

impl Drift {
    /// It is above the reference, by enough to be worth a word, and not by chance.
    fn is_sure(&self) -> bool {
        let worth = self.reference.worth_a_flag_ms();
        self.n >= LEAST as u32
            && above(self.p95_ms, self.reference.p95_ms())
            && self.p95_ms.is_none_or(|p95_ms| p95_ms >= worth)
            && wilson_lower(self.slower, self.n, LOOKS_Z) > self.reference.usual_share()
    }
}
