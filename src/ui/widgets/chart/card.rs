//! The card around a chart: title, unit, legend, the button that saves it as a picture, and what stands there when there is no data.

use egui::{Align, Align2, Color32, FontId, Id, Layout, Margin, Rect, Sense, Ui, pos2, vec2};

use super::super::{Card, IconButton, paint};
use crate::ui::theme::{HasTokens as _, icons, text};

/// The card of a chart. Then call one of `time_lines`, `distribution`, `bars`, `scatter`.
#[must_use = "call the method of the chart"]
pub struct ChartCard<'a> {
    pub(super) id: Id,
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) height: f32,
    pub(super) legend: bool,
    pub(super) empty: &'a str,
}

/// What happened on a chart.
#[derive(Clone, Copy, Debug)]
pub struct ChartResponse {
    /// The [`super::Point::id`] that was clicked.
    pub clicked: Option<usize>,
    /// The picture of it was asked for: save what is within [`Self::rect`] of the next screenshot.
    pub save_clicked: bool,
    /// The card, points.
    pub rect: Rect,
}

impl<'a> ChartCard<'a> {
    /// The chart `id`, headed `title`; `unit` says what its axes measure and what its lines are.
    pub fn new(id: Id, title: &'a str, unit: &'a str) -> Self {
        Self { id, title, unit, height: 150.0, legend: false, empty: "Nothing to plot yet" }
    }

    /// The height of the chart without its title, points.
    pub fn height(mut self, points: f32) -> Self {
        self.height = points;
        self
    }

    /// Names the series by colour dots under the title; needless where chips beside it do.
    pub fn legend(mut self, shown: bool) -> Self {
        self.legend = shown;
        self
    }

    /// What stands in it without data.
    pub fn empty(mut self, sentence: &'a str) -> Self {
        self.empty = sentence;
        self
    }

    /// Draws the card. `chart` draws within the rectangle that it gets and returns what was clicked; without data it is not called.
    pub(super) fn around(
        &self,
        ui: &mut Ui,
        series: &[(&str, Color32)],
        has_data: bool,
        chart: impl FnOnce(&mut Ui, &Self) -> Option<usize>,
    ) -> ChartResponse {
        let tokens = ui.tokens();
        let shown = ui
            .push_id(self.id, |ui| {
                Card::new().padding(Margin { left: 14, right: 14, top: 8, bottom: 8 }).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.spacing_mut().item_spacing.y = tokens.gap.xs;
                    let save_clicked = self.head(ui, has_data);
                    if self.legend && has_data {
                        legend(ui, series);
                    }
                    let clicked = if has_data {
                        chart(ui, self)
                    } else {
                        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), self.height), Sense::hover());
                        ui.painter().text(
                            rect.center(),
                            Align2::CENTER_CENTER,
                            self.empty,
                            FontId::proportional(tokens.text.base),
                            tokens.text3,
                        );
                        None
                    };
                    (clicked, save_clicked)
                })
            })
            .inner;
        let (clicked, save_clicked) = shown.inner;
        ChartResponse { clicked, save_clicked, rect: shown.response.rect }
    }

    fn head(&self, ui: &mut Ui, has_data: bool) -> bool {
        let tokens = ui.tokens();
        ui.horizontal(|ui| {
            ui.set_height(22.0);
            ui.spacing_mut().item_spacing.x = tokens.gap.s;
            ui.label(text::strong(self.title, tokens));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("Save picture: {}", self.title);
                let clicked = has_data && ui.add(IconButton::new(icons::DOWNLOAD, &name).small()).clicked();
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(text::small(self.unit, tokens)).truncate());
                });
                clicked
            })
            .inner
        })
        .inner
    }
}

fn legend(ui: &mut Ui, series: &[(&str, Color32)]) {
    let tokens = ui.tokens();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(tokens.gap.m, 2.0);
        for (name, color) in series {
            let words = paint::line(ui, name, FontId::proportional(tokens.text.small), tokens.text2, 220.0);
            let (rect, response) = ui.allocate_exact_size(vec2(words.size().x + 14.0, 16.0), Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
            ui.painter().circle_filled(pos2(rect.left() + 4.0, rect.center().y), 4.0, *color);
            paint::middle_left(ui, rect, rect.left() + 14.0, words);
        }
    });
}
