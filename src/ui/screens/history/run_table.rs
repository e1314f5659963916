//! The runs as a table under the charts: rows in view only, however many there are.

use eframe::egui::{Rect, Sense, Stroke, Ui, UiBuilder, vec2};

use super::run_row::{Column, cells, in_cell, run_row};
use crate::analysis::format_counted;
use crate::app::{Command, HistoryCommand};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{SearchField, bar, define};

/// More runs are asked for when fewer than this many loaded ones are left below those in view.
const AHEAD: usize = 30;

/// Draws the line over the table: how many runs, and the search field.
pub(super) fn table_bar(cx: &Cx<'_>, ui: &mut Ui, search: &mut String) {
    let tokens = ui.tokens();
    let history = &cx.state.history;
    bar(ui, |ui| {
        ui.add_space(tokens.gap.l);
        ui.label(strong("Runs", tokens));
        let words = match (history.search.is_empty(), history.total) {
            (true, total) => format_counted(total, "run", "runs"),
            (false, total) => format!("{} found", format_counted(total, "run", "runs")),
        };
        ui.label(small(words, tokens));
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            ui.add_space(tokens.gap.l);
            if SearchField::new(search, "Search runs").width(240.0).show(ui).changed() {
                cx.send(Command::History(HistoryCommand::Search(search.clone())));
            }
        });
    });
}

/// Draws the head and the rows, at the full width of `ui`.
pub(super) fn run_table(cx: &Cx<'_>, ui: &mut Ui) {
    let tokens = ui.tokens();
    let history = &cx.state.history;
    ui.spacing_mut().item_spacing.y = 0.0;
    head(ui);
    let height = tokens.row.table;
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), height * history.heads.len() as f32), Sense::hover());
    let view = ui.clip_rect();
    let first = ((view.top() - whole.top()) / height).floor().max(0.0) as usize;
    let last = (((view.bottom() - whole.top()) / height).ceil().max(0.0) as usize).min(history.heads.len());
    for (index, run) in history.heads.iter().enumerate().take(last).skip(first) {
        let row = Rect::from_min_size(whole.min + vec2(0.0, height * index as f32), vec2(whole.width(), height));
        ui.scope_builder(UiBuilder::new().id_salt(run.id).max_rect(row), |ui| {
            run_row(cx, ui, row, run, cx.state.bench.run == Some(run.id));
        });
    }
    if history.heads.is_empty() {
        nothing_found(cx, ui);
    }
    if last + AHEAD >= history.heads.len() && (history.heads.len() as u64) < history.total && !history.loading {
        cx.send(Command::History(HistoryCommand::More));
    }
    if history.loading && !history.heads.is_empty() {
        ui.add_space(tokens.gap.s);
        ui.vertical_centered(|ui| ui.label(small("Reading more…", tokens)));
    }
}

fn head(ui: &mut Ui) {
    let tokens = ui.tokens();
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    ui.painter().hline(row.x_range(), row.bottom(), Stroke::new(1.0, tokens.line));
    for (column, cell) in cells(row).filter(|(column, _)| *column != Column::Actions) {
        in_cell(ui, column, cell, |ui| {
            let label = ui.add(eframe::egui::Label::new(small(column.head(), tokens)).truncate());
            match column {
                Column::Ttft => {
                    let words = "Median time to first token of each target, in their order. From just before the request is sent to the first visible text; finished trials only.";
                    define(label, "TTFT p50", words);
                }
                Column::Trials => {
                    define(label, "Trials", "Cases × targets × repeats.");
                }
                Column::Cost => {
                    define(label, "Cost", "Of every attempt, failed and repeated ones too, by the prices at the time.");
                }
                _ => {}
            }
        });
    }
}

fn nothing_found(cx: &Cx<'_>, ui: &mut Ui) {
    let tokens = ui.tokens();
    let history = &cx.state.history;
    ui.add_space(tokens.gap.xl);
    ui.vertical_centered(|ui| {
        if history.loading {
            ui.label(small("Searching…", tokens));
        } else if !history.search.is_empty() {
            ui.label(small(format!("No run matches “{}”", crate::ui::widgets::visible(&history.search).text), tokens));
        }
    });
}
