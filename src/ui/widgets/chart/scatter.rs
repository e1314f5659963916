//! Two quantities against each other; every dot is a trial.

use egui::Ui;
use egui_plot::{PlotPoints, Points};

use super::card::{ChartCard, ChartResponse};
use super::frame::{self, Axis, Series, Told, ToldRow};
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
    let by_pointer = shown.response.hover_pos().and_then(|pointer| {
        drawable()
            .map(|(series, point)| (frame::on_screen(&shown.transform, point).distance(pointer), series, point))
            .min_by(|(a, ..), (b, ..)| a.total_cmp(b))
            .filter(|(distance, ..)| *distance <= REACH)
            .map(|(_, series, point)| (series, point))
    });
    let key_place = frame::key_place(ui, &shown.response, drawable().count()).filter(|_| by_pointer.is_none());
    let by_keys = key_place.and_then(|place| drawable().nth(place));
    let Some((one, point)) = by_pointer.or(by_keys) else {
        frame::tell(ui, &shown.response, card, series, None);
        return None;
    };
    let place = frame::on_screen(&shown.transform, point);
    frame::ring(ui, place, one.color);
    let row = |name, value| ToldRow { color: one.color, name, value, n: 0, few: false };
    let told = Told {
        head: one.name.to_owned(),
        rows: vec![row("up", up.value(point.y)), row("across", across.value(point.x))],
        opens: Some("the case"),
        key_place: key_place.map(|_| place),
    };
    frame::tell(ui, &shown.response, card, series, Some(&told));
    shown.response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked().then_some(point.id)
}
