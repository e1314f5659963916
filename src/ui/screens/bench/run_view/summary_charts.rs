//! The charts under the summary.

use egui::{Color32, Ui};

use crate::analysis::{Distribution, TargetCharts, format_count};
use crate::app::{BenchCommand, BenchView, Command, OpenRun, RunFigures};
use crate::domain::Currency;
use crate::ui::cx::Cx;
use crate::ui::pictures::take_if_asked;
use crate::ui::theme::{HasTokens as _, Tokens};
use crate::ui::widgets::chart::{Bar, ChartCard, Point, Quantity, Series};
use crate::ui::widgets::{segmented, visible};

use super::table::shown_index;

/// What a card takes above and below a chart without a legend, points.
const CARD_AROUND: f32 = 42.0;

/// What the distribution is of.
#[derive(Clone, Copy, Default, PartialEq)]
enum Duration {
    #[default]
    Ttft,
    Total,
}

/// The points of one target, as the charts take them.
struct TargetPoints {
    label: String,
    colour: u8,
    ttft: (String, Vec<Point>),
    total: (String, Vec<Point>),
    dots: (String, Vec<Point>),
    currency: Option<Currency>,
    cost_bar: Option<f64>,
    answered: u32,
}

/// What the charts remember for themselves.
#[derive(Default)]
pub(super) struct SummaryCharts {
    targets: Vec<TargetPoints>,
    /// Currencies of the targets' prices, that of the first target first.
    currencies: Vec<Currency>,
    duration: Duration,
    /// Height of the first card, points.
    distribution_height: Option<f32>,
}

impl SummaryCharts {
    /// Takes the points over; once per change of the figures.
    pub(super) fn make(&mut self, run: &OpenRun, figures: &RunFigures) {
        let targets = run.plan.targets.iter().zip(&figures.charts).zip(&figures.summary);
        self.targets = targets
            .map(|((target, charts), summary)| {
                points(&target.label, target.colour, charts, summary.currency.clone(), summary.cost_per_1k_of)
            })
            .collect();
        self.currencies.clear();
        for currency in self.targets.iter().filter_map(|target| target.currency.as_ref()) {
            if !self.currencies.contains(currency) {
                self.currencies.push(currency.clone());
            }
        }
    }

    /// Draws them in as many columns as there is room for.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) {
        let tokens = ui.tokens();
        egui::Frame::new().inner_margin(egui::Margin::same(tokens.gap.m as i8)).show(ui, |ui| {
            ui.spacing_mut().item_spacing = egui::vec2(tokens.gap.m, tokens.gap.m);
            let options = [(Duration::Ttft, "Time to first token"), (Duration::Total, "Total time")];
            segmented(ui, "Distribution of", &mut self.duration, &options);
            let charts = 1 + 2 * self.currencies.len().max(1);
            let per_row = if ui.available_width() >= 900.0 { 3 } else { usize::from(ui.available_width() >= 560.0) + 1 };
            let per_row = per_row.min(charts);
            for from in (0..charts).step_by(per_row) {
                ui.columns(per_row, |columns| {
                    for (column, chart) in columns.iter_mut().zip(from..charts) {
                        self.chart(cx, run, column, chart);
                    }
                });
            }
        });
    }

    fn height(&self) -> f32 {
        (44.0 * self.targets.len() as f32).clamp(220.0, 440.0)
    }

    fn chart(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui, chart: usize) {
        match chart.checked_sub(1) {
            None => self.distribution(ui),
            Some(at) => {
                let currency = self.currencies.get(at / 2);
                if at.is_multiple_of(2) { self.cost(ui, currency) } else { self.time_against_cost(cx, run, ui, currency) }
            }
        }
    }

    fn distribution(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let (title, empty) = match self.duration {
            Duration::Ttft => ("Time to first token", "No streamed answer yet"),
            Duration::Total => ("Total time", "No finished answer yet"),
        };
        let series: Vec<Series<'_>> = self
            .targets
            .iter()
            .map(|target| {
                let (name, points) = match self.duration {
                    Duration::Ttft => &target.ttft,
                    Duration::Total => &target.total,
                };
                Series { name, color: color(tokens, target), dashed: false, needs: 0, points }
            })
            .collect();
        let id = ui.scope_id().with("distribution");
        let card = ChartCard::new(id, title, "ms · share of requests answered by then").height(self.height()).legend(true).empty(empty);
        let drawn = card.distribution(ui, &series, Quantity::Milliseconds);
        take_if_asked(ui.ctx(), &drawn, title);
        // Its legend takes one row or more: the bars beside it, which have none, are made as high.
        self.distribution_height = Some(drawn.rect.height());
    }

    fn cost(&self, ui: &mut Ui, currency: Option<&Currency>) {
        let tokens = ui.tokens();
        // Targets without a price stand with the first currency, as unknown.
        let first = currency == self.currencies.first();
        let bars: Vec<Bar<'_>> = self
            .targets
            .iter()
            .filter(|target| target.currency.as_ref() == currency || (first && target.currency.is_none()))
            .map(|target| Bar { name: &target.label, color: color(tokens, target), value: target.cost_bar, n: target.answered })
            .collect();
        let unit = currency.map_or_else(|| "per 1,000 requests".to_owned(), |currency| format!("{currency} per 1,000 requests"));
        let height = self.distribution_height.map_or_else(|| self.height(), |card| card - CARD_AROUND);
        let card = ChartCard::new(ui.scope_id().with(("cost", &unit)), "Cost", &unit).height(height).empty("No price is known");
        let drawn = card.bars(ui, &bars, money(currency));
        take_if_asked(ui.ctx(), &drawn, "Cost per 1,000 requests");
    }

    fn time_against_cost(&self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui, currency: Option<&Currency>) {
        let tokens = ui.tokens();
        let series: Vec<Series<'_>> = self
            .targets
            .iter()
            .filter(|target| currency.is_some() && target.currency.as_ref() == currency)
            .map(|target| Series { name: &target.dots.0, color: color(tokens, target), dashed: false, needs: 0, points: &target.dots.1 })
            .collect();
        let unit = currency.map_or_else(|| "each dot a trial".to_owned(), |currency| format!("s against {currency} · each dot a trial"));
        let card = ChartCard::new(ui.scope_id().with(("scatter", &unit)), "Total time against cost", &unit)
            .height(self.height())
            .legend(true)
            .empty("No answer with a known cost yet");
        let drawn = card.scatter(ui, &series, money(currency), Quantity::Seconds);
        take_if_asked(ui.ctx(), &drawn, "Total time against cost");
        if let Some(row) = drawn.clicked.and_then(|row| run.rows.get(row))
            && let Some(index) = shown_index(cx.state, run, row.cell.case_index as usize)
        {
            cx.send(Command::Bench(BenchCommand::SelectCase(index)));
            cx.send(Command::Bench(BenchCommand::SelectRepeat(row.cell.repeat)));
            cx.send(Command::Bench(BenchCommand::SetView(BenchView::Answers)));
        }
    }
}

fn color(tokens: &Tokens, target: &TargetPoints) -> Color32 {
    tokens.series(usize::from(target.colour))
}

fn points(label: &str, colour: u8, charts: &TargetCharts, currency: Option<Currency>, answered: u32) -> TargetPoints {
    let label = visible(label).text.into_owned();
    let named = |n: u32| format!("{label} · n {}", format_count(n.into()));
    let curve = |distribution: &Distribution| {
        let point = |[x, y]: &[f64; 2]| Point { x: *x, y: *y, n: 0, id: 0 };
        (named(distribution.n), distribution.points.iter().map(point).collect())
    };
    let dot = |dot: &crate::analysis::Dot| Point { x: dot.at[0], y: dot.at[1] / 1e3, n: 0, id: dot.row as usize };
    TargetPoints {
        ttft: curve(&charts.ttft),
        total: curve(&charts.total),
        dots: (named(charts.time_against_cost.n), charts.time_against_cost.dots.iter().map(dot).collect()),
        colour,
        currency,
        cost_bar: charts.cost_bar,
        answered,
        label,
    }
}

/// The unit beside the title names a currency that has no sign.
fn money(currency: Option<&Currency>) -> Quantity {
    Quantity::Money(currency.and_then(Currency::symbol).unwrap_or_default())
}
