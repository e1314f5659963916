//! The cases in common: over which cells the targets of a run can be set against each other.
//!
//! A cap, a cancel or failures leave targets with answers to different cases, and then the one that was asked the easy half looks faster and cheaper. So
//! figures are compared over **the cells (case × repeat) that all compared targets answered themselves**. A target without any answer is not compared: it
//! would leave nothing in common. Nor is one that the user left out. What its fallback answered is no answer of a target, and a superseded trial is none of
//! its cell.

use crate::domain::{Cell, RunPlan, TrialRow, TrialStatus};

use super::TimesOf;

/// With fewer cells that have a figure at all targets, each keeps its own, which are then not compared: two answers that happen to have a speed must not
/// take a hundred others out of sight.
const ENOUGH_IN_COMMON: u32 = 10;

/// Which answers the figures are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cases {
    /// Those to the cells that all compared targets answered.
    #[default]
    InCommon,
    /// All that each target gave: where the targets answered different cases, nothing is compared.
    AllAnswered,
}

/// Targets of a run that are left out of the comparison, by index; those past 63 never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut(u64);

impl LeftOut {
    fn bit(target_index: u32) -> u64 {
        1u64.checked_shl(target_index).unwrap_or(0)
    }

    /// Leaves a target out, or takes it in again.
    pub fn set(&mut self, target_index: u32, left_out: bool) {
        let bit = Self::bit(target_index);
        self.0 = if left_out { self.0 | bit } else { self.0 & !bit };
    }

    /// This target is left out.
    pub fn contains(self, target_index: u32) -> bool {
        self.0 & Self::bit(target_index) != 0
    }

    /// No target is left out.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What the figures of a summary are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basis {
    /// Whose times.
    pub times_of: TimesOf,
    /// Which answers.
    pub cases: Cases,
    /// Without these targets.
    pub left_out: LeftOut,
}

impl Basis {
    /// All answers of each target.
    pub fn all_answered(times_of: TimesOf) -> Self {
        Self { times_of, cases: Cases::AllAnswered, left_out: LeftOut::default() }
    }

    /// The cases in common of all targets.
    pub fn in_common(times_of: TimesOf) -> Self {
        Self { times_of, ..Self::default() }
    }
}

/// Cells of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellSet {
    /// A bit a cell, the last word never 0: equal sets are equal.
    words: Vec<u64>,
}

impl CellSet {
    /// Where a cell stands among those of its target.
    pub(super) fn place(plan: &RunPlan, cell: Cell) -> usize {
        cell.case_index as usize * plan.settings.repeats as usize + cell.repeat as usize
    }

    /// Puts in the cell at this place.
    pub(super) fn insert(&mut self, place: usize) {
        let word = place / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (place % 64);
    }

    /// The cell at this place is in it.
    pub(super) fn contains(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// How many cells.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// How many different cases, where each has so many repeats.
    fn cases(&self, repeats: u32) -> u32 {
        if repeats <= 1 {
            return self.len();
        }
        let places = self
            .words
            .iter()
            .enumerate()
            .flat_map(|(at, word)| (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit));
        let (mut cases, mut last) = (0, None);
        for case in places.map(|place| place / repeats as usize) {
            cases += u32::from(last.replace(case) != Some(case));
        }
        cases
    }

    /// No cell.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The cells that are in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut words: Vec<u64> = self.words.iter().zip(&other.words).map(|(one, two)| one & two).collect();
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }

    /// The cells that are in all of them; none of no sets.
    pub(super) fn common<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sets = sets.into_iter();
        let first = sets.next().cloned().unwrap_or_default();
        sets.fold(first, |common, set| common.and(set))
    }
}

/// What a figure needs of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// It was sent to the target, and finished or failed.
    Sent,
    /// It has a whole answer, the target's or its fallback's.
    Paid,
    /// It has a whole answer of the target.
    Answered,
    /// Its TTFT counts.
    Ttft,
    /// Its total time counts.
    Total,
    /// Its wait counts.
    Waited,
    /// Its speed counts.
    Speed,
    /// Its gaps count.
    Gaps,
    /// Its usage is known.
    Usage,
    /// Somebody scored it.
    Score,
}

impl Sample {
    const ALL: [Self; 10] =
        [Self::Sent, Self::Paid, Self::Answered, Self::Ttft, Self::Total, Self::Waited, Self::Speed, Self::Gaps, Self::Usage, Self::Score];

    /// A trial has it.
    fn has(self, row: &TrialRow, times_of: TimesOf) -> bool {
        let own = row.own_status();
        let answered = own == TrialStatus::Finished;
        let timed = answered && times_of.includes(row);
        match self {
            Self::Sent => own != TrialStatus::Cancelled && row.was_sent(),
            Self::Paid => row.status == TrialStatus::Finished,
            Self::Answered => answered,
            Self::Ttft => timed && row.timing.and_then(|timing| timing.ttft_us()).is_some(),
            Self::Total => timed && row.timing.is_some(),
            Self::Waited => timed && row.waited_us.is_some(),
            Self::Speed => timed && row.output_tokens_per_s.is_some_and(f64::is_finite),
            Self::Gaps => timed && row.timing.is_some() && row.gaps.n() > 0,
            Self::Usage => row.usage.is_some() && row.fallback.is_none(),
            Self::Score => row.judgement.score.is_some() && row.fallback.is_none(),
        }
    }
}

/// The cells of one target that each figure rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    sets: [CellSet; Sample::ALL.len()],
    /// Cells with a whole answer, of the target or its fallback, whatever the basis.
    billed: CellSet,
    /// Cells of each case.
    repeats: u32,
}

impl Samples {
    /// The first so many cases of a run without repeats, in every figure.
    #[cfg(test)]
    pub(crate) fn of_cases(cases: u32) -> Self {
        let mut all = CellSet::default();
        (0..cases as usize).for_each(|place| all.insert(place));
        Self { sets: std::array::from_fn(|_| all.clone()), billed: all, repeats: 1 }
    }

    /// How many different cases these cells of the target are of.
    pub(super) fn cases(&self, cells: &CellSet) -> u32 {
        cells.cases(self.repeats)
    }

    pub(super) fn of(&self, sample: Sample) -> &CellSet {
        &self.sets[sample as usize]
    }

    pub(super) fn billed(&self) -> &CellSet {
        &self.billed
    }

    fn set(&mut self, sample: Sample, cells: CellSet) {
        self.sets[sample as usize] = cells;
    }
}

/// Where a target stands in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is compared.
    #[default]
    Compared,
    /// It has no answer of its own, so it is not compared.
    NoAnswers,
    /// The user left it out.
    LeftOut,
}

impl Standing {
    /// The word in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compared => "compared",
            Self::NoAnswers => "no_answers",
            Self::LeftOut => "left_out",
        }
    }
}

/// The part of one target in the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetShare {
    /// Whether it is compared.
    pub standing: Standing,
    /// Cells with an answer of its own.
    pub answered: u32,
    /// Cells that would be in common if it were left out; absent when it is not compared.
    pub without_it: Option<u32>,
}

/// What the targets of a run have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommonCases {
    /// Cells of each target: cases × repeats.
    pub cells: u32,
    /// Cells of each case.
    pub repeats: u32,
    /// Those that all compared targets answered.
    pub in_common: u32,
    /// By target, in the order of the plan.
    pub targets: Vec<TargetShare>,
}

impl CommonCases {
    /// Of a run's current trials.
    #[cfg(test)]
    pub(super) fn of(plan: &RunPlan, rows: &[TrialRow], left_out: LeftOut) -> Self {
        CommonCells::of(plan, rows, Basis { left_out, ..Basis::default() }).told(plan)
    }

    /// How many targets are compared.
    pub fn compared(&self) -> usize {
        self.targets.iter().filter(|target| target.standing == Standing::Compared).count()
    }

    /// What its cells are called.
    pub fn cells_word(&self) -> &'static str {
        if self.repeats > 1 { "cases × repeats" } else { "cases" }
    }

    /// All compared targets answered the same cells: their figures are the same, whichever way they are taken.
    pub fn is_equal(&self) -> bool {
        let mut compared = self.targets.iter().filter(|target| target.standing == Standing::Compared);
        compared.all(|target| target.answered == self.in_common)
    }

    /// The target that keeps the cases in common few: without it they would be at least twice as many, and more by 5. The one that costs most of them.
    pub fn thin(&self) -> Option<(usize, TargetShare)> {
        let worth = |share: &TargetShare| share.without_it.filter(|without| *without >= (2 * self.in_common).max(self.in_common + 5));
        let thin = self.targets.iter().copied().enumerate().filter(|(_, share)| worth(share).is_some());
        thin.max_by_key(|(index, share)| (share.without_it, std::cmp::Reverse(*index)))
    }
}

/// The cells behind [`CommonCases`], while a summary is made.
pub(super) struct CommonCells {
    /// What each target has by itself.
    own: Vec<Samples>,
    standings: Vec<Standing>,
    in_common: CellSet,
    basis: Basis,
}

impl CommonCells {
    pub(super) fn of(plan: &RunPlan, rows: &[TrialRow], basis: Basis) -> Self {
        let mut own = vec![Samples { repeats: plan.settings.repeats, ..Samples::default() }; plan.targets.len()];
        for row in rows {
            let Some(samples) = own.get_mut(row.cell.target_index as usize) else { continue };
            let place = CellSet::place(plan, row.cell);
            for sample in Sample::ALL.into_iter().filter(|sample| sample.has(row, basis.times_of)) {
                samples.sets[sample as usize].insert(place);
            }
        }
        for samples in &mut own {
            samples.billed = samples.of(Sample::Paid).clone();
        }
        let standing = |(index, samples): (u32, &Samples)| match () {
            () if basis.left_out.contains(index) => Standing::LeftOut,
            () if samples.of(Sample::Answered).is_empty() => Standing::NoAnswers,
            () => Standing::Compared,
        };
        let standings: Vec<Standing> = (0..).zip(&own).map(standing).collect();
        let in_common = CellSet::common(answered(&own, &standings, None));
        Self { own, standings, in_common, basis }
    }

    pub(super) fn told(&self, plan: &RunPlan) -> CommonCases {
        let share = |(index, samples): (usize, &Samples)| {
            let standing = self.standings[index];
            let alone = self.standings.iter().filter(|standing| **standing == Standing::Compared).count() < 2;
            let without = || CellSet::common(answered(&self.own, &self.standings, Some(index))).len();
            TargetShare {
                standing,
                answered: samples.of(Sample::Answered).len(),
                without_it: (standing == Standing::Compared && !alone).then(without),
            }
        };
        let cells = plan.cases.len() as u64 * u64::from(plan.settings.repeats);
        CommonCases {
            cells: u32::try_from(cells).unwrap_or(u32::MAX),
            repeats: plan.settings.repeats,
            in_common: self.in_common.len(),
            targets: self.own.iter().enumerate().map(share).collect(),
        }
    }

    pub(super) fn standing(&self, target: usize) -> Standing {
        self.standings[target]
    }

    /// The figures of this target are over the cases in common.
    pub(super) fn is_in_common(&self, target: usize) -> bool {
        self.basis.cases == Cases::InCommon && self.standings[target] == Standing::Compared
    }

    /// The cells that the figures of each target rest on.
    pub(super) fn samples(&self) -> Vec<Samples> {
        let mut used = self.own.clone();
        if self.basis.cases == Cases::AllAnswered {
            return used;
        }
        // A rate is of failures too: it stays over all that was sent.
        for sample in Sample::ALL.into_iter().filter(|sample| *sample != Sample::Sent) {
            let cells: Vec<Option<CellSet>> =
                (0..used.len()).map(|target| self.is_in_common(target).then(|| self.own[target].of(sample).and(&self.in_common))).collect();
            // A target that has the figure nowhere takes it from no other.
            let pair = CellSet::common(cells.iter().flatten().filter(|cells| !cells.is_empty()));
            for (samples, cells) in used.iter_mut().zip(cells) {
                let Some(cells) = cells else { continue };
                let paired = !cells.is_empty() && pair.len() >= ENOUGH_IN_COMMON;
                samples.set(sample, if paired { pair.clone() } else { cells });
            }
        }
        used
    }
}

/// The cells that each compared target answered, without one of them.
fn answered<'a>(own: &'a [Samples], standings: &'a [Standing], without: Option<usize>) -> impl Iterator<Item = &'a CellSet> {
    let compared = own
        .iter()
        .zip(standings)
        .enumerate()
        .filter(move |(index, (_, standing))| **standing == Standing::Compared && Some(*index) != without);
    compared.map(|(_, (samples, _))| samples.of(Sample::Answered))
}
