//! The lines of the charts, made from the points of history once per change of them.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive as _;

use super::colours::colours;
use super::decimate::decimate;
use crate::analysis::{Figure, format_count};
use crate::app::History;
use crate::domain::{Currency, HistoryTarget, RunId, TargetKey, TrendPoint};
use crate::ui::widgets::chart::{Point, Quantity};
use crate::ui::widgets::visible;

/// A line of a chart.
#[derive(Debug)]
pub(super) struct TrendLine {
    /// The target, or the target and what sets this line apart.
    pub(super) name: String,
    /// Index of its series colour.
    pub(super) colour: usize,
    pub(super) dashed: bool,
    /// Measurements that a point needs.
    pub(super) needs: u32,
    /// Every point; gaps are not finite.
    all: Vec<Point>,
    /// Those that are drawn.
    pub(super) points: Vec<Point>,
}

/// One chart.
#[derive(Debug)]
pub(super) struct TrendChart {
    pub(super) title: &'static str,
    /// What its axis measures and what its lines are.
    pub(super) unit: String,
    pub(super) quantity: Quantity,
    pub(super) lines: Vec<TrendLine>,
}

/// A target in the legend.
#[derive(Debug)]
pub(super) struct TrendTarget {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) simulated: bool,
    /// Runs in the range; more than its points when they were thinned out.
    pub(super) runs: u32,
    pub(super) points: u32,
    /// Measurements that its points rest on.
    pub(super) n: u64,
}

/// All charts at one revision of the history.
#[derive(Debug, Default)]
pub(super) struct Trends {
    made_of: Option<u64>,
    buckets: usize,
    pub(super) charts: Vec<TrendChart>,
    pub(super) targets: Vec<TrendTarget>,
    /// The run of each point, by its id.
    pub(super) runs: Vec<RunId>,
}

/// What one line measures.
type Measure = fn(&TrendPoint) -> Option<f64>;

/// How many trials it rests on.
type RestsOn = fn(&TrendPoint) -> u64;

const DECIDED: RestsOn = |point| point.n;
const FINISHED: RestsOn = |point| point.finished;
const ANSWERED: RestsOn = TrendPoint::answered;

impl Trends {
    /// Makes the lines anew when the points have changed, and thins them out anew when the room has. `width` is that of one chart, points.
    pub(super) fn refresh(&mut self, history: &History, width: f32) {
        let buckets = (width / 16.0).max(8.0) as usize;
        let is_new = self.made_of != Some(history.revision);
        if is_new {
            *self = Self::of(history);
            self.made_of = Some(history.revision);
        }
        if is_new || self.buckets != buckets {
            self.buckets = buckets;
            for line in self.charts.iter_mut().flat_map(|chart| &mut chart.lines) {
                line.points = decimate(&line.all, buckets);
            }
        }
    }

    fn of(history: &History) -> Self {
        let mut by_target: BTreeMap<&TargetKey, Vec<usize>> = BTreeMap::new();
        for (index, point) in history.points.iter().enumerate() {
            by_target.entry(&point.target).or_default().push(index);
        }
        let shown: Vec<&HistoryTarget> = history.targets.iter().filter(|target| by_target.contains_key(&target.key)).collect();
        let colour_of = colours(shown.iter().copied());
        let names = names(&shown);
        let sources: Vec<Source<'_>> = shown
            .iter()
            .zip(&names)
            .map(|(target, name)| Source {
                name,
                colour: colour_of.get(&target.key).copied().unwrap_or_default(),
                points: by_target[&target.key].iter().map(|index| (*index, &history.points[*index])).collect(),
            })
            .collect();
        let targets = sources
            .iter()
            .zip(&shown)
            .map(|(source, target)| TrendTarget {
                name: source.name.to_owned(),
                colour: source.colour,
                simulated: target.simulated,
                runs: source.points.first().map_or(0, |(_, point)| point.runs_of_target),
                points: source.points.len() as u32,
                n: source.points.iter().map(|(_, point)| point.n).sum(),
            })
            .collect();
        Self { charts: charts(&sources), targets, runs: history.points.iter().map(|point| point.run_id).collect(), ..Self::default() }
    }
}

/// A target with its points and their ids.
struct Source<'a> {
    name: &'a str,
    colour: usize,
    points: Vec<(usize, &'a TrendPoint)>,
}

impl Source<'_> {
    fn line(&self, suffix: &str, dashed: bool, needs: u32, rests_on: RestsOn, measure: impl Fn(&TrendPoint) -> Option<f64>) -> TrendLine {
        let all = self
            .points
            .iter()
            .map(|(id, point)| Point {
                x: point.created_at.as_millisecond() as f64 / 1e3,
                y: measure(point).unwrap_or(f64::NAN),
                n: u32::try_from(rests_on(point)).unwrap_or(u32::MAX),
                id: *id,
            })
            .collect();
        TrendLine { name: format!("{}{suffix}", self.name), colour: self.colour, dashed, needs, all, points: Vec::new() }
    }
}

/// The labels of targets; those that share one are told apart by their parameters.
fn names(targets: &[&HistoryTarget]) -> Vec<String> {
    targets
        .iter()
        .map(|target| {
            let shared = targets.iter().filter(|other| other.label == target.label).count() > 1;
            let label = visible(&target.label).text.into_owned();
            if !shared {
                return label;
            }
            let params = target.key.parsed_params();
            let mut parts = vec![label];
            parts.extend(params.words());
            parts.join(" · ")
        })
        .collect()
}

fn charts(sources: &[Source<'_>]) -> Vec<TrendChart> {
    let seconds: Measure = |point| point.total_p95_ms.map(|ms| ms / 1e3);
    let per_target = |title, unit: &str, quantity, figure: Figure, rests_on, measure: Measure| TrendChart {
        title,
        unit: unit.to_owned(),
        quantity,
        lines: sources.iter().map(|source| source.line("", false, figure.needs(), rests_on, measure)).collect(),
    };
    let mut first =
        per_target("Time to first token", "ms · p50 solid, p95 dashed", Quantity::Milliseconds, Figure::TtftP50, FINISHED, |point| {
            point.ttft_p50_ms
        });
    first
        .lines
        .extend(sources.iter().map(|source| source.line(" p95", true, Figure::TtftP95.needs(), FINISHED, |point| point.ttft_p95_ms)));
    let mut charts = vec![first, per_target("Total time", "s · p95", Quantity::Seconds, Figure::TotalP95, FINISHED, seconds)];
    charts.extend(cost_charts(sources));
    let not_sent: u64 = sources.iter().flat_map(|source| &source.points).map(|(_, point)| point.not_sent).sum();
    let beside = if not_sent > 0 { format!(" · {} not sent, in no rate", format_count(not_sent)) } else { String::new() };
    let unit = format!("% of requests that failed{beside}");
    charts.push(per_target("Error rate", &unit, Quantity::Share, Figure::ErrorRate, DECIDED, |point| Some(point.error_rate)));
    charts.push(per_target("Output speed", "tokens per second · p50", Quantity::TokensPerSecond, Figure::SpeedP50, FINISHED, |point| {
        point.output_tokens_per_s_p50
    }));
    charts
}

/// One chart a currency, because amounts of different currencies have no common axis. Runs with an unknown cost are set apart: theirs is the least that
/// it can have been.
fn cost_charts(sources: &[Source<'_>]) -> Vec<TrendChart> {
    let points = || sources.iter().flat_map(|source| &source.points).map(|(_, point)| *point);
    let mut currencies: Vec<Currency> =
        points().filter_map(|point| point.cost_per_1k_requests.as_ref()).map(|cost| cost.currency.clone()).collect();
    currencies.sort();
    currencies.dedup();
    if currencies.is_empty() {
        currencies.push(Currency::usd());
    }
    let cost_in = |currency: &Currency, incomplete: bool| {
        let currency = currency.clone();
        move |point: &TrendPoint| {
            let cost = point.cost_per_1k_requests.as_ref()?;
            (cost.currency == currency && point.cost_incomplete == incomplete).then(|| cost.amount.to_f64())?
        }
    };
    currencies
        .iter()
        .map(|currency| {
            let mut lines: Vec<TrendLine> = sources
                .iter()
                .map(|source| source.line("", false, Figure::CostPer1kRequests.needs(), ANSWERED, cost_in(currency, false)))
                .collect();
            let least = sources
                .iter()
                .map(|source| source.line(" (at least)", true, Figure::CostPer1kRequests.needs(), ANSWERED, cost_in(currency, true)));
            let before = lines.len();
            lines.extend(least.filter(|line| line.all.iter().any(|point| point.y.is_finite())));
            let note = if lines.len() > before { " · apart: at least, some costs unknown" } else { "" };
            TrendChart {
                title: "Cost",
                unit: format!("{currency} per 1,000 requests{note}"),
                // The head of the chart names a currency that has no sign.
                quantity: Quantity::Money(currency.symbol().unwrap_or_default()),
                lines,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConnectionId, Money, PromptSetId};

    fn point(key: &TargetKey, day: i64, cost: Option<(&str, &str)>) -> TrendPoint {
        TrendPoint {
            run_id: RunId::draw(),
            created_at: jiff::Timestamp::from_second(1_795_000_000 + day * 86_400).unwrap(),
            prompt_set: PromptSetId::draw(),
            prompt_set_name: "S".to_owned(),
            target: key.clone(),
            label: key.model.clone(),
            connection_name: "C".to_owned(),
            n: 20,
            finished: 19,
            failed: 1,
            not_sent: 0,
            by_fallback: 0,
            ttft_p50_ms: Some(400.0),
            ttft_p95_ms: None,
            total_p95_ms: Some(3_000.0),
            output_tokens_per_s_p50: None,
            cost_per_1k_requests: cost
                .map(|(amount, code)| Money { amount: amount.parse().unwrap(), currency: Currency::new(code).unwrap() }),
            cost_incomplete: false,
            error_rate: 0.05,
            simulated: false,
            runs_of_target: 40,
        }
    }

    fn history(models: &[(&str, &str)], points: impl Fn(&[TargetKey]) -> Vec<TrendPoint>) -> History {
        let connection_id = ConnectionId::draw();
        let keys: Vec<TargetKey> = models
            .iter()
            .map(|(model, params)| TargetKey { connection_id, model: (*model).to_owned(), params: (*params).to_owned() })
            .collect();
        let targets = keys
            .iter()
            .map(|key| HistoryTarget {
                key: key.clone(),
                label: key.model.clone(),
                colour: 0,
                connection_name: "C".to_owned(),
                runs: 2,
                last_run_at: "2026-11-22T10:00:00Z".parse().unwrap(),
                simulated: false,
            })
            .collect();
        History { points: points(&keys), targets, revision: 1, ..History::default() }
    }

    #[test]
    fn each_currency_has_its_own_chart_and_the_least_costs_are_set_apart() {
        let history = history(&[("a", "{}")], |keys| {
            let mut last = point(&keys[0], 2, Some(("0.9", "USD")));
            last.cost_incomplete = true;
            vec![point(&keys[0], 0, Some(("0.8", "USD"))), point(&keys[0], 1, Some(("6", "CNY"))), last]
        });
        let mut trends = Trends::default();
        trends.refresh(&history, 600.0);
        let costs: Vec<&TrendChart> = trends.charts.iter().filter(|chart| chart.title == "Cost").collect();
        assert_eq!(costs.len(), 2);
        assert!(costs[0].unit.starts_with("CNY per 1,000"));
        let dollars = costs[1];
        assert!(dollars.unit.contains("at least"));
        let values = |line: &TrendLine| line.points.iter().map(|point| point.y).collect::<Vec<_>>();
        assert_eq!(values(&dollars.lines[0])[0].to_bits(), 0.8_f64.to_bits());
        assert!(values(&dollars.lines[0])[1..].iter().all(|value| value.is_nan()));
        assert_eq!(dollars.lines[1].name, "a (at least)");
        assert_eq!(values(&dollars.lines[1])[2].to_bits(), 0.9_f64.to_bits());
    }

    #[test]
    fn a_point_knows_its_run_and_what_it_rests_on() {
        let history = history(&[("a", "{}"), ("b", "{}")], |keys| vec![point(&keys[0], 0, None), point(&keys[1], 0, None)]);
        let mut trends = Trends::default();
        trends.refresh(&history, 600.0);
        let total = &trends.charts[1];
        assert_eq!(total.lines.len(), 2);
        let of_b = total.lines[1].points[0];
        assert_eq!((of_b.n, of_b.y.to_bits()), (19, 3.0_f64.to_bits()));
        assert_eq!(trends.runs[of_b.id], history.points[1].run_id);
        let errors = trends.charts.iter().find(|chart| chart.title == "Error rate").unwrap();
        assert_eq!((errors.lines[0].points[0].n, errors.unit.as_str()), (20, "% of requests that failed"));
        assert_ne!(total.lines[0].colour, total.lines[1].colour);
    }

    #[test]
    fn a_cost_rests_on_what_a_fallback_answered_too() {
        let history = history(&[("a", "{}")], |keys| {
            vec![TrendPoint { n: 20, finished: 7, failed: 13, by_fallback: 4, ..point(&keys[0], 0, Some(("0.8", "USD"))) }]
        });
        let mut trends = Trends::default();
        trends.refresh(&history, 600.0);
        let n_of = |title: &str| trends.charts.iter().find(|chart| chart.title == title).unwrap().lines[0].points[0].n;
        assert_eq!((n_of("Cost"), n_of("Total time"), n_of("Error rate")), (11, 7, 20));
    }

    #[test]
    fn the_never_sent_are_told_beside_the_error_rate() {
        let history = history(&[("a", "{}")], |keys| (0..3).map(|day| TrendPoint { not_sent: 4, ..point(&keys[0], day, None) }).collect());
        let mut trends = Trends::default();
        trends.refresh(&history, 600.0);
        let errors = trends.charts.iter().find(|chart| chart.title == "Error rate").unwrap();
        assert_eq!(errors.unit, "% of requests that failed · 12 not sent, in no rate");
    }

    #[test]
    fn targets_of_one_label_are_told_apart() {
        let history = history(&[("a", "{\"temperature\":0.2}"), ("a", "{}"), ("b", "{}")], |keys| {
            keys.iter().map(|key| point(key, 0, None)).collect()
        });
        let names: Vec<String> = Trends::of(&history).targets.into_iter().map(|target| target.name).collect();
        assert_eq!(names, ["a · temperature 0.2", "a", "b"]);
    }

    #[test]
    fn nothing_is_made_anew_without_need() {
        let mut history = history(&[("a", "{}")], |keys| (0..400).map(|day| point(&keys[0], day, None)).collect());
        let mut trends = Trends::default();
        trends.refresh(&history, 600.0);
        let drawn = trends.charts[0].lines[0].points.len();
        assert!(drawn <= 76, "{drawn}");
        history.points.clear();
        trends.refresh(&history, 600.0);
        assert_eq!(trends.charts[0].lines[0].points.len(), drawn, "the revision did not change");
        trends.refresh(&history, 300.0);
        assert!(trends.charts[0].lines[0].points.len() < drawn);
    }
}
