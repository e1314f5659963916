//! The grid of a run: cases × targets, repeats folded into their cell; sorted, filtered and searched into an order of case rows.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::domain::{COST_SCALE, RunPlan, Thumb, TrialRow, TrialStatus};

use super::TimesOf;
use super::percentile::{median, percentile};

/// The trials of one case at one target, folded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableCell {
    /// Trials so far, at least 1.
    pub n: u32,
    /// Those with an answer of the target itself: the figures below are of these.
    pub answered: u32,
    /// The worst of their ends: failed before cancelled before finished; what a fallback answered is failed.
    pub status: TrialStatus,
    /// Finished ones in which the computer slept: no time below is theirs.
    pub slept: u32,
    /// Finished ones that were measured under load.
    pub under_load: u32,
    /// Median TTFT of the finished, streamed ones, milliseconds.
    pub ttft_ms: Option<f64>,
    /// Median total time of the finished ones, milliseconds.
    pub total_ms: Option<f64>,
    /// Median answer tokens of the finished ones.
    pub output_tokens: Option<f64>,
    /// Mean cost of a trial in the target's currency, over those whose cost is known.
    pub cost: Option<Decimal>,
    /// Thumbs up; this and the next ones without answers of a fallback.
    pub thumbs_up: u32,
    /// Thumbs down.
    pub thumbs_down: u32,
    /// Mean score, 1–5.
    pub score: Option<f64>,
    /// Somebody wrote a note on one of them.
    pub noted: bool,
    /// Where its trials begin in the members.
    from: u32,
}

/// What the grid is ordered by. Cases without the value come last, whichever way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortColumn {
    /// The order of the prompt set.
    #[default]
    Case,
    /// TTFT of a target, by index.
    Ttft(u32),
    /// Total time of a target.
    Total(u32),
    /// Answer tokens of a target.
    Tokens(u32),
    /// Cost of a target.
    Cost(u32),
    /// How a target's trials ended; the best first.
    Status(u32),
    /// What people made of a target's answers: thumbs up less thumbs down, then score; the worst first.
    Judgement(u32),
}

/// Which cases are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Some trial failed.
    Failed,
    /// The targets' answers differ.
    Differing,
    /// In the slowest tenth of some target, by total time.
    Slowest,
    /// In the dearest tenth of some target.
    Dearest,
}

/// What the user asked the grid for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableQuery {
    /// The column.
    pub sort: SortColumn,
    /// Largest first.
    pub descending: bool,
    /// The filter.
    pub filter: Filter,
    /// Shown are cases whose id, title or first lines hold this, in any case of letters; empty: all.
    pub search: String,
}

/// The grid, made once per change of the rows (a few milliseconds at 10,000 trials), read every frame.
#[derive(Clone, Debug, Default)]
pub struct TableModel {
    targets: usize,
    /// Case by case, target by target.
    cells: Vec<Option<TableCell>>,
    /// Indices of the rows, cell by cell, repeat by repeat.
    members: Vec<u32>,
    /// By case.
    differs: Vec<bool>,
}

impl TableModel {
    /// Folds a run's current trials. Answers differ within a case when those of two targets' first finished trials do, white space aside.
    /// Trials of cells that the plan does not have are passed over.
    pub fn new(plan: &RunPlan, rows: &[TrialRow]) -> Self {
        let (cases, targets) = (plan.cases.len(), plan.targets.len());
        let in_plan = |row: &TrialRow| (row.cell.case_index as usize) < cases && (row.cell.target_index as usize) < targets;
        let mut members: Vec<u32> = (0..rows.len()).filter(|at| in_plan(&rows[*at])).map(|at| at as u32).collect();
        let row = |at: u32| &rows[at as usize];
        members.sort_by_key(|at| (row(*at).cell.case_index, row(*at).cell.target_index, row(*at).cell.repeat));

        let mut cells = vec![None; cases * targets];
        let mut differs = vec![false; cases];
        let mut from = 0;
        let mut answer_of_case: Option<(u32, u64)> = None;
        for group in members.chunk_by(|a, b| {
            let (a, b) = (row(*a).cell, row(*b).cell);
            (a.case_index, a.target_index) == (b.case_index, b.target_index)
        }) {
            let cell = row(group[0]).cell;
            cells[cell.case_index as usize * targets + cell.target_index as usize] = Some(fold(group, rows, from));
            from += group.len() as u32;
            if let Some(first) = group.iter().map(|at| row(*at)).find(|row| row.own_status() == TrialStatus::Finished) {
                let answer = first.output_hash;
                match answer_of_case {
                    Some((case_index, known)) if case_index == cell.case_index => differs[case_index as usize] |= known != answer,
                    _ => answer_of_case = Some((cell.case_index, answer)),
                }
            }
        }
        Self { targets, cells, members, differs }
    }

    /// Number of cases, shown or not.
    pub fn case_count(&self) -> usize {
        self.differs.len()
    }

    /// The cell of a case at a target; absent before its first trial.
    pub fn cell(&self, case_index: u32, target_index: u32) -> Option<&TableCell> {
        let target = (target_index as usize) < self.targets;
        self.cells.get(case_index as usize * self.targets + target_index as usize).filter(|_| target)?.as_ref()
    }

    /// The trials of a cell as indices into the rows, by repeat; the first is the one that the cell shows.
    pub fn trials(&self, case_index: u32, target_index: u32) -> &[u32] {
        self.cell(case_index, target_index)
            .and_then(|cell| self.members.get(cell.from as usize..(cell.from + cell.n) as usize))
            .unwrap_or(&[])
    }

    /// The targets' answers to the case differ.
    pub fn differs(&self, case_index: u32) -> bool {
        self.differs.get(case_index as usize).copied().unwrap_or(false)
    }

    /// The cases to show, in order, as indices into the plan's cases. `plan` and `rows` are those that the model was made of.
    pub fn order(&self, plan: &RunPlan, rows: &[TrialRow], query: &TableQuery) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.case_count() as u32).collect();
        match query.filter {
            Filter::All => {}
            Filter::Failed => order.retain(|case| self.cells_of(*case).any(|cell| cell.status == TrialStatus::Failed)),
            Filter::Differing => order.retain(|case| self.differs(*case)),
            Filter::Slowest => self.retain_top(&mut order, |cell| cell.total_ms),
            Filter::Dearest => self.retain_top(&mut order, |cell| cell.cost.and_then(|cost| cost.try_into().ok())),
        }
        let needle = query.search.trim().to_lowercase();
        if !needle.is_empty() {
            order.retain(|case| self.matches(*case, &needle, plan, rows));
        }
        self.sort(&mut order, query);
        order
    }

    fn cells_of(&self, case_index: u32) -> impl Iterator<Item = &TableCell> {
        let from = case_index as usize * self.targets;
        self.cells.get(from..from + self.targets).unwrap_or(&[]).iter().flatten()
    }

    /// Keeps the cases that are in the top tenth of some target. By target, so that a slow one does not hide the others and
    /// currencies are not compared; a target whose values are all alike has no top.
    fn retain_top(&self, order: &mut Vec<u32>, value: impl Fn(&TableCell) -> Option<f64>) {
        let mut top = vec![false; self.case_count()];
        for target in 0..self.targets as u32 {
            let values: Vec<(u32, f64)> =
                order.iter().filter_map(|case| Some((*case, self.cell(*case, target).and_then(&value)?))).collect();
            let mut sorted: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let Some(threshold) = percentile(&sorted, 90.0).filter(|threshold| sorted.len() == 1 || *threshold > sorted[0]) else {
                continue;
            };
            for (case, _) in values.iter().filter(|(_, value)| *value >= threshold) {
                top[*case as usize] = true;
            }
        }
        order.retain(|case| top[*case as usize]);
    }

    fn matches(&self, case_index: u32, needle: &str, plan: &RunPlan, rows: &[TrialRow]) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(needle);
        plan.cases.get(case_index as usize).is_some_and(|case| holds(&case.id) || holds(case.title()))
            || (0..self.targets as u32)
                .flat_map(|target| self.trials(case_index, target))
                .any(|at| rows.get(*at as usize).is_some_and(|row| holds(&row.first_line)))
    }

    fn sort(&self, order: &mut [u32], query: &TableQuery) {
        let descending = query.descending;
        match query.sort {
            SortColumn::Case if descending => order.reverse(),
            SortColumn::Case => {}
            SortColumn::Ttft(target) => self.sort_by(order, target, descending, |cell| cell.ttft_ms, f64::total_cmp),
            SortColumn::Total(target) => self.sort_by(order, target, descending, |cell| cell.total_ms, f64::total_cmp),
            SortColumn::Tokens(target) => self.sort_by(order, target, descending, |cell| cell.output_tokens, f64::total_cmp),
            SortColumn::Cost(target) => self.sort_by(order, target, descending, |cell| cell.cost, Decimal::cmp),
            SortColumn::Status(target) => self.sort_by(order, target, descending, |cell| Some(badness(cell.status)), u8::cmp),
            SortColumn::Judgement(target) => {
                self.sort_by(order, target, descending, judged, |a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            }
        }
    }

    fn sort_by<T>(
        &self,
        order: &mut [u32],
        target: u32,
        descending: bool,
        value: impl Fn(&TableCell) -> Option<T>,
        compare: impl Fn(&T, &T) -> Ordering,
    ) {
        let mut keyed: Vec<(Option<T>, u32)> = order.iter().map(|case| (self.cell(*case, target).and_then(&value), *case)).collect();
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) if descending => compare(b, a),
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        for (place, (_, case)) in order.iter_mut().zip(keyed) {
            *place = case;
        }
    }
}

fn badness(status: TrialStatus) -> u8 {
    match status {
        TrialStatus::Finished => 0,
        TrialStatus::Cancelled => 1,
        TrialStatus::Failed => 2,
    }
}

fn judged(cell: &TableCell) -> Option<(i64, f64)> {
    let judged = cell.thumbs_up + cell.thumbs_down > 0 || cell.score.is_some();
    judged.then(|| (i64::from(cell.thumbs_up) - i64::from(cell.thumbs_down), cell.score.unwrap_or(0.0)))
}

fn fold(group: &[u32], rows: &[TrialRow], from: u32) -> TableCell {
    let trials = || group.iter().map(|at| &rows[*at as usize]);
    let finished = || trials().filter(|row| row.own_status() == TrialStatus::Finished);
    let own = || trials().filter(|row| row.fallback.is_none());
    let timed = || finished().filter(|row| TimesOf::AllTrials.includes(row));
    let ms = |us: u64| us as f64 / 1e3;
    let costs: Vec<Decimal> = trials().filter_map(|row| row.cost).collect();
    let sum = costs.iter().fold(Decimal::ZERO, |sum, cost| sum.saturating_add(*cost));
    let scores: Vec<f64> = own().filter_map(|row| row.judgement.score).map(f64::from).collect();
    let thumbs = |thumb| own().filter(|row| row.judgement.thumb == Some(thumb)).count() as u32;
    TableCell {
        n: group.len() as u32,
        answered: finished().count() as u32,
        status: trials().map(TrialRow::own_status).max_by_key(|status| badness(*status)).unwrap_or(TrialStatus::Cancelled),
        slept: (finished().count() - timed().count()) as u32,
        under_load: timed().filter(|row| row.timing.is_some_and(|timing| timing.under_load_us().is_some())).count() as u32,
        ttft_ms: median(timed().filter_map(|row| row.timing?.ttft_us()).map(ms)),
        total_ms: median(timed().filter_map(|row| row.timing.map(|timing| ms(timing.total_us())))),
        output_tokens: median(finished().filter_map(|row| row.usage.map(|usage| usage.output_tokens as f64))),
        cost: sum.checked_div(Decimal::from(costs.len())).map(|mean| mean.round_dp(COST_SCALE).normalize()),
        thumbs_up: thumbs(Thumb::Up),
        thumbs_down: thumbs(Thumb::Down),
        score: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        noted: trials().any(|row| !row.judgement.note.is_empty()),
        from,
    }
}
