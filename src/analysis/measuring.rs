//! Which trials a run's times are made of, and what those were measured under.

use crate::domain::{GapHistogram, TrialRow};

use super::{Quantiles, TargetSummary, format_count, format_ms};

/// Which trials the times of a summary are made of. Trials in which the computer slept never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimesOf {
    /// All, whether or not they waited for a connection.
    #[default]
    AllTrials,
    /// Only those that went over a connection that was kept open: no network set-up is inside.
    KeptConnections,
}

impl TimesOf {
    /// The times of this trial count.
    pub fn includes(self, row: &TrialRow) -> bool {
        row.timing.is_none_or(|timing| !timing.slept() && (self == Self::AllTrials || !timing.waited_for_connection()))
    }
}

/// What the finished trials of a target were measured under.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measuring {
    /// Trials that no time takes in, because the computer slept meanwhile.
    pub slept: u32,
    /// Of the others, those that waited for a connection: one of their own, or one that became free.
    pub on_new_connections: u32,
    /// Of these, those that the times leave out.
    pub left_out: u32,
    /// Set-up of the connections that were made, names and connecting together, milliseconds.
    pub set_up_ms: Quantiles,
    /// Trials whose times count and that were measured under load.
    pub under_load: u32,
    /// The longest that this program's timer was late in one of them, milliseconds; absent when none was measured under load.
    pub worst_delay_ms: Option<f64>,
}

impl Measuring {
    /// Finished trials whose times do not count.
    pub fn excluded(&self) -> u32 {
        self.slept + self.left_out
    }
}

/// The gaps between arrivals of text, over all answers whose times count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GapFigures {
    /// Gaps, not trials.
    pub n: u64,
    /// Median, milliseconds; this and p95 are off by at most 1/32.
    pub p50_ms: Option<f64>,
    /// 95th percentile, milliseconds.
    pub p95_ms: Option<f64>,
    /// The longest stall, milliseconds, exact.
    pub longest_ms: Option<f64>,
}

impl GapFigures {
    /// Of the gaps of one or more answers; `longest_us` is their longest.
    pub fn of(gaps: &GapHistogram, longest_us: Option<u64>) -> Self {
        let at = |p| gaps.percentile_us(p).map(|us| us / 1e3);
        Self { n: gaps.n(), p50_ms: at(50.0), p95_ms: at(95.0), longest_ms: longest_us.map(|us| us as f64 / 1e3) }
    }
}

/// What the times of a target do not count and what disturbed those that they do: `2 of 48 times left out: the computer slept · 12 measured under load, up
/// to 23.0 ms late`. Absent when there is nothing to say.
pub fn measuring_words(summary: &TargetSummary) -> Option<String> {
    let Measuring { slept, left_out, under_load, worst_delay_ms, .. } = summary.measuring;
    let of = format_count(summary.answers.into());
    let mut parts = Vec::new();
    for (count, why) in [(slept, "the computer slept"), (left_out, "new connections")] {
        if count > 0 {
            parts.push(format!("{} of {of} times left out: {why}", format_count(count.into())));
        }
    }
    if let Some(worst_ms) = worst_delay_ms {
        parts.push(format!("{} measured under load, up to {} late", format_count(under_load.into()), format_ms(worst_ms)));
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Gathers both over the finished trials of one target.
#[derive(Debug, Default)]
pub(super) struct MeasuringTally {
    measuring: Measuring,
    set_up_ms: Vec<f64>,
    gaps: GapHistogram,
    longest_gap_us: Option<u64>,
}

impl MeasuringTally {
    /// Takes in an answer; its gaps only when those count.
    pub(super) fn add(&mut self, row: &TrialRow, times_of: TimesOf, gaps_count: bool) {
        let counts = times_of.includes(row);
        let Some(timing) = &row.timing else { return };
        let measuring = &mut self.measuring;
        if timing.slept() {
            measuring.slept += 1;
            return;
        }
        if timing.waited_for_connection() {
            measuring.on_new_connections += 1;
            measuring.left_out += u32::from(!counts);
        }
        if let Some(set_up) = timing.set_up
            && let Some(connect_us) = set_up.connect_us
        {
            self.set_up_ms.push((set_up.dns_us.unwrap_or(0) + connect_us) as f64 / 1e3);
        }
        if counts && let Some(delay_us) = timing.under_load_us() {
            measuring.under_load += 1;
            let delay_ms = delay_us as f64 / 1e3;
            measuring.worst_delay_ms = Some(measuring.worst_delay_ms.map_or(delay_ms, |worst| worst.max(delay_ms)));
        }
        if gaps_count {
            self.gaps.merge(&row.gaps);
            self.longest_gap_us = self.longest_gap_us.max(timing.longest_gap_us);
        }
    }

    pub(super) fn end(self) -> (Measuring, GapFigures) {
        let gaps = GapFigures::of(&self.gaps, self.longest_gap_us);
        (Measuring { set_up_ms: Quantiles::of(self.set_up_ms), ..self.measuring }, gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{finished, plan, target};
    use crate::analysis::{Basis, summarise};
    use crate::domain::{ConnectionUse, SetUp, Timing};

    fn row(case: u32, ttft_ms: u64, change: impl FnOnce(&mut Timing)) -> TrialRow {
        let mut row = finished(case, 0, 0, ttft_ms);
        row.timing.as_mut().map(change);
        row
    }

    fn over(connection: ConnectionUse) -> impl Fn(&mut Timing) {
        let new = connection == ConnectionUse::New;
        let set_up = SetUp { connection, dns_us: new.then_some(12_000), connect_us: new.then_some(41_000), proxied: false };
        move |timing| timing.set_up = Some(set_up)
    }

    fn summary(rows: &[TrialRow], times_of: TimesOf) -> TargetSummary {
        summarise(&plan(9, vec![target("one", None)], 1), rows, &[], Basis::all_answered(times_of)).0.remove(0)
    }

    #[test]
    fn a_sleep_counts_in_no_time_and_is_counted_beside_them() {
        let rows = [row(0, 100, |_| ()), row(1, 90_000, |timing| timing.slept_us = 3_600_000_000), row(2, 300, |_| ())];
        let summary = summary(&rows, TimesOf::AllTrials);
        assert_eq!((summary.finished, summary.measuring.slept, summary.ttft_ms.n, summary.ttft_ms.p50), (3, 1, 2, Some(200.0)));
        assert_eq!((summary.total_ms.n, summary.waited_ms.n, summary.output_tokens_per_s.n), (2, 2, 2));
        assert_eq!(measuring_words(&summary).as_deref(), Some("1 of 3 times left out: the computer slept"));
        assert_eq!(summary.tokens.n, 3, "tokens have nothing to do with the clock");
    }

    #[test]
    fn new_connections_can_be_left_out() {
        let ways = [(100, ConnectionUse::Reused), (400, ConnectionUse::New), (300, ConnectionUse::Awaited)];
        let mut rows: Vec<TrialRow> = (0..).zip(ways).map(|(case, (ttft, way))| row(case, ttft, over(way))).collect();
        // Of a trial that was stored before nobody knows; it stays in.
        rows.push(row(3, 200, |_| ()));
        let all = summary(&rows, TimesOf::AllTrials);
        assert_eq!((all.ttft_ms.n, all.measuring.on_new_connections, all.measuring.left_out), (4, 2, 0));
        assert_eq!((all.measuring.set_up_ms.n, all.measuring.set_up_ms.p50), (1, Some(53.0)));
        let kept = summary(&rows, TimesOf::KeptConnections);
        assert_eq!((kept.ttft_ms.n, kept.ttft_ms.p50, kept.measuring.left_out, kept.measuring.excluded()), (2, Some(150.0), 2, 2));
        assert_eq!((kept.n, kept.finished), (4, 4));
    }

    #[test]
    fn load_is_marked_from_five_milliseconds_on() {
        let late = |delay_us| move |timing: &mut Timing| timing.load_delay_us = Some(delay_us);
        let rows = [row(0, 100, late(5_000)), row(1, 100, late(7_500)), row(2, 100, late(23_000)), row(3, 100, |_| ())];
        let summary = summary(&rows, TimesOf::AllTrials);
        assert_eq!((summary.measuring.under_load, summary.measuring.worst_delay_ms, summary.ttft_ms.n), (2, Some(23.0), 4));
        assert_eq!(measuring_words(&summary).as_deref(), Some("2 measured under load, up to 23.0 ms late"));
        assert_eq!(measuring_words(&TargetSummary::default()), None);
    }

    #[test]
    fn gaps_of_all_answers_are_merged() {
        let with = |case, gaps_us: &[u64]| {
            let mut row = row(case, 100, |timing| timing.longest_gap_us = gaps_us.iter().copied().max());
            for us in gaps_us {
                row.gaps.add(*us);
            }
            row
        };
        let rows = [with(0, &[10_000; 19]), with(1, &[250_000]), with(2, &[])];
        let gaps = summary(&rows, TimesOf::AllTrials).gaps;
        assert_eq!((gaps.n, gaps.longest_ms), (20, Some(250.0)));
        let near = |got: Option<f64>, exact: f64| assert!((got.unwrap() - exact).abs() <= exact / 32.0, "{got:?} for {exact}");
        near(gaps.p50_ms, 10.0);
        near(gaps.p95_ms, 10.0 + 0.05 * 240.0);
    }
}
