//! A run whose rows are in memory: its cells, its trials in flight, and the figures made from them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::analysis::{Basis, CommonCases, DiffPiece, LeftOut, SupersededCost, TableModel, TargetCharts, TargetSummary, charts, summarise};
use crate::domain::{
    BreakerTurn, Cell, Currency, LostReservations, RunEventKind, RunPlan, RunStatus, RunTarget, StopReason, Trial, TrialBody, TrialId,
    TrialRow, WarmUp,
};

use super::drifting::Drifting;
use super::live_limits::PausedModel;
use super::live_run::{LiveCell, LiveRun};
use super::running_sums::RunningSums;

/// The word differences of one answer from the baseline's.
#[derive(Clone, Debug)]
pub enum DiffState {
    /// Asked for.
    Pending,
    /// Here.
    Ready(Arc<Vec<DiffPiece>>),
    /// An answer could not be read, and why.
    Unread(Arc<str>),
}

/// A run whose rows are in memory.
#[derive(Debug)]
pub struct OpenRun {
    /// What was asked.
    pub plan: Arc<RunPlan>,
    /// Where it stands in the archive.
    pub status: RunStatus,
    /// Current trials, in the order they came.
    pub rows: Vec<TrialRow>,
    /// Cost of superseded trials by target index; counts in totals.
    pub superseded: Vec<SupersededCost>,
    by_cell: Vec<u32>,
    sums: RunningSums,
    /// In flight.
    pub live: Option<LiveRun>,
    /// What was in flight when the program ended, earlier; counts as spent under the cap.
    pub lost: LostReservations,
    /// What came of its last warm-up; absent without one, and for a run that was sent before it was opened here.
    pub warm_up: Option<WarmUp>,
    /// Which of its targets have become slow in its last start; nothing for a run that was sent before it was opened here.
    pub drifting: Drifting,
    /// Long texts of trials that were looked at.
    pub bodies: BTreeMap<TrialId, Arc<TrialBody>>,
    body_order: VecDeque<TrialId>,
    body_bytes: usize,
    /// Bodies asked for and not here yet.
    pub asked_bodies: std::collections::BTreeSet<TrialId>,
    /// Bodies that could not be read, with why.
    pub unread_bodies: BTreeMap<TrialId, Arc<str>>,
    /// Word differences, by (baseline trial, other trial).
    pub diffs: BTreeMap<(TrialId, TrialId), DiffState>,
    /// Trials whose answers hold the search text; absent when nothing is searched.
    pub search_hits: Option<Arc<std::collections::BTreeSet<TrialId>>>,
    /// Grows with each change of the rows or of the baseline.
    pub revision: u64,
    /// Index of the target from which differences are shown; how the run is looked at, not what it was.
    baseline: usize,
    /// Targets that are left out of the comparison; how the run is looked at, too, and forgotten with the program.
    left_out: LeftOut,
    /// Another process is sending it, as was found when it was read: cells without a trial are still to be sent.
    pub(super) sent_elsewhere: bool,
    figures: Option<RunFigures>,
}

/// The money of a run under a cap, in the cap's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapMoney {
    /// Settled.
    pub spent: Decimal,
    /// Set aside for what is in flight.
    pub reserved: Decimal,
    /// Neither.
    pub free: Decimal,
}

/// What is worked out from the rows, all at one revision of them.
#[derive(Debug)]
pub struct RunFigures {
    /// Revision of the rows that they were made from.
    pub revision: u64,
    /// What they are made of.
    pub basis: Basis,
    /// What the targets have in common.
    pub common: CommonCases,
    made_at: Timestamp,
    /// Figures per target.
    pub summary: Vec<TargetSummary>,
    /// Chart data per target.
    pub charts: Vec<TargetCharts>,
    /// Cases × targets with repeats folded.
    pub table: TableModel,
}

/// Figures of a live run are made anew at most this often, milliseconds.
const FIGURES_EVERY_MS: i64 = 400;

/// What a trial waits for whose model is left alone.
const PAUSED: &str = "its model is paused after 5 failures in a row";
/// No trial in this cell yet.
const EMPTY: u32 = u32::MAX;
/// Long texts kept in memory per run.
const MOST_BODIES: usize = 400;
/// Bytes of them, where that is less; one is always kept.
const MOST_BODY_BYTES: usize = 64 << 20;

impl OpenRun {
    /// A run with the rows that are stored.
    pub fn new(plan: Arc<RunPlan>, status: RunStatus, rows: Vec<TrialRow>, mut superseded: Vec<SupersededCost>) -> Self {
        superseded.resize_with(plan.targets.len(), SupersededCost::default);
        let mut run = Self {
            baseline: plan.baseline_index(),
            sums: RunningSums::new(plan.targets.len()),
            by_cell: vec![EMPTY; usize::try_from(plan.cell_count()).unwrap_or(0)],
            plan,
            status,
            rows: Vec::with_capacity(rows.len()),
            superseded,
            live: None,
            lost: LostReservations::default(),
            warm_up: None,
            drifting: Drifting::default(),
            bodies: BTreeMap::new(),
            body_order: VecDeque::new(),
            body_bytes: 0,
            asked_bodies: std::collections::BTreeSet::new(),
            unread_bodies: BTreeMap::new(),
            diffs: BTreeMap::new(),
            search_hits: None,
            revision: 0,
            left_out: LeftOut::default(),
            sent_elsewhere: false,
            figures: None,
        };
        for row in rows {
            run.put(row);
        }
        run
    }

    /// Index of the target from which differences are shown.
    pub fn baseline_index(&self) -> usize {
        self.baseline
    }

    /// Shows differences from another target. True when it is another one, and there is such a target.
    pub(super) fn set_baseline(&mut self, target_index: usize) -> bool {
        let changes = target_index != self.baseline && target_index < self.plan.targets.len();
        if changes {
            self.baseline = target_index;
            self.revision += 1;
        }
        changes
    }

    /// Targets that are left out of the comparison.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Leaves a target out of the comparison, or takes it in again.
    pub(super) fn leave_out(&mut self, target_index: u32, left_out: bool) {
        self.left_out.set(target_index, left_out);
    }

    fn slot(&self, cell: Cell) -> Option<usize> {
        let targets = self.plan.targets.len();
        let repeats = self.plan.settings.repeats as usize;
        let (case, target, repeat) = (cell.case_index as usize, cell.target_index as usize, cell.repeat as usize);
        let inside = case < self.plan.cases.len() && target < targets && repeat < repeats;
        inside.then_some((case * targets + target) * repeats + repeat)
    }

    fn put(&mut self, row: TrialRow) {
        let Some(slot) = self.slot(row.cell) else { return };
        self.revision += 1;
        self.sums.count(&row, true);
        match self.by_cell[slot] {
            EMPTY => {
                self.by_cell[slot] = self.rows.len() as u32;
                self.rows.push(row);
            }
            index => {
                let old = std::mem::replace(&mut self.rows[index as usize], row);
                self.sums.count(&old, false);
                if let Some(superseded) = self.superseded.get_mut(old.cell.target_index as usize) {
                    superseded.add(&old);
                }
            }
        }
    }

    /// The current trial of a cell.
    pub fn row(&self, cell: Cell) -> Option<&TrialRow> {
        let index = *self.by_cell.get(self.slot(cell)?)?;
        self.rows.get(index as usize)
    }

    /// The trial in flight in a cell.
    pub fn live_cell(&self, cell: Cell) -> Option<&LiveCell> {
        self.live.as_ref()?.cells.get(&cell)
    }

    /// The trial with this id, when it is a current one.
    pub fn row_by_id(&self, id: TrialId) -> Option<&TrialRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    pub(super) fn row_by_id_mut(&mut self, id: TrialId) -> Option<&mut TrialRow> {
        self.revision += 1;
        self.rows.iter_mut().find(|row| row.id == id)
    }

    /// What is worked out from the rows; absent until the run was in view for a tick.
    pub fn figures(&self) -> Option<&RunFigures> {
        self.figures.as_ref()
    }

    /// Makes the figures anew when rows have changed, for a live run not too often, or when they shall be made of other trials. Of
    /// `basis`, who is left out is the run's own.
    pub(super) fn refresh_figures(&mut self, basis: Basis, now: Timestamp) {
        let basis = Basis { left_out: self.left_out, ..basis };
        let fresh = self.figures.as_ref().filter(|figures| figures.basis == basis).is_some_and(|figures| {
            figures.revision == self.revision
                || (self.live.is_some() && now.as_millisecond() - figures.made_at.as_millisecond() < FIGURES_EVERY_MS)
        });
        if !fresh {
            let (mut summary, common) = summarise(&self.plan, &self.rows, &self.superseded, basis);
            for (index, target) in summary.iter_mut().enumerate() {
                target.baseline = index == self.baseline;
                target.in_flight = self.live.is_some() || self.sent_elsewhere;
            }
            let charts = charts(&self.plan, &self.rows, &summary);
            let table = TableModel::new(&self.plan, &self.rows);
            self.figures = Some(RunFigures { revision: self.revision, basis, common, made_at: now, summary, charts, table });
        }
    }

    /// Trials by how they ended: finished, failed, cancelled.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.sums.finished, self.sums.failed, self.sums.cancelled)
    }

    /// Of the failed trials, those that nothing was sent to their target for.
    pub fn not_sent(&self) -> u64 {
        self.sums.not_sent
    }

    /// Trials of a target that have ended.
    pub fn ended_at(&self, target_index: usize) -> u64 {
        self.sums.targets.get(target_index).map_or(0, |target| target.ended)
    }

    /// Cost so far by currency code, superseded trials included; the flag says that some trial's cost is unknown.
    pub fn spent(&self) -> (BTreeMap<Currency, Decimal>, bool) {
        let mut spent = BTreeMap::new();
        for ((target, sums), superseded) in self.plan.targets.iter().zip(&self.sums.targets).zip(&self.superseded) {
            if let Some(price) = &target.price {
                *spent.entry(price.currency.clone()).or_insert(Decimal::ZERO) += sums.known_cost + superseded.amount;
            }
        }
        let is_unknown =
            self.sums.targets.iter().any(|target| target.unknown_costs > 0) || self.superseded.iter().any(|old| old.unknown > 0);
        (spent, is_unknown)
    }

    /// The money of a run under a cap, in the cap's currency: what is spent, lost requests included, and what is set aside. Absent without a cap.
    pub fn money(&self) -> Option<CapMoney> {
        let cap = self.plan.settings.cap.as_ref()?;
        let told = self.live.as_ref().and_then(|live| live.limits.money);
        let (spent, reserved) = told.unwrap_or_else(|| {
            let stored = self.spent().0.get(&cap.currency).copied().unwrap_or_default();
            (stored + self.lost.counted, Decimal::ZERO)
        });
        Some(CapMoney { spent, reserved, free: (cap.amount - spent - reserved).max(Decimal::ZERO) })
    }

    /// Takes over what an earlier copy of this run had in memory besides its rows: long texts, and how it is looked at.
    pub(super) fn take_over(&mut self, known: Self) {
        // Views keep what they worked out by revision; a copy must not look like an older one.
        self.revision += known.revision + 1;
        self.baseline = known.baseline;
        self.left_out = known.left_out;
        self.bodies = known.bodies;
        self.body_order = known.body_order;
        self.body_bytes = known.body_bytes;
        self.diffs = known.diffs;
        self.warm_up = known.warm_up;
        self.drifting = known.drifting;
    }

    fn keep_body(&mut self, id: TrialId, body: Arc<TrialBody>) {
        self.asked_bodies.remove(&id);
        self.unread_bodies.remove(&id);
        self.body_bytes += body.text_bytes();
        match self.bodies.insert(id, body) {
            None => self.body_order.push_back(id),
            Some(before) => self.body_bytes -= before.text_bytes(),
        }
        // Those that came first go first: by id, an old trial that is looked at would be forgotten at once and asked for again.
        while self.body_order.len() > MOST_BODIES || (self.body_bytes > MOST_BODY_BYTES && self.body_order.len() > 1) {
            let oldest = self.body_order.pop_front().and_then(|oldest| self.bodies.remove(&oldest));
            self.body_bytes -= oldest.map_or(0, |body| body.text_bytes());
        }
    }

    pub(super) fn bodies_came(&mut self, bodies: Vec<(TrialId, TrialBody)>) {
        for (id, body) in bodies {
            self.keep_body(id, Arc::new(body));
        }
    }

    /// What was asked for could not be read; it is not asked for again until somebody wishes it.
    pub(super) fn bodies_unread(&mut self, trials: Vec<TrialId>, message: &Arc<str>) {
        for id in trials {
            if self.asked_bodies.remove(&id) {
                self.unread_bodies.insert(id, Arc::clone(message));
            }
        }
    }

    fn ended(&mut self, trial: Trial, stored: bool, now: Timestamp) {
        let Trial { row, body } = trial;
        if let Some(live) = &mut self.live {
            live.cells.remove(&row.cell);
            if stored {
                live.stored(row.cell.target_index, now);
            } else {
                live.unsaved += 1;
            }
        }
        if body.text_bytes() > 0 || body.attempts.len() == row.attempts as usize {
            self.keep_body(row.id, Arc::new(body));
        }
        if self.row(row.cell).is_none_or(|known| known.id != row.id) {
            self.put(row);
        } else if let Some(live) = &mut self.live {
            live.unsaved = live.unsaved.saturating_sub(1);
        }
    }

    pub(super) fn apply(&mut self, kind: RunEventKind, now: Timestamp) {
        match kind {
            RunEventKind::Started { cell } => {
                if let Some(live) = &mut self.live {
                    live.cells.insert(cell, LiveCell::default());
                }
            }
            RunEventKind::Text { cell, reasoning, content, ttft_us } => {
                if let Some(live) = &mut self.live {
                    let shown = live.cells.entry(cell).or_default();
                    shown.waiting = None;
                    shown.reasoning.push_str(&reasoning);
                    shown.content.push_str(&content);
                    shown.ttft_us = shown.ttft_us.or(ttft_us);
                }
            }
            RunEventKind::RetryScheduled { cell, attempt, after, failure } => {
                if let Some(live) = &mut self.live {
                    let at_fallback = live.cells.get(&cell).is_some_and(|shown| shown.at_fallback);
                    let key = sent_to(&self.plan, cell, at_fallback).map(|target| (target.connection.id, target.model.clone()));
                    let stands = key.and_then(|key| live.limits.paused.get(&key));
                    let paused = matches!(stands, Some(PausedModel::Until(_) | PausedModel::Probing));
                    let then = if paused { PAUSED.to_owned() } else { format!("sending again in {:.1} s", after.as_secs_f64()) };
                    let waiting = Some(format!("attempt {attempt} failed ({}), {then}", failure.kind.label()));
                    live.cells.insert(cell, LiveCell { waiting, at_fallback, ..LiveCell::default() });
                }
            }
            RunEventKind::FellBack { cell, failure } => {
                if let Some(live) = &mut self.live {
                    let fallback = self.plan.fallback_of(cell.target_index).map_or("the fallback", |target| target.label.as_str());
                    let waiting = Some(format!("failed ({}), sending to the fallback {fallback}", failure.kind.label()));
                    live.cells.insert(cell, LiveCell { waiting, at_fallback: true, ..LiveCell::default() });
                }
            }
            RunEventKind::Ended { trial } => self.ended(*trial, true, now),
            RunEventKind::NotSaved { trial, .. } => self.ended(*trial, false, now),
            RunEventKind::WarmedUp(warm_up) => self.warm_up = Some(warm_up),
            RunEventKind::NothingSent { .. } | RunEventKind::Amended { .. } => {}
            RunEventKind::Paced { .. } | RunEventKind::UsedUp { .. } | RunEventKind::Breaker { .. } | RunEventKind::Money { .. } => {
                if let Some(live) = &mut self.live {
                    if let RunEventKind::Breaker { connection, model, turn: BreakerTurn::Opened { .. } } = &kind {
                        let is_paused = |target: &RunTarget| target.connection.id == *connection && target.model == *model;
                        for (_, shown) in live
                            .cells
                            .iter_mut()
                            .filter(|(cell, shown)| sent_to(&self.plan, **cell, shown.at_fallback).is_some_and(is_paused))
                        {
                            if shown.waiting.is_some() {
                                shown.waiting = Some(format!("an attempt failed, {PAUSED}"));
                            }
                        }
                    }
                    live.limits.apply(kind, now);
                }
            }
            RunEventKind::Stopped { reason } => {
                self.live = None;
                self.revision += 1;
                let (finished, failed, _) = self.counts();
                self.status = status_after(reason, finished + failed >= self.plan.cell_count(), self.status);
            }
        }
    }
}

/// Who is asked for a cell.
fn sent_to(plan: &RunPlan, cell: Cell, at_fallback: bool) -> Option<&RunTarget> {
    let own = plan.targets.get(cell.target_index as usize);
    if at_fallback { plan.fallback_of(cell.target_index).or(own) } else { own }
}

/// Stored trials, parted into those that count and what the superseded ones cost.
#[derive(Debug)]
pub struct CurrentTrials {
    /// The current trial of each cell that has one, case by case, repeat by repeat, target by target.
    pub rows: Vec<TrialRow>,
    /// By target index.
    pub superseded: Vec<SupersededCost>,
}

impl CurrentTrials {
    /// Parts rows in which the current trial of a cell is the last of it and cells are adjacent.
    pub fn of(plan: &RunPlan, every: Vec<TrialRow>) -> Self {
        let mut superseded = vec![SupersededCost::default(); plan.targets.len()];
        let mut rows: Vec<TrialRow> = Vec::with_capacity(every.len());
        for row in every {
            match rows.last_mut() {
                Some(last) if last.cell == row.cell => {
                    if let Some(sum) = superseded.get_mut(last.cell.target_index as usize) {
                        sum.add(last);
                    }
                    *last = row;
                }
                _ => rows.push(row),
            }
        }
        Self { rows, superseded }
    }
}

/// The status that a run is left in. `every_cell_ended`: each has a finished or a failed trial. `before`: where it stood when only some of its cells
/// were asked for, else unfinished; what was not asked for is missing as it was.
pub fn status_after(reason: StopReason, every_cell_ended: bool, before: RunStatus) -> RunStatus {
    match reason {
        StopReason::Complete | StopReason::Cancelled if every_cell_ended => RunStatus::Finished,
        StopReason::Capped if before == RunStatus::Unfinished => RunStatus::Capped,
        StopReason::Complete | StopReason::Capped => before,
        StopReason::StorageFailed => RunStatus::Unfinished,
        StopReason::Cancelled => RunStatus::Cancelled,
    }
}
