//! The cases, each with one mark per target of the run in view.

use eframe::egui::{Align, Frame, Label, Layout, Margin, ScrollArea, Ui};

use crate::analysis::{Filter, format_count, format_counted};
use crate::app::{BenchCommand, CaseRow, Command, PromptCommand};
use crate::domain::{Case, PromptBody, first_line};
use crate::ui::cx::Cx;
use crate::ui::theme::text::{overline, quiet};
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Emphasis, ListRow, Mark, MenuButton, PushButton, menu_item, visible};

use super::case_order::{CaseOrder, case_mark};

/// The list takes at most this share of the column's height; the composer has the rest.
const MOST_SHARE: f32 = 0.4;
/// Marks of further targets are left out: the title needs room.
const MOST_MARKS: usize = 8;

const FILTERS: [(Filter, &str); 5] = [
    (Filter::All, "All"),
    (Filter::Failed, "Failed"),
    (Filter::Differing, "Differing"),
    (Filter::Slowest, "Slowest"),
    (Filter::Dearest, "Dearest"),
];

/// The list with its scroll position.
#[derive(Default)]
pub(super) struct CaseList {
    order: CaseOrder,
    selected: Option<usize>,
    offset: f32,
    height: f32,
}

impl CaseList {
    /// Draws the list. True when a case was added: the composer takes the focus then.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) -> bool {
        let tokens = ui.tokens();
        let Self { order, selected, offset, height } = self;
        let rows = order.rows(cx.state);
        header(cx, rows.len(), ui);
        let row_height = tokens.row.list;
        let most = (ui.available_height() * MOST_SHARE).max(3.0 * row_height);
        if rows.is_empty() {
            Frame::new().inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.add(Label::new(quiet("No case matches.", tokens)));
                    if ui.add(PushButton::quiet("Show all").compact()).clicked() {
                        cx.send(Command::Bench(BenchCommand::SetFilter(Filter::All)));
                        cx.send(Command::Bench(BenchCommand::SetSearch(String::new())));
                    }
                });
            });
        } else {
            let mut area = ScrollArea::vertical().id_salt("cases").max_height(most).auto_shrink([false, true]);
            let now = cx.state.bench.case_index;
            if selected.replace(now).is_some_and(|before| before != now)
                && let Some(at) = rows.iter().position(|row| row.shown as usize == now)
            {
                let top = at as f32 * row_height;
                if let Some(scrolled) = scrolled_into_view(*offset, *height, top, row_height) {
                    area = area.vertical_scroll_offset(scrolled);
                }
            }
            let shown = area.show_rows(ui, row_height, rows.len(), |ui, range| {
                for row in &rows[range] {
                    case_row(cx, *row, ui);
                }
            });
            (*offset, *height) = (shown.state.clamped_offset().y, shown.inner_rect.height());
        }
        new_case(cx, ui)
    }
}

/// The scroll offset that brings a row into view; absent when it is.
fn scrolled_into_view(offset: f32, height: f32, top: f32, row_height: f32) -> Option<f32> {
    if top < offset {
        Some(top)
    } else if height > 0.0 && top + row_height > offset + height {
        Some(top + row_height - height)
    } else {
        None
    }
}

fn header(cx: &Cx<'_>, shown: usize, ui: &mut Ui) {
    let tokens = ui.tokens();
    let all = cx.state.shown_cases().len();
    let counted = format_counted(all as u64, "case", "cases");
    let words = if shown == all { counted } else { format!("{} of {counted}", format_count(shown as u64)) };
    Frame::new().inner_margin(Margin { left: 12, right: 6, top: 5, bottom: 5 }).show(ui, |ui| {
        ui.set_min_height(tokens.row.compact);
        ui.horizontal(|ui| {
            ui.set_min_height(tokens.row.compact);
            ui.label(overline(&words, tokens));
            if cx.state.run_in_view().is_none() {
                return;
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let filter = cx.state.bench.query.filter;
                let label = FILTERS.iter().find(|(known, _)| *known == filter).map_or("All", |(_, label)| label);
                MenuButton::new(label, Emphasis::Quiet).name("Show which cases").compact().show(ui, |ui| {
                    for (option, label) in FILTERS {
                        if menu_item(ui, None, label, Some(option == filter)).clicked() {
                            cx.send(Command::Bench(BenchCommand::SetFilter(option)));
                        }
                    }
                });
            });
        });
    });
}

fn case_row(cx: &Cx<'_>, row: CaseRow, ui: &mut Ui) {
    let index = row.shown as usize;
    let Some(case) = cx.state.shown_cases().get(index) else { return };
    let marks: Vec<Mark> = match (cx.state.run_in_view(), row.planned) {
        (Some(run), Some(planned)) => {
            (0..run.plan.targets.len().min(MOST_MARKS)).map(|target| case_mark(run, planned, target as u32)).collect()
        }
        _ => Vec::new(),
    };
    let title = title_words(case);
    let response = ui
        .push_id(&case.id, |ui| ListRow::new(&title).number(index + 1).marks(&marks).selected(index == cx.state.bench.case_index).show(ui))
        .inner;
    if response.clicked() {
        cx.send(Command::Bench(BenchCommand::SelectCase(index)));
    }
}

/// The title, or where that is only a number, how the prompt begins.
pub(super) fn title_words(case: &Case) -> String {
    let title = case.title();
    if !title.bytes().all(|b| b.is_ascii_digit()) {
        return visible(&first_line(title)).text.into_owned();
    }
    let prompt = match &case.body {
        PromptBody::Template { prompt, .. } => prompt.as_str(),
        PromptBody::Messages(messages) => messages.last().map_or("", |message| message.content.as_str()),
    };
    let begins = first_line(prompt);
    if begins.is_empty() { "Empty case".to_owned() } else { visible(&begins).text.into_owned() }
}

/// The button that adds a case; a run of other prompts takes none.
fn new_case(cx: &Cx<'_>, ui: &mut Ui) -> bool {
    let foreign = cx.state.run_in_view().is_some_and(|run| cx.state.is_foreign(run));
    let Some(set_id) = cx.state.bench.set_id.filter(|_| !foreign) else { return false };
    Frame::new()
        .inner_margin(Margin { left: 3, right: 12, top: 3, bottom: 5 })
        .show(ui, |ui| {
            let added = ui.add(PushButton::quiet("New case").icon(icons::PLUS).compact()).clicked();
            if added {
                let last = cx.state.bench_cases().len();
                cx.send(Command::Prompts(PromptCommand::AddCase(set_id)));
                cx.send(Command::Bench(BenchCommand::SelectCase(last)));
            }
            added
        })
        .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_scrolled_into_view_no_further_than_needed() {
        assert_eq!(scrolled_into_view(0.0, 96.0, 64.0, 32.0), None);
        assert_eq!(scrolled_into_view(0.0, 96.0, 96.0, 32.0), Some(32.0));
        assert_eq!(scrolled_into_view(320.0, 96.0, 64.0, 32.0), Some(64.0));
    }

    #[test]
    fn a_case_without_a_title_shows_how_it_begins() {
        assert_eq!(title_words(&Case::single("7", "", "\nExplain  {{topic}}.\nNow.")), "Explain  {{topic}}.");
        assert_eq!(title_words(&Case::single("7", "", "")), "Empty case");
        let titled = Case { description: Some("Refund".to_owned()), ..Case::single("7", "", "x") };
        assert_eq!(title_words(&titled), "Refund");
        assert_eq!(title_words(&Case::single("refund-1", "", "x")), "refund-1");
    }
}
