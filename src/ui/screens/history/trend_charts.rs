//! The charts in two columns, on one time axis and with one cursor.

use eframe::egui::{Id, Rect, Ui, UiBuilder, vec2};

use super::legend::legend;
use super::trends::{TrendChart, TrendLine, Trends};
use crate::domain::RunId;
use crate::ui::pictures::take_if_asked;
use crate::ui::theme::HasTokens as _;
use crate::ui::widgets::chart::{ChartCard, Series};

/// Height of a chart without its head, points.
const CHART: f32 = 132.0;
/// Height of a card, points: the chart, its head and its padding.
const CARD: f32 = CHART + 22.0 + 4.0 + 16.0;
/// Charts stand in one column when they would be narrower than this, points.
const NARROWEST: f32 = 330.0;

/// Draws the charts over `range_s` (all of the data when absent) and returns the run of the point that was clicked.
pub(super) fn trend_charts(ui: &mut Ui, trends: &Trends, range_s: Option<(f64, f64)>) -> Option<RunId> {
    let tokens = ui.tokens();
    let gap = tokens.gap.m;
    let columns = if ui.available_width() < 2.0 * NARROWEST + gap { 1 } else { 2 };
    let width = (ui.available_width() - gap * (columns - 1) as f32) / columns as f32;
    let with_legend = columns == 2 && !trends.charts.len().is_multiple_of(2);
    let cards = trends.charts.len() + usize::from(with_legend);
    let rows = cards.div_ceil(columns);
    let (whole, _) = ui.allocate_exact_size(
        vec2(ui.available_width(), CARD * rows as f32 + gap * rows.saturating_sub(1) as f32),
        eframe::egui::Sense::hover(),
    );
    // Without a range every chart shows the time of all points, so that they stay aligned.
    let range_s = range_s.or_else(|| extent(trends));
    let mut clicked = None;
    for card in 0..cards {
        let (row, column) = (card / columns, card % columns);
        let corner = whole.min + vec2((width + gap) * column as f32, (CARD + gap) * row as f32);
        let rect = Rect::from_min_size(corner, vec2(width, CARD));
        // Charts out of view cost nothing.
        if !ui.is_rect_visible(rect) {
            continue;
        }
        ui.scope_builder(UiBuilder::new().id_salt(("chart", card)).max_rect(rect), |ui| match trends.charts.get(card) {
            Some(chart) => clicked = draw(ui, chart, card, range_s).or(clicked),
            None => legend(ui, &trends.targets, CARD),
        });
    }
    clicked.and_then(|id| trends.runs.get(id)).copied()
}

/// The width that one chart gets of `available` points.
pub(super) fn chart_width(available: f32, gap: f32) -> f32 {
    if available < 2.0 * NARROWEST + gap { available } else { (available - gap) / 2.0 }
}

fn draw(ui: &mut Ui, chart: &TrendChart, index: usize, range_s: Option<(f64, f64)>) -> Option<usize> {
    let tokens = ui.tokens();
    let series: Vec<Series<'_>> = chart
        .lines
        .iter()
        .map(|TrendLine { name, colour, dashed, needs, points, .. }| Series {
            name,
            color: tokens.series(*colour),
            dashed: *dashed,
            needs: *needs,
            points,
        })
        .collect();
    let drawn = ChartCard::new(Id::unique(("trend", index)), chart.title, &chart.unit)
        .height(CHART)
        .empty("Nothing to plot for these filters")
        .time_lines(ui, &series, chart.quantity, range_s, Some(Id::unique("trend cursor")));
    take_if_asked(ui.ctx(), &drawn, chart.title);
    drawn.clicked
}

fn extent(trends: &Trends) -> Option<(f64, f64)> {
    let times = || trends.charts.iter().flat_map(|chart| &chart.lines).flat_map(|line| &line.points).map(|point| point.x);
    let (from, to) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    (from <= to).then_some((from, to))
}
