//! Cumulative distributions: which share of the requests was answered by when.

use egui::{Stroke, Ui};
use egui_plot::{Line, PlotPoints};

use super::card::{ChartCard, ChartResponse};
use super::frame::{self, Axis, Point, Series, Told, ToldRow};
use super::quantity::Quantity;
use super::ticks;
use crate::ui::theme::HasTokens as _;

/// Values that the arrow keys step through, from the least to the most.
const KEY_PLACES: usize = 20;

impl ChartCard<'_> {
    /// Draws `series` as curves: `x` of their points is the value, `y` the share (0–1) of all that is at or under it.
    pub fn distribution(self, ui: &mut Ui, series: &[Series<'_>], quantity: Quantity) -> ChartResponse {
        let names: Vec<_> = series.iter().map(|series| (series.name, series.color)).collect();
        self.around(ui, &names, frame::is_drawable(series), |ui, card| {
            draw(ui, card, series, quantity);
            None
        })
    }
}

fn draw(ui: &mut Ui, card: &ChartCard<'_>, series: &[Series<'_>], quantity: Quantity) {
    let values = || series.iter().flat_map(|series| series.points).map(|point| point.x).filter(|x| x.is_finite());
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let count = (ui.available_width() / 80.0).clamp(2.0, 8.0) as u32;
    let (from, to, step) = ticks::around(least, most, count);
    let x = Axis {
        from,
        to,
        ticks: ticks::within(from, to, step).into_iter().map(|value| (value, quantity.tick(value, step))).collect(),
        step,
    };
    let y = Axis {
        from: 0.0,
        to: 1.0,
        ticks: [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (share, Quantity::Share.tick(share, 0.25))).into(),
        step: 0.25,
    };
    let shown = frame::plot(ui, card, &x, &y).show(ui, |plot| {
        plot.set_plot_bounds_x(x.shown());
        plot.set_plot_bounds_y(y.shown());
        for series in series {
            // A line through the points: corners at right angles come out as ribbons.
            let finite = series.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
            let line: PlotPoints<'_> = finite.map(|point| [point.x, point.y]).collect();
            plot.line(Line::new(series.name, line).color(series.color).width(1.8).allow_hover(false).allow_band(false));
        }
    });
    let by_pointer = shown.response.hover_pos().map(|pointer| shown.transform.value_from_position(pointer).x);
    let key_place = frame::key_place(ui, &shown.response, KEY_PLACES).filter(|_| by_pointer.is_none());
    let by_keys = key_place.map(|place| from + (to - from) * (place as f64 + 0.5) / KEY_PLACES as f64);
    let Some(at) = by_pointer.or(by_keys) else {
        return frame::tell(ui, &shown.response, card, series, None);
    };
    let across = shown.transform.position_from_point(&egui_plot::PlotPoint::new(at, 0.5));
    ui.painter().vline(across.x, shown.transform.frame().y_range(), Stroke::new(1.0, ui.tokens().text3));
    let rows = series
        .iter()
        .map(|series| ToldRow {
            color: series.color,
            name: series.name,
            value: Quantity::Share.value(share_at(series.points, at)),
            n: 0,
            few: false,
        })
        .collect();
    let told = Told { head: format!("{} or less", quantity.value(at)), rows, opens: None, key_place: key_place.map(|_| across) };
    frame::tell(ui, &shown.response, card, series, Some(&told));
}

fn share_at(points: &[Point], value: f64) -> f64 {
    points.iter().take_while(|point| point.x <= value).last().map_or(0.0, |point| point.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_values_at_or_under_the_pointer() {
        let at = |x: f64, y: f64| Point { x, y, n: 0, id: 0 };
        let points = [at(10.0, 0.5), at(20.0, 1.0)];
        assert_eq!([5.0, 10.0, 19.0, 20.0].map(|value| (share_at(&points, value) * 100.0) as u8), [0, 50, 50, 100]);
    }
}
