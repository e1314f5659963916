//! The foot of an answer's column: what a person makes of it, and what can be done with it.

use egui::{Align, Id, Layout, Popup, Rect, Ui, UiBuilder, pos2, vec2};

use crate::analysis::format_counted;
use crate::app::{BenchCommand, Command, RunCommand};
use crate::domain::{Judgement, Thumb, TrialId, TrialRow};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, Tokens, icons, text};
use crate::ui::widgets::{Editor, IconButton, menu_item, score, visible};

use super::cell_state::CellState;
use super::column::Column;

/// Narrower than this, how the answer ended stands in a row of its own, points.
const ONE_ROW: f32 = 350.0;
const NOTE_HEIGHT: f32 = 84.0;

/// A note that is being written.
pub(super) struct NoteDraft {
    pub(super) trial_id: TrialId,
    text: String,
    focused: bool,
    /// It is kept and goes with the wish to close it; until then (a frame may be drawn twice) it stands here so that it is not opened anew.
    left: bool,
}

impl NoteDraft {
    /// The note as it is kept, to be changed.
    pub(super) fn of(row: &TrialRow) -> Self {
        Self { trial_id: row.id, text: row.judgement.note.clone(), focused: false, left: false }
    }

    /// It is being written.
    pub(super) fn is_open(&self) -> bool {
        !self.left
    }

    /// Sends the note, when it is another than the one that is kept.
    pub(super) fn keep(&self, cx: &Cx<'_>, row: &TrialRow) {
        let note = self.text.trim();
        if !self.left && note != row.judgement.note {
            judge(cx, row, |judgement| note.clone_into(&mut judgement.note));
        }
    }
}

fn judge(cx: &Cx<'_>, row: &TrialRow, change: impl FnOnce(&mut Judgement)) {
    let mut judgement = row.judgement.clone();
    change(&mut judgement);
    cx.send(Command::Bench(BenchCommand::Judge { trial_id: row.id, judgement }));
}

/// The foot of a column.
pub(super) struct JudgeBar<'a> {
    /// The note that is being written, in whichever column.
    pub(super) note: &'a mut Option<NoteDraft>,
    /// The answer that was copied last.
    pub(super) copied: &'a mut Option<TrialId>,
}

impl JudgeBar<'_> {
    /// The height of the feet of columns `width` points wide.
    pub(super) fn height(tokens: &Tokens, width: f32, note_open: bool) -> f32 {
        let second_row = if width < ONE_ROW { tokens.gap.l } else { 0.0 };
        let note = if note_open { NOTE_HEIGHT } else { 0.0 };
        note + tokens.gap.s + tokens.row.compact + 2.0 + second_row + tokens.gap.s
    }

    /// Draws the foot of `column` in `rect`. True when its request and response were asked for.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, rect: Rect) -> bool {
        let tokens = ui.tokens();
        let mut row_rect = rect.shrink2(vec2(tokens.gap.m, tokens.gap.s));
        if self.note.as_ref().is_some_and(NoteDraft::is_open) {
            let editor = Rect::from_min_size(row_rect.min, vec2(row_rect.width(), NOTE_HEIGHT - tokens.gap.s));
            self.note_editor(cx, ui, column, editor);
            row_rect.min.y += NOTE_HEIGHT;
        }
        let two_rows = rect.width() < ONE_ROW;
        let first = Rect::from_min_size(row_rect.min, vec2(row_rect.width(), tokens.row.compact + 2.0));
        let mut asked = false;
        let mut bar = ui.new_child(UiBuilder::new().id_salt("bar").max_rect(first).layout(Layout::left_to_right(Align::Center)));
        bar.spacing_mut().item_spacing.x = 2.0;
        bar.spacing_mut().interact_size.y = first.height();
        if let Some(row) = column.state.row() {
            asked = self.actions(cx, &mut bar, column, row);
        }
        let words = ending(column);
        if two_rows {
            let second = Rect::from_min_max(pos2(row_rect.left(), first.bottom()), row_rect.max);
            let mut line = ui.new_child(UiBuilder::new().id_salt("ending").max_rect(second).layout(Layout::left_to_right(Align::Center)));
            line.add_space(tokens.gap.xs);
            line.add(egui::Label::new(text::small(words, tokens)).truncate());
        } else {
            bar.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(egui::Label::new(text::small(words, tokens)).truncate());
            });
        }
        asked
    }

    fn actions(&mut self, cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) -> bool {
        let tokens = ui.tokens();
        let label = &column.target.label;
        let thumbs =
            [(Thumb::Up, icons::THUMBS_UP, "Good answer", tokens.good), (Thumb::Down, icons::THUMBS_DOWN, "Poor answer", tokens.bad)];
        for (thumb, icon, words, color) in thumbs {
            let given = row.judgement.thumb == Some(thumb);
            let name = format!("{words}: {label}");
            if ui.add(IconButton::new(icon, &name).selected(given).selected_color(color)).clicked() {
                judge(cx, row, |judgement| judgement.thumb = (!given).then_some(thumb));
            }
        }
        let mut points = row.judgement.score;
        if score(ui, label, &mut points).changed() {
            judge(cx, row, |judgement| judgement.score = points);
        }
        note_button(cx, ui, column, row);
        let body = column.run.bodies.get(&row.id);
        let copied = *self.copied == Some(row.id);
        let name = format!("{}: {label}", if copied { "Copied" } else { "Copy text" });
        let button = IconButton::new(if copied { icons::CHECK } else { icons::COPY }, &name);
        if ui.add_enabled(body.is_some(), button).clicked()
            && let Some(body) = body
        {
            ui.ctx().copy_text(body.output.clone());
            *self.copied = Some(row.id);
        }
        menu(cx, ui, column, row)
    }

    fn note_editor(&mut self, cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, rect: Rect) {
        let Some(row) = column.state.row() else { return };
        let Some(draft) = self.note.as_mut().filter(|draft| draft.is_open() && draft.trial_id == row.id) else { return };
        let id = Id::unique(("note", row.id));
        let mut child = ui.new_child(UiBuilder::new().id_salt("note").max_rect(rect));
        let area = egui::ScrollArea::vertical().id_salt("note").max_height(rect.height());
        let editor = area.show(&mut child, |ui| {
            let name = format!("Note on the answer of {}", column.target.label);
            Editor::new(&mut draft.text, &name).id(id).hint("What is good or bad about it").rows(3).show(ui)
        });
        if !draft.focused {
            editor.inner.request_focus();
            draft.focused = true;
        } else if !editor.inner.has_focus() {
            draft.keep(cx, row);
            draft.left = true;
            cx.send(Command::Bench(BenchCommand::CloseNote(row.id)));
        }
    }
}

fn note_button(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) {
    let written = !row.judgement.note.is_empty();
    let name = format!("{}: {}", if written { "Change note…" } else { "Note…" }, column.target.label);
    if ui.add(IconButton::new(icons::NOTE, &name).selected(written)).clicked() {
        let open = cx.state.bench.noting == Some(row.id);
        cx.send(Command::Bench(if open { BenchCommand::CloseNote(row.id) } else { BenchCommand::OpenNote(row.id) }));
    }
}

/// The menu behind `⋯`. True when request and response were asked for.
fn menu(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) -> bool {
    let run_id = column.run.plan.id;
    let here = column.run.bodies.contains_key(&row.id);
    let free = cx.state.runs.live.is_none() && !cx.state.bench.starting;
    let more = ui.add(IconButton::new(icons::MORE, &format!("More: {}", column.target.label)));
    let mut asked = false;
    Popup::menu(&more).gap(4.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(200.0);
        asked = menu_item(ui, Some(icons::FILE), "Request and response…", None).clicked();
        ui.add_enabled_ui(here, |ui| {
            if menu_item(ui, Some(icons::TERMINAL), "Copy as cURL", None).clicked() {
                cx.send(Command::Runs(RunCommand::CopyCurl { run_id, trial_id: row.id }));
            }
        });
        if column.run.plan.targets.len() > 1 {
            let make = ui.add_enabled_ui(!column.is_baseline(), |ui| menu_item(ui, Some(icons::STAR), "Make baseline", None)).inner;
            if make.on_hover_text("Differences are shown from the baseline").clicked() {
                cx.send(Command::Bench(BenchCommand::SetRunBaseline(column.cell.target_index as usize)));
            }
        }
        ui.add_enabled_ui(free, |ui| {
            if menu_item(ui, Some(icons::RETRY), "Send again", None).clicked() {
                cx.send(Command::Runs(RunCommand::Again { run_id, cell: column.cell }));
            }
        });
    });
    asked
}

/// How the answer ended.
fn ending(column: &Column<'_>) -> String {
    match column.state {
        CellState::Streaming(live) if live.waiting.is_some() => "sending again soon".to_owned(),
        CellState::Streaming(_) => "streaming".to_owned(),
        CellState::Queued => "queued".to_owned(),
        CellState::NotSent => "not sent".to_owned(),
        CellState::Ended(row) => {
            let ended = row.finish_reason.as_deref().unwrap_or_else(|| row.status.as_str());
            format!("{} · {}", visible(ended).text, format_counted(u64::from(row.attempts), "attempt", "attempts"))
        }
    }
}
