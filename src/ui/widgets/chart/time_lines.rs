//! Lines over time; every point is a run.

use egui::{Id, Pos2, Ui};
use egui_plot::{Line, LineStyle, PlotPoints, PlotTransform, Points, VLine};
use jiff::tz::TimeZone;

use super::card::{ChartCard, ChartResponse};
use super::frame::{self, Axis, Point, Series, Told, ToldRow};
use super::quantity::Quantity;
use super::{ticks, time_axis};
use crate::ui::theme::HasTokens as _;

/// How near the pointer must come to a point, points across.
const REACH: f32 = 16.0;

impl ChartCard<'_> {
    /// Draws `series` over time: `x` of their points is seconds since 1970. `range_s` is what the axis shows, else all of the data.
    /// Charts with the same `link` share their cursor. A click on a point returns its id.
    pub fn time_lines(
        self,
        ui: &mut Ui,
        series: &[Series<'_>],
        quantity: Quantity,
        range_s: Option<(f64, f64)>,
        link: Option<Id>,
    ) -> ChartResponse {
        let names: Vec<_> = series.iter().filter(|series| !series.dashed).map(|series| (series.name, series.color)).collect();
        self.around(ui, &names, frame::is_drawable(series), |ui, card| draw(ui, card, series, quantity, range_s, link))
    }
}

fn draw(
    ui: &mut Ui,
    card: &ChartCard<'_>,
    series: &[Series<'_>],
    quantity: Quantity,
    range_s: Option<(f64, f64)>,
    link: Option<Id>,
) -> Option<usize> {
    let zone = TimeZone::system();
    let points = || series.iter().flat_map(|series| series.points).filter(|point| point.x.is_finite() && point.y.is_finite());
    let x = time_axis(ui, range_s.unwrap_or_else(|| extent(points().map(|point| point.x))), &zone);
    let (top, step) = ticks::from_zero(room_over(points().map(|point| point.y).fold(0.0, f64::max), quantity));
    let y = Axis { from: 0.0, to: top, ticks: labelled(ticks::within(0.0, top, step), |value| quantity.tick(value, step)), step };
    let shared = link.map(|link| link.with("hovered at"));
    let other_cursor = shared.and_then(|shared| ui.data(|data| data.get_temp::<(Id, f64)>(shared))).filter(|(chart, _)| *chart != card.id);
    let cursor_ink = ui.tokens().text3;
    let plot = frame::plot(ui, card, &x, &y);
    let shown = plot.show(ui, |plot| {
        plot.set_plot_bounds_x(x.from..=x.to);
        plot.set_plot_bounds_y(y.shown());
        if let Some((_, at)) = other_cursor {
            plot.vline(VLine::new("", at).color(cursor_ink).width(1.0).style(LineStyle::Dotted { spacing: 4.0 }).allow_hover(false));
        }
        for series in series {
            for stretch in series.points.split(|point| !point.y.is_finite()) {
                let line: PlotPoints<'_> = stretch.iter().map(|point| [point.x, point.y]).collect();
                let line = Line::new(series.name, line).allow_hover(false);
                plot.line(if series.dashed {
                    line.color(series.color.gamma_multiply(0.75)).width(1.3).style(LineStyle::Dashed { length: 4.0 })
                } else {
                    line.color(series.color).width(1.8)
                });
                for few in [false, true] {
                    let dots = stretch.iter().filter(|point| series.is_few(point) == few);
                    let dots: Vec<[f64; 2]> = dots.map(|point| [point.x, point.y]).collect();
                    if !dots.is_empty() && (few || !series.dashed || stretch.len() == 1) {
                        let dots = Points::new(series.name, dots).color(series.color).radius(2.6);
                        plot.points(dots.filled(!few).allow_hover(false));
                    }
                }
            }
        }
    });
    let by_pointer = shown.response.hover_pos().and_then(|pointer| nearest(series, &shown.transform, pointer));
    let moments = moments(series);
    let key_place = frame::key_place(ui, &shown.response, moments.len()).filter(|_| by_pointer.is_none());
    let by_keys = key_place.and_then(|at| at_moment(series, *moments.get(at)?));
    let found = by_pointer.or(by_keys);
    if let Some(shared) = shared {
        ui.data_mut(|data| match (&found, shown.response.hovered()) {
            (Some(found), _) => {
                data.insert_temp(shared, (card.id, found.x));
            }
            (None, _) if data.get_temp::<(Id, f64)>(shared).is_some_and(|(chart, _)| chart == card.id) => {
                data.remove::<(Id, f64)>(shared);
            }
            _ => {}
        });
    }
    let Some(found) = found else {
        frame::tell(ui, &shown.response, card, series, None);
        return None;
    };
    let at = shown.transform.position_from_point(&egui_plot::PlotPoint::new(found.x, 0.0)).x;
    ui.painter().vline(at, shown.transform.frame().y_range(), (1.0, cursor_ink));
    let rows = found.points.iter().map(|(index, point)| {
        frame::ring(ui, frame::on_screen(&shown.transform, point), series[*index].color);
        ToldRow {
            color: series[*index].color,
            name: series[*index].name,
            value: quantity.value(point.y),
            n: point.n,
            few: series[*index].is_few(point),
        }
    });
    let told = Told {
        head: time_axis::moment(found.x, &zone),
        rows: rows.collect(),
        opens: Some("the run"),
        key_place: key_place.map(|_| Pos2::new(at, shown.transform.frame().center().y)),
    };
    frame::tell(ui, &shown.response, card, series, Some(&told));
    shown.response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked().then_some(found.closest)
}

/// The points of the moment that the pointer is nearest to.
struct Found {
    x: f64,
    /// Index of the series, and its point at `x`.
    points: Vec<(usize, Point)>,
    /// The id of the point nearest to the pointer.
    closest: usize,
}

/// The moments at which there is a point, in their order.
fn moments(series: &[Series<'_>]) -> Vec<f64> {
    let drawable = series.iter().flat_map(|series| series.points).filter(|point| point.x.is_finite() && point.y.is_finite());
    let mut moments: Vec<f64> = drawable.map(|point| point.x).collect();
    moments.sort_by(f64::total_cmp);
    moments.dedup_by_key(|moment| moment.to_bits());
    moments
}

fn at_moment(series: &[Series<'_>], x: f64) -> Option<Found> {
    let of_series = |(index, series): (usize, &Series<'_>)| {
        series.points.iter().find(|point| point.x.to_bits() == x.to_bits() && point.y.is_finite()).map(|point| (index, *point))
    };
    let points: Vec<_> = series.iter().enumerate().filter_map(of_series).collect();
    let closest = points.first()?.1.id;
    Some(Found { x, points, closest })
}

fn nearest(series: &[Series<'_>], transform: &PlotTransform, pointer: Pos2) -> Option<Found> {
    let drawable = || {
        series.iter().enumerate().flat_map(|(index, series)| {
            series.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite()).map(move |point| (index, *point))
        })
    };
    let by_distance = |a: &f32, b: &f32| a.total_cmp(b);
    let (_, nearest) = drawable()
        .map(|(_, point)| ((frame::on_screen(transform, &point).x - pointer.x).abs(), point))
        .min_by(|(a, _), (b, _)| by_distance(a, b))
        .filter(|(distance, _)| *distance <= REACH)?;
    let points: Vec<_> = drawable().filter(|(_, point)| point.x.to_bits() == nearest.x.to_bits()).collect();
    let closest = points
        .iter()
        .min_by(|(_, a), (_, b)| {
            let distance = |point: &Point| frame::on_screen(transform, point).distance(pointer);
            by_distance(&distance(a), &distance(b))
        })
        .map(|(_, point)| point.id)?;
    Some(Found { x: nearest.x, points, closest })
}

fn time_axis(ui: &Ui, (from, to): (f64, f64), zone: &TimeZone) -> Axis {
    let margin = ((to - from) * 0.02).max(60.0);
    let (from, to) = (from - margin, to + margin);
    let most = (ui.available_width() / 90.0).max(2.0) as usize;
    let marks = time_axis::ticks(from, to, most, zone);
    let step = marks.first().map_or(1.0, |tick| tick.step_s);
    Axis { from, to, ticks: marks.into_iter().map(|tick| (tick.at_s, tick.label)).collect(), step }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)))
}

fn labelled(values: Vec<f64>, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    values.into_iter().map(|value| (value, label(value))).collect()
}

/// A little room over the highest point; a share ends at 100 %.
fn room_over(most: f64, quantity: Quantity) -> f64 {
    let with_room = most * 1.02;
    if quantity == Quantity::Share { with_room.min(1.0) } else { with_room }
}

#[cfg(test)]
mod tests {
    use egui_plot::PlotBounds;

    use super::*;

    #[test]
    fn a_share_never_goes_past_the_whole() {
        assert_eq!(ticks::from_zero(room_over(1.0, Quantity::Share)), (1.0, 0.25));
        assert!(ticks::from_zero(room_over(1.0, Quantity::Seconds)).0 > 1.0);
        assert!(ticks::from_zero(room_over(0.97, Quantity::Share)).0 <= 1.0);
    }

    #[test]
    fn the_nearest_moment_lists_every_series_and_opens_the_nearest_point() {
        let at = |x: f64, y: f64, id: usize| Point { x, y, n: 5, id };
        let (upper, lower) = ([at(0.0, 8.0, 1), at(10.0, 9.0, 2)], [at(0.0, 1.0, 3), at(10.0, 2.0, 4)]);
        let line = |points| Series { name: "", color: egui::Color32::RED, dashed: false, needs: 0, points };
        let frame = egui::Rect::from_min_size(Pos2::ZERO, egui::vec2(100.0, 100.0));
        let transform = PlotTransform::new(frame, PlotBounds::from_min_max([0.0, 0.0], [10.0, 10.0]), false);
        let found = nearest(&[line(&upper), line(&lower)], &transform, egui::pos2(95.0, 85.0)).unwrap();
        assert_eq!(found.points.len(), 2);
        assert_eq!(found.closest, 4);
        assert!(nearest(&[line(&upper)], &transform, egui::pos2(50.0, 50.0)).is_none());
    }
}
