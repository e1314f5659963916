//! The charts under a summary, as points by target.

use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::{Money, RunPlan, TrialRow};

use super::common::{CellSet, Sample, Samples};
use super::series::{cumulative_distribution, thin_scatter};
use super::{Figure, TargetSummary};

/// Points of one distribution.
const DISTRIBUTION_POINTS: usize = 400;
/// Dots of one target.
const DOTS: usize = 2_000;

/// One dot: a finished trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// `[cost in the target's currency, total time in milliseconds]`.
    pub at: [f64; 2],
    /// Index into the rows that the chart was made of.
    pub row: u32,
}

/// Total time against cost for one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeAgainstCost {
    /// Finished trials with a known cost.
    pub n: u32,
    /// At most 2,000 of them: the outermost and an even choice of the others.
    pub dots: Vec<Dot>,
}

/// A cumulative distribution for one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Finished trials that have the figure and whose times count.
    pub n: u32,
    /// `[milliseconds, share of them at or below]`, at most 400.
    pub points: Vec<[f64; 2]>,
}

/// The charts of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetCharts {
    /// TTFT, streamed trials only.
    pub ttft: Distribution,
    /// Total time.
    pub total: Distribution,
    /// Total time against cost; empty when no cost is known.
    pub time_against_cost: TimeAgainstCost,
    /// The bar of cost per 1,000 requests; absent when unknown: say so in place of the bar.
    pub cost_per_1k_requests: Option<Money>,
    /// Its length as a number to draw.
    pub cost_bar: Option<f64>,
}

/// Makes the charts of every target, in the order of the plan, from the run's current trials and their summaries; they show the trials that the figures of
/// the summaries rest on, and no other. Linear but for a sort: made once per change of the rows, not per frame.
pub fn charts(plan: &RunPlan, rows: &[TrialRow], summaries: &[TargetSummary]) -> Vec<TargetCharts> {
    let mut by_target = vec![Vec::new(); plan.targets.len()];
    for (at, row) in rows.iter().enumerate() {
        if let Some(rows) = by_target.get_mut(row.cell.target_index as usize) {
            rows.push((at as u32, CellSet::place(plan, row.cell), row));
        }
    }
    by_target
        .iter()
        .enumerate()
        .map(|(index, rows)| summaries.get(index).map_or_else(TargetCharts::default, |summary| target_charts(rows, summary)))
        .collect()
}

/// Index into the rows, place of the cell, trial.
type PlacedRow<'a> = (u32, usize, &'a TrialRow);

fn target_charts(rows: &[PlacedRow<'_>], summary: &TargetSummary) -> TargetCharts {
    let ms = |us: u64| us as f64 / 1e3;
    let total_ms = |row: &TrialRow| row.timing.map(|timing| ms(timing.total_us()));
    let samples: &Samples = &summary.samples;
    let of = |sample: Sample| rows.iter().filter(move |(_, place, _)| samples.of(sample).contains(*place));
    let (ids, points): (Vec<u32>, Vec<[f64; 2]>) =
        of(Sample::Total).filter_map(|(at, _, row)| Some((*at, [row.cost?.to_f64()?, total_ms(row)?]))).unzip();
    let dots = thin_scatter(&points, DOTS).into_iter().map(|at| Dot { at: points[at as usize], row: ids[at as usize] });
    let cost_per_1k_requests = Figure::CostPer1kRequests.amount(summary);
    TargetCharts {
        ttft: distribution(of(Sample::Ttft).filter_map(|(_, _, row)| row.timing.and_then(|timing| timing.ttft_us()).map(ms)).collect()),
        total: distribution(of(Sample::Total).filter_map(|(_, _, row)| total_ms(row)).collect()),
        time_against_cost: TimeAgainstCost { n: points.len() as u32, dots: dots.collect() },
        cost_bar: cost_per_1k_requests.as_ref().and_then(|cost| cost.amount.to_f64()),
        cost_per_1k_requests,
    }
}

fn distribution(mut values_ms: Vec<f64>) -> Distribution {
    values_ms.sort_unstable_by(f64::total_cmp);
    Distribution { n: values_ms.len() as u32, points: cumulative_distribution(&values_ms, DISTRIBUTION_POINTS) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{failed, finished, plan, price, target};
    use crate::analysis::{Basis, TimesOf, summarise};
    use crate::domain::FailureKind;

    #[test]
    fn charts_are_made_of_finished_trials() {
        let plan = plan(3, vec![target("one", Some(price("1", "2"))), target("two", None)], 1);
        let mut plain = finished(2, 0, 0, 300);
        plain.timing = plain.timing.map(|timing| crate::domain::Timing { streamed: false, ..timing });
        let unpriced = TrialRow { cost: None, ..finished(0, 1, 0, 100) };
        let rows = [finished(0, 0, 0, 200), failed(1, 0, 0, FailureKind::Refused), plain, unpriced];
        let charts = charts(&plan, &rows, &summarise(&plan, &rows, &[], Basis::all_answered(TimesOf::AllTrials)).0);
        let [one, two] = &charts[..] else { panic!() };
        assert_eq!((one.ttft.n, one.total.n), (1, 2));
        assert_eq!(one.total.points, [[600.0, 0.0], [600.0, 0.5], [900.0, 1.0]]);
        assert_eq!(one.time_against_cost.dots, [Dot { at: [0.001, 600.0], row: 0 }, Dot { at: [0.001, 900.0], row: 2 }]);
        assert_eq!((one.cost_bar, one.cost_per_1k_requests.as_ref().map(ToString::to_string)), (Some(1.0), Some("$1.00".to_owned())));
        assert_eq!((two.total.n, two.time_against_cost.n, two.cost_bar), (1, 0, None));
    }

    #[test]
    fn a_trial_that_the_computer_slept_in_is_in_no_chart() {
        let plan = plan(2, vec![target("one", Some(price("1", "2")))], 1);
        let mut slept = finished(0, 0, 0, 9_000);
        slept.timing = slept.timing.map(|timing| crate::domain::Timing { slept_us: 1_000_000, ..timing });
        let rows = [slept, finished(1, 0, 0, 100)];
        let charts = charts(&plan, &rows, &summarise(&plan, &rows, &[], Basis::all_answered(TimesOf::AllTrials)).0);
        assert_eq!((charts[0].ttft.n, charts[0].total.n, charts[0].time_against_cost.n), (1, 1, 1));
    }

    #[test]
    fn a_large_run_is_thinned_out() {
        let plan = plan(5_000, vec![target("one", Some(price("1", "2")))], 1);
        let rows: Vec<TrialRow> = (0..5_000).map(|case| finished(case, 0, 0, 100 + u64::from(case))).collect();
        let charts = charts(&plan, &rows, &summarise(&plan, &rows, &[], Basis::all_answered(TimesOf::AllTrials)).0);
        assert_eq!((charts[0].time_against_cost.n, charts[0].ttft.n), (5_000, 5_000));
        assert!(charts[0].time_against_cost.dots.len() <= 2_000 && charts[0].ttft.points.len() <= 400);
    }
}
