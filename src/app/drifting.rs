//! Which targets of a run in flight have become slow, and what is told of it.

use crate::analysis::{Drift, DriftTurn, DriftWatch, capitalised, drift_words};
use crate::domain::{EarlierLatency, RunPlan, TrialRow};

/// The watches over the targets of a run. They begin anew with every start of the run, and stay as they are when it stops.
#[derive(Clone, Debug, Default)]
pub struct Drifting {
    /// By target index.
    targets: Vec<Watched>,
    /// What the last fact changed, until somebody takes it.
    fresh: Vec<TargetDrift>,
}

#[derive(Clone, Debug)]
struct Watched {
    watch: DriftWatch,
    /// It was flagged at some time.
    told: bool,
}

impl Watched {
    fn marked(&mut self, target_index: u32, turns: Vec<DriftTurn>) -> Vec<TargetDrift> {
        let mark = |turn: DriftTurn| {
            let first = turn.raised && !self.told;
            self.told |= turn.raised;
            TargetDrift { target_index, turn, first }
        };
        turns.into_iter().map(mark).collect()
    }
}

/// A flag of a target that was raised or taken down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetDrift {
    /// Index into the plan's targets.
    pub target_index: u32,
    /// What happened.
    pub turn: DriftTurn,
    /// The first flag of this target since the run was started.
    pub first: bool,
}

impl Drifting {
    /// The watches of a run that is being started.
    pub fn new(plan: &RunPlan) -> Self {
        let watch = DriftWatch::new(plan.settings.stream, plan.settings.p95_limit_ms);
        Self { targets: vec![Watched { watch, told: false }; plan.targets.len()], fresh: Vec::new() }
    }

    /// Earlier answers are known from now on, by target index; absent where there are none. Gives what that changed.
    pub fn know_history(&mut self, earlier: &[Option<EarlierLatency>]) -> &[TargetDrift] {
        let mut drifts = Vec::new();
        for ((target_index, watched), earlier) in (0..).zip(&mut self.targets).zip(earlier) {
            let turns = earlier.map_or_else(Vec::new, |earlier| watched.watch.know_history(earlier));
            drifts.extend(watched.marked(target_index, turns));
        }
        self.fresh = drifts;
        &self.fresh
    }

    /// A trial ended and is stored. Gives what that changed.
    pub fn ended(&mut self, row: &TrialRow) -> &[TargetDrift] {
        let target_index = row.cell.target_index;
        self.fresh.clear();
        if let Some(watched) = self.targets.get_mut(target_index as usize) {
            let turns = watched.watch.ended(row);
            self.fresh = watched.marked(target_index, turns);
        }
        &self.fresh
    }

    /// What the last fact changed, once.
    pub fn take_fresh(&mut self) -> Vec<TargetDrift> {
        std::mem::take(&mut self.fresh)
    }

    /// The flags of a target that are raised now.
    pub fn raised(&self, target_index: usize) -> &[Drift] {
        self.targets.get(target_index).map_or(&[], |watched| watched.watch.raised())
    }

    /// Why a target is flagged, such as `Slower than its history: …`, a line for each reason; absent when it is not.
    pub fn words(&self, target_index: usize) -> Option<String> {
        let lines: Vec<String> = self.raised(target_index).iter().map(|drift| capitalised(&drift_words(drift))).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// What to tell of a flag: `GPT-4.1 is slower than its history: …`, `GPT-4.1 is no longer slower than its limit of 2.00 s: …`.
pub fn target_drift_words(plan: &RunPlan, drift: &TargetDrift) -> String {
    let label = plan.targets.get(drift.target_index as usize).map_or("A target", |target| target.label.as_str());
    let is = if drift.turn.raised { "is" } else { "is no longer" };
    format!("{label} {is} {}", drift_words(&drift.turn.drift))
}
