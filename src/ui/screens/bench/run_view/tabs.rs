//! The row of tabs, with what belongs to the view at its right.

use egui::{Align, Frame, Layout, Margin, Ui};

use crate::analysis::{Filter, TimesOf, format_count};
use crate::app::{BenchCommand, BenchView, CaseRow, Command, TextMode};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{IconButton, SearchField, bar, check_box, dropdown, segmented, tabs};

const VIEWS: [(BenchView, &str); 3] = [(BenchView::Answers, "Answers"), (BenchView::Table, "Table"), (BenchView::Summary, "Summary")];
const FILTERS: [(Filter, &str); 5] = [
    (Filter::All, "All cases"),
    (Filter::Failed, "Failed"),
    (Filter::Differing, "Differing"),
    (Filter::Slowest, "Slowest"),
    (Filter::Dearest, "Dearest"),
];
/// Narrower than this, the controls of the answers stand in a row of their own, points.
const ONE_ROW: f32 = 900.0;

/// How answers are looked at; one of three.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Diff,
    Markdown,
    Raw,
}

/// Draws the row; in a narrow window the controls of the answers go below it.
pub(super) fn tabs_row(cx: &Cx<'_>, cases: &[CaseRow], ui: &mut Ui) {
    let view = cx.state.bench.view;
    let two_rows = view == BenchView::Answers && ui.available_width() < ONE_ROW;
    row(ui, |ui| {
        let mut chosen = view;
        if tabs(ui, "Ways to look at the run", &mut chosen, &VIEWS).changed() {
            cx.send(Command::Bench(BenchCommand::SetView(chosen)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| match view {
            BenchView::Answers if two_rows => case_stepper(cx, cases, ui),
            BenchView::Answers => {
                search(cx, ui, 160.0);
                case_stepper(cx, cases, ui);
                repeat_stepper(cx, ui);
                reading(cx, ui);
            }
            BenchView::Table => {
                search(cx, ui, 200.0);
                filter(cx, ui);
            }
            BenchView::Summary => {
                let tokens = ui.tokens();
                times_of(cx, ui);
                ui.add(egui::Label::new(text::small("difference from the baseline in small type · best in bold", tokens)).truncate());
            }
        });
    });
    if two_rows {
        row(ui, |ui| {
            reading(cx, ui);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                search(cx, ui, 170.0);
                repeat_stepper(cx, ui);
            });
        });
    }
}

fn row(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let tokens = ui.tokens();
    Frame::new().inner_margin(Margin { left: tokens.gap.m as i8, right: tokens.gap.m as i8, top: 5, bottom: 5 }).show(ui, |ui| {
        bar(ui, content);
    });
}

fn reading(cx: &Cx<'_>, ui: &mut Ui) {
    let bench = &cx.state.bench;
    let comparable = cx.state.run_in_view().is_none_or(|run| run.plan.targets.len() > 1);
    let mut reading = match bench.text_mode {
        _ if bench.diff && comparable => Reading::Diff,
        TextMode::Markdown => Reading::Markdown,
        TextMode::Raw => Reading::Raw,
    };
    let all = [(Reading::Diff, "Diff to baseline"), (Reading::Markdown, "Markdown"), (Reading::Raw, "Raw")];
    let options = if comparable { &all[..] } else { &all[1..] };
    if segmented(ui, "How answers are written", &mut reading, options).changed() {
        if bench.diff != (reading == Reading::Diff) {
            cx.send(Command::Bench(BenchCommand::SetDiff(reading == Reading::Diff)));
        }
        match reading {
            Reading::Diff => {}
            Reading::Markdown => cx.send(Command::Bench(BenchCommand::SetTextMode(TextMode::Markdown))),
            Reading::Raw => cx.send(Command::Bench(BenchCommand::SetTextMode(TextMode::Raw))),
        }
    }
}

/// `‹ words ›`, laid out from the right. Returns the step that was asked for.
fn stepper(ui: &mut Ui, words: &str, names: (&str, &str), can: (bool, bool)) -> i64 {
    let tokens = ui.tokens();
    let mut step = 0;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        if ui.add_enabled(can.1, IconButton::new(icons::CHEVRON_RIGHT, names.1).small()).clicked() {
            step = 1;
        }
        ui.label(text::quiet(words, tokens));
        if ui.add_enabled(can.0, IconButton::new(icons::CHEVRON_LEFT, names.0).small()).clicked() {
            step = -1;
        }
    });
    step
}

/// Steps along `cases`, those of the case list.
fn case_stepper(cx: &Cx<'_>, cases: &[CaseRow], ui: &mut Ui) {
    let (count, index) = (cx.state.shown_cases().len(), cx.state.bench.case_index);
    if count == 0 {
        return;
    }
    let words = format!("case {} of {}", format_count(index as u64 + 1), format_count(count as u64));
    let can =
        (cases.first().is_some_and(|first| (first.shown as usize) < index), cases.last().is_some_and(|last| last.shown as usize > index));
    match stepper(ui, &words, ("Previous case", "Next case"), can) {
        1 => cx.send(Command::Bench(BenchCommand::NextCase)),
        -1 => cx.send(Command::Bench(BenchCommand::PreviousCase)),
        _ => {}
    }
}

fn repeat_stepper(cx: &Cx<'_>, ui: &mut Ui) {
    let Some(repeats) = cx.state.run_in_view().map(|run| run.plan.settings.repeats).filter(|repeats| *repeats > 1) else { return };
    let repeat = cx.state.bench.repeat.min(repeats - 1);
    let words = format!("repeat {} of {repeats}", repeat + 1);
    match stepper(ui, &words, ("Previous repeat", "Next repeat"), (repeat > 0, repeat + 1 < repeats)) {
        1 => cx.send(Command::Bench(BenchCommand::SelectRepeat(repeat + 1))),
        -1 => cx.send(Command::Bench(BenchCommand::SelectRepeat(repeat.saturating_sub(1)))),
        _ => {}
    }
}

fn search(cx: &Cx<'_>, ui: &mut Ui, width: f32) {
    let mut words = cx.state.bench.query.search.clone();
    if SearchField::new(&mut words, "Search answers").width(width).show(ui).changed() {
        cx.send(Command::Bench(BenchCommand::SetSearch(words)));
    }
}

/// Which trials the times are made of.
fn times_of(cx: &Cx<'_>, ui: &mut Ui) {
    let mut without = cx.state.bench.times_of == TimesOf::KeptConnections;
    let box_ = check_box(ui, &mut without, "Without new connections");
    let about = "Leaves the times of trials that waited for a connection out of the table and the charts, so that only the model and its server are in them. \
                 How many are left out is said below the table.";
    if box_.on_hover_text(about).changed() {
        let times_of = if without { TimesOf::KeptConnections } else { TimesOf::AllTrials };
        cx.send(Command::Bench(BenchCommand::SetTimesOf(times_of)));
    }
}

fn filter(cx: &Cx<'_>, ui: &mut Ui) {
    let mut filter = cx.state.bench.query.filter;
    if dropdown(ui, "Which cases", &mut filter, &FILTERS, 120.0).changed() {
        cx.send(Command::Bench(BenchCommand::SetFilter(filter)));
    }
}
