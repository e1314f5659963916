//! A run in flight: where it stands, what is under way, and how long it will still take.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::analysis::{format_count, format_counted, format_ms};
use crate::domain::{Cell, WarmUp};

use super::effect::Again;
use super::live_limits::LiveLimits;
use super::open_run::OpenRun;

/// Where a live run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LivePhase {
    /// Sending.
    Running,
    /// No new attempts; those in flight end.
    Paused,
    /// Being stopped.
    Stopping,
}

/// A trial in flight.
#[derive(Clone, Debug, Default)]
pub struct LiveCell {
    /// Reasoning so far.
    pub reasoning: String,
    /// Visible text so far.
    pub content: String,
    /// TTFT once known, microseconds.
    pub ttft_us: Option<u64>,
    /// It waits to be sent again: attempt number, wait and reason.
    pub waiting: Option<String>,
    /// Its target has failed, and the fallback is asked.
    pub at_fallback: bool,
}

/// A run in flight.
#[derive(Debug)]
pub struct LiveRun {
    /// Where it stands.
    pub phase: LivePhase,
    /// Cells that it set out to send.
    pub asked: u64,
    /// Of them, those that have ended.
    pub ended: u64,
    /// Trials in flight.
    pub cells: BTreeMap<Cell, LiveCell>,
    /// Trials that could not be stored yet.
    pub unsaved: u64,
    /// When a trial was last stored.
    pub saved_at: Option<Timestamp>,
    /// What limits do to it.
    pub limits: LiveLimits,
    /// By target index.
    paces: Vec<Pace>,
    /// Milliseconds that it was sending, up to the last change of phase.
    sent_ms: i64,
    /// Since when it sends; absent while it is held.
    sending_since: Option<Timestamp>,
}

/// How far one target is.
#[derive(Clone, Copy, Debug)]
struct Pace {
    asked: u64,
    ended: u64,
}

/// With fewer trials of a target ended, its pace is not known.
const ENOUGH_ENDED: u64 = 3;

impl LiveRun {
    /// A run that begins to be sent now: so many cells in all, and so many by target index.
    pub fn new(asked: u64, asked_by_target: impl IntoIterator<Item = u64>, now: Timestamp) -> Self {
        Self {
            phase: LivePhase::Running,
            asked,
            ended: 0,
            cells: BTreeMap::new(),
            unsaved: 0,
            saved_at: None,
            limits: LiveLimits::default(),
            paces: asked_by_target.into_iter().map(|asked| Pace { asked, ended: 0 }).collect(),
            sent_ms: 0,
            sending_since: Some(now),
        }
    }

    /// Goes on, is held, or is being stopped.
    pub(super) fn turn(&mut self, phase: LivePhase, now: Timestamp) {
        self.sent_ms = self.sent_ms(now);
        self.sending_since = (phase == LivePhase::Running).then_some(now);
        self.phase = phase;
    }

    /// A trial of this target was stored.
    pub(super) fn stored(&mut self, target_index: u32, now: Timestamp) {
        self.ended += 1;
        self.saved_at = Some(now);
        if let Some(pace) = self.paces.get_mut(target_index as usize) {
            pace.ended += 1;
        }
    }

    /// Without the time that it was held.
    fn sent_ms(&self, now: Timestamp) -> i64 {
        self.sent_ms + self.sending_since.map_or(0, |since| (now.as_millisecond() - since.as_millisecond()).max(0))
    }

    /// Seconds that the slowest target still takes, each at its own pace so far; absent while it is held, and until every target that is not through
    /// has ended a few trials.
    pub fn seconds_left(&self, now: Timestamp) -> Option<f64> {
        if self.phase != LivePhase::Running {
            return None;
        }
        let sent_s = self.sent_ms(now) as f64 / 1000.0;
        let mut slowest = None;
        for pace in self.paces.iter().filter(|pace| pace.ended < pace.asked) {
            if pace.ended < ENOUGH_ENDED {
                return None;
            }
            let left_s = sent_s / pace.ended as f64 * (pace.asked - pace.ended) as f64;
            slowest = Some(slowest.map_or(left_s, |slowest: f64| slowest.max(left_s)));
        }
        slowest
    }
}

/// How many cells of each target are sent, by target index: those that `again` names, else those without a trial or with a cancelled one.
pub(super) fn asked_by_target(run: &OpenRun, again: Option<&Again>) -> Vec<u64> {
    let mut asked = vec![0; run.plan.targets.len()];
    for cell in again.unwrap_or(&Again::Missing).cells(&run.plan, |cell| run.row(cell)) {
        if let Some(asked) = asked.get_mut(cell.target_index as usize) {
            *asked += 1;
        }
    }
    asked
}

/// `warmed up: 16 connections, 85 ms`, and what of it did not work.
pub fn warm_up_words(warm_up: &WarmUp) -> String {
    let opened = format_counted(warm_up.connections.into(), "connection", "connections");
    let failed = match warm_up.failed {
        0 => String::new(),
        failed => format!("; {} could not be kept open", format_count(failed.into())),
    };
    format!("Warmed up: {opened}, {}{failed}", format_ms(warm_up.took.as_secs_f64() * 1e3))
}
