//! Two quantities against each other; every dot is a trial.

use egui::Ui;
use egui_plot::{PlotPoints, Points};

use super::card::{ChartCard, ChartResponse};
use super::frame::{self, Axis, Series, TooltipRow};
use super::quantity::Quantity;
use super::ticks;

/// How near the pointer must come to a dot, points.
const REACH: f32 = 10.0;

impl ChartCard<'_> {
    /// Draws each point of `series` as a dot. A click returns its id. Some thousands of dots are fine; decimate more before.
    pub fn scatter(self, ui: &mut Ui, series: &[Series<'_>], across: Quantity, up: Quantity) -> ChartResponse {
        let names: Vec<_> = series.iter().map(|series| (series.name, series.color)).collect();
        self.around(ui, &names, frame::is_drawable(series), |ui, card| draw(ui, card, series, across, up))
    }
}

fn draw(ui: &mut Ui, card: &ChartCard<'_>, series: &[Series<'_>], across: Quantity, up: Quantity) -> Option<usize> {
    let drawable = || {
        let points = series.iter().flat_map(|series| series.points.iter().map(move |point| (series, point)));
        points.filter(|(_, point)| point.x.is_finite() && point.y.is_finite())
    };
    let axis = |most: f64, quantity: Quantity| {
        let (to, step) = ticks::from_zero(most * 1.03);
        Axis {
            from: 0.0,
            to,
            ticks: ticks::within(0.0, to, step).into_iter().map(|value| (value, quantity.tick(value, step))).collect(),
            step,
        }
    };
    let x = axis(drawable().map(|(_, point)| point.x).fold(0.0, f64::max), across);
    let y = axis(drawable().map(|(_, point)| point.y).fold(0.0, f64::max), up);
    let shown = frame::plot(ui, card, &x, &y).show(ui, |plot| {
        plot.set_plot_bounds_x(x.shown());
        plot.set_plot_bounds_y(y.shown());
        for series in series {
            let dots: PlotPoints<'_> = series.points.iter().map(|point| [point.x, point.y]).collect();
            plot.points(Points::new(series.name, dots).color(series.color.gamma_multiply(0.6)).radius(3.0).allow_hover(false));
        }
    });
    frame::name_plot(&shown.response, card, series);
    let pointer = shown.response.hover_pos()?;
    let (distance, series, point) = drawable()
        .map(|(series, point)| (frame::on_screen(&shown.transform, point).distance(pointer), series, point))
        .min_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
    if distance > REACH {
        return None;
    }
    frame::ring(ui, frame::on_screen(&shown.transform, point), series.color);
    let row = |name, value| TooltipRow { color: series.color, name, value, n: 0 };
    let rows = [row("up", up.value(point.y)), row("across", across.value(point.x))];
    frame::tooltip(ui, &shown.response, series.name, &rows, Some("Click to open the case"));
    shown.response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked().then_some(point.id)
}
