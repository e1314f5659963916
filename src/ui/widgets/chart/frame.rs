//! What all charts with two axes share: points, axes, the tooltip.

use egui::{
    Color32, EventFilter, FontId, Frame, Key, Modifiers, PopupAnchor, Pos2, Response, Role, Sense, Stroke, Tooltip, Ui, WidgetInfo,
};
use egui_plot::{AxisHints, GridMark, Plot, PlotTransform};

use super::super::paint;
use super::card::ChartCard;
use crate::ui::theme::{HasTokens as _, text};

/// A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Across.
    pub x: f64,
    /// Up. Not finite: unknown, the line has a gap here.
    pub y: f64,
    /// How many measurements it rests on; 0 where that is not said.
    pub n: u32,
    /// What it stands for, as the caller counts; returned when it is clicked.
    pub id: usize,
}

/// The points of one target, ordered by `x`.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// The target, or the target and which percentile.
    pub name: &'a str,
    /// The colour of the target.
    pub color: Color32,
    /// A secondary line of the same target.
    pub dashed: bool,
    /// Measurements that a point needs: one with fewer is drawn hollow; 0 where that is not said.
    pub needs: u32,
    /// Its points.
    pub points: &'a [Point],
}

impl Series<'_> {
    /// The point rests on too few measurements to say much.
    pub(super) fn is_few(&self, point: &Point) -> bool {
        point.n > 0 && point.n < self.needs
    }
}

/// An axis: its ends, its ticks and what stands at them.
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) step: f64,
}

impl Axis {
    /// Its range with a little room at both ends, so that marks and ticks there are whole.
    pub(super) fn shown(&self) -> std::ops::RangeInclusive<f64> {
        let room = (self.to - self.from) * 0.03;
        self.from - room..=self.to + room
    }

    fn marks(&self) -> Vec<GridMark> {
        self.ticks.iter().map(|&(value, _)| GridMark { value, step_size: self.step }).collect()
    }

    /// How far the label of the last tick reaches past the right end of a plot so many points wide.
    fn overhang(&self, ui: &Ui, width: f32) -> f32 {
        let Some((value, label)) = self.ticks.last() else { return 0.0 };
        let tokens = ui.tokens();
        let words = paint::line(ui, label, text::figures_font(tokens.text.small), tokens.text3, f32::INFINITY).size().x;
        let shown = self.shown();
        let room = width * ((shown.end() - value) / (shown.end() - shown.start())) as f32;
        (words * 0.5 - room).max(0.0)
    }

    fn label(&self, value: f64) -> String {
        let near = self.ticks.iter().find(|(tick, _)| (tick - value).abs() <= self.step * 1e-6);
        near.map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// The points that can be drawn.
pub(super) fn is_drawable(series: &[Series<'_>]) -> bool {
    series.iter().flat_map(|series| series.points).any(|point| point.x.is_finite() && point.y.is_finite())
}

/// A plot without egui's own zooming and labels, on our axes.
pub(super) fn plot<'a>(ui: &Ui, card: &ChartCard<'_>, x: &'a Axis, y: &'a Axis) -> Plot<'a> {
    let tokens = ui.tokens();
    let hints = |hints: AxisHints<'a>| {
        hints
            .tick_label_color(tokens.text3)
            .tick_label_font(text::figures_font(tokens.text.small))
            .label_spacing(1.0..=2.0)
            .min_thickness(16.0)
    };
    let width = ui.available_width();
    Plot::new(card.id.with("plot"))
        .width(width - x.overhang(ui, width))
        .height(card.height)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(tokens.line)
        .grid_fade(0.0)
        .grid_spacing(1.0..=2.0)
        .cursor_color(tokens.text3)
        .show_y(false)
        .show_crosshair(false)
        .set_margin_fraction(egui::Vec2::ZERO)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .sense(Sense::click())
        .label_formatter(|_| None)
        .x_grid_spacer(|_| x.marks())
        .y_grid_spacer(|_| y.marks())
        .custom_x_axes(vec![hints(AxisHints::new_x()).formatter(|mark, _| x.label(mark.value))])
        .custom_y_axes(vec![hints(AxisHints::new_y()).formatter(|mark, _| y.label(mark.value)).min_thickness(38.0)])
}

/// A line of what a chart tells: colour, name, value.
pub(super) struct ToldRow<'a> {
    pub(super) color: Color32,
    pub(super) name: &'a str,
    pub(super) value: String,
    pub(super) n: u32,
    /// Those are too few to say much.
    pub(super) few: bool,
}

/// What a chart tells of the place that the pointer is over or that the arrow keys have come to.
pub(super) struct Told<'a> {
    pub(super) head: String,
    pub(super) rows: Vec<ToldRow<'a>>,
    /// What a click opens.
    pub(super) opens: Option<&'static str>,
    /// The place of the arrow keys; absent for that of the pointer.
    pub(super) key_place: Option<Pos2>,
}

impl Told<'_> {
    /// In one line, for the screen reader.
    fn words(&self) -> String {
        let row = |row: &ToldRow<'_>| {
            let few = if row.few { ", too few to say much" } else { "" };
            let n = if row.n > 0 { format!(", n = {}{few}", row.n) } else { String::new() };
            format!("{} {}{n}", row.name, row.value)
        };
        format!("{}: {}", self.head, self.rows.iter().map(row).collect::<Vec<_>>().join("; "))
    }
}

/// Names the plot for the screen reader, and shows what is told: beside the pointer, or beside the place of the arrow keys.
pub(super) fn tell(ui: &Ui, response: &Response, card: &ChartCard<'_>, series: &[Series<'_>], told: Option<&Told<'_>>) {
    response.widget_info(|| {
        let name = if let Some(told) = told.filter(|told| told.key_place.is_some()) {
            format!("Chart: {}: {}", card.title, told.words())
        } else {
            let points: usize = series.iter().map(|series| series.points.len()).sum();
            format!("Chart: {} ({}), {} series, {points} points; the arrow keys go along it", card.title, card.unit, series.len())
        };
        WidgetInfo::labeled(Role::Image, true, name)
    });
    paint::focus_ring(ui, response, response.rect, ui.tokens().radius.small);
    if let Some(told) = told {
        tooltip(ui, response, told);
    }
}

/// The place, of `count`, that the arrow keys have come to; absent before the first of them and while the chart has not the focus.
pub(super) fn key_place(ui: &Ui, response: &Response, count: usize) -> Option<usize> {
    if count == 0 || !response.has_focus() {
        return None;
    }
    let own = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, own));
    let id = response.id.with("key place");
    let at: Option<usize> = ui.data(|data| data.get_temp(id));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let next = if pressed(Key::ArrowRight) {
        at.map_or(0, |at| at + 1)
    } else if pressed(Key::ArrowLeft) {
        at.map_or(count - 1, |at| at.saturating_sub(1))
    } else if pressed(Key::Home) {
        0
    } else if pressed(Key::End) {
        count - 1
    } else {
        at?
    };
    let next = next.min(count - 1);
    ui.data_mut(|data| data.insert_temp(id, next));
    Some(next)
}

fn tooltip(ui: &Ui, response: &Response, told: &Told<'_>) {
    let tokens = ui.tokens();
    let (anchor, act) = match told.key_place {
        Some(place) => (PopupAnchor::Position(place), "Enter opens"),
        None => (PopupAnchor::Pointer, "Click to open"),
    };
    let tooltip = Tooltip::always_open(ui.ctx().clone(), response.layer_id, response.id, anchor);
    tooltip.gap(14.0).show(|ui| {
        Frame::new().inner_margin(4).show(ui, |ui| {
            ui.set_max_width(ui.spacing().tooltip_width);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.label(text::small(&told.head, tokens));
            let line = |row: &ToldRow<'_>| paint::line(ui, row.name, FontId::proportional(tokens.text.base), tokens.text2, 200.0);
            let names: Vec<_> = told.rows.iter().map(line).collect();
            let widest = names.iter().map(|name| name.size().x).fold(0.0, f32::max);
            for (row, name) in told.rows.iter().zip(names) {
                ui.horizontal(|ui| {
                    super::super::dot(ui, row.color);
                    let (place, _) = ui.allocate_exact_size(egui::vec2(widest + 4.0, 18.0), Sense::hover());
                    paint::middle_left(ui, place, place.left(), name);
                    ui.label(text::figures(&row.value, tokens));
                    if row.n > 0 {
                        let few = if row.few { ", too few" } else { "" };
                        ui.label(text::small_figures(format!("n = {}{few}", row.n), tokens));
                    }
                });
            }
            if let Some(opens) = told.opens {
                ui.label(text::small(format!("{act} {opens}"), tokens));
            }
        });
    });
}

/// A ring around a point that is told of.
pub(super) fn ring(ui: &Ui, at: Pos2, color: Color32) {
    let tokens = ui.tokens();
    ui.painter().circle(at, 5.0, tokens.bg0, Stroke::new(2.0, color));
}

/// Where `point` stands on the screen.
pub(super) fn on_screen(transform: &PlotTransform, point: &Point) -> Pos2 {
    transform.position_from_point(&egui_plot::PlotPoint::new(point.x, point.y))
}
