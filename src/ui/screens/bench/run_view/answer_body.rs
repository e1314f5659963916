//! What a model answered, or why it did not.

use std::sync::Arc;

use egui::{CollapsingHeader, Id, Label, RichText, Ui};

use crate::analysis::{DiffKind, DiffPiece, format_count};
use crate::app::{Command, DiffState, LiveCell, RunCommand, TextMode};
use crate::domain::{REASONING_FROM_TAGS, TrialBody, TrialRow, TrialStatus};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{Alert, DiffPart, Level, MARKDOWN_CAP_BYTES, PushButton, diff_view, markdown, raw_text, visible};

use super::cell_state::CellState;
use super::column::Column;
use super::sources::sources;
use super::{failure_body, measured_under};

/// Longer answers are not compared on screen: their difference would be laid out anew in every frame, bytes.
const DIFF_CAP_BYTES: usize = 1024 * 1024;
/// Of an answer that grows beyond what is drawn as Markdown, the last part is shown while it streams, bytes.
const LIVE_TAIL_BYTES: usize = 32 * 1024;

/// Draws the answer of `column`, as wide as there is room.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = tokens.gap.s;
    match column.state {
        CellState::Streaming(live) => streaming(cx, ui, column, live),
        CellState::Ended(row) => ended(cx, ui, column, row),
        CellState::Queued => {
            ui.label(text::quiet("Waiting for its turn…", tokens));
        }
        CellState::NotSent => {
            ui.label(text::quiet("Not sent: the run stopped before it.", tokens));
            send_again(cx, ui, column, "Send");
        }
    }
}

fn streaming(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, live: &LiveCell) {
    let tokens = ui.tokens();
    if let Some(waiting) = &live.waiting {
        failure_body::notice(ui, icons::CLOCK, tokens.warn, &crate::analysis::capitalised(waiting));
        return;
    }
    let id = ui.scope_id().with(column.cell);
    if !live.reasoning.is_empty() {
        reasoning(ui, id, &live.reasoning, Origin::Live);
    }
    if live.content.is_empty() {
        let words = if live.reasoning.is_empty() { "Sent, waiting for the first text…" } else { "Thinking…" };
        ui.label(text::quiet(words, tokens));
    } else if live.content.len() > MARKDOWN_CAP_BYTES {
        let words = format!("{} bytes so far; the end of it:", format_count(live.content.len() as u64));
        ui.label(text::small(words, tokens));
        let from = live.content.ceil_char_boundary(live.content.len() - LIVE_TAIL_BYTES);
        raw_text(ui, id, &live.content[from..]);
    } else {
        let with_caret = format!("{}▍", live.content);
        write(cx, ui, id, &with_caret);
    }
}

fn ended(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) {
    let tokens = ui.tokens();
    let body = column.run.bodies.get(&row.id);
    if let Some(failure) = &row.fallback {
        failure_body::fell_back(ui, column, row, failure);
    }
    match row.status {
        TrialStatus::Finished => {}
        TrialStatus::Failed => failure_body::failed(cx, ui, column, row, body.map(Arc::as_ref)),
        TrialStatus::Cancelled => failure_body::cancelled(cx, ui, column, row),
    }
    // The head of the reasoning says it.
    let said = |warning: &str| warning == REASONING_FROM_TAGS && body.is_some_and(|body| !body.reasoning.is_empty());
    for warning in row.warnings.iter().filter(|warning| !said(warning)) {
        failure_body::notice(ui, icons::WARNING, tokens.warn, &visible(warning).text);
    }
    if let Some(timing) = &row.timing {
        measured_under::notices(ui, timing);
    }
    if row.attempts > 0 || body.is_some() {
        match body {
            Some(body) => {
                text_of(cx, ui, column, row, body);
                sources(ui, ui.scope_id().with(row.id), &body.citations, &column.target.label);
            }
            None => match column.run.unread_bodies.get(&row.id) {
                Some(why) => {
                    if unread(ui, "The answer could not be read", why, &column.target.label) {
                        cx.send(Command::Runs(RunCommand::WantBodies { run_id: column.run.plan.id, trials: vec![row.id] }));
                    }
                }
                None => {
                    ui.label(text::quiet("Loading…", tokens));
                }
            },
        }
    }
    if !row.judgement.note.trim().is_empty() {
        ui.add_space(tokens.gap.s);
        failure_body::notice(ui, icons::NOTE, tokens.text3, &visible(row.judgement.note.trim()).text);
    }
}

fn text_of(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow, body: &TrialBody) {
    let tokens = ui.tokens();
    let id = ui.scope_id().with(row.id);
    if !body.reasoning.is_empty() {
        let tagged = row.warnings.iter().any(|warning| warning == REASONING_FROM_TAGS);
        reasoning(ui, id, &body.reasoning, if tagged { Origin::Tags } else { Origin::Told });
    }
    let whole = row.status == TrialStatus::Finished;
    if body.output.is_empty() {
        if whole {
            ui.label(text::quiet("The answer is empty.", tokens));
        }
        return;
    }
    if !whole {
        ui.label(text::small("What had come by then:", tokens));
    }
    if cx.state.bench.diff && column.state.finished().is_some() && !column.is_baseline() {
        difference(cx, ui, column, row, id, body);
    } else {
        write(cx, ui, id, &body.output);
    }
}

fn difference(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow, id: Id, body: &TrialBody) {
    let tokens = ui.tokens();
    let Some(baseline) = column.baseline else {
        ui.label(text::small("The baseline has no whole answer to compare with.", tokens));
        write(cx, ui, id, &body.output);
        return;
    };
    match column.run.diffs.get(&(baseline.id, row.id)) {
        Some(DiffState::Ready(_)) if body.output.len() > DIFF_CAP_BYTES => {
            ui.label(text::small("Too long to show the differences.", tokens));
            write(cx, ui, id, &body.output);
        }
        Some(DiffState::Ready(pieces)) if pieces.iter().all(|piece| piece.kind == DiffKind::Same) => {
            ui.label(text::small("Word for word the baseline's answer.", tokens));
            write(cx, ui, id, &body.output);
        }
        Some(DiffState::Ready(pieces)) => diff_view(ui, pieces.iter().map(part)),
        Some(DiffState::Unread(why)) => {
            if unread(ui, "The answers to compare could not be read", why, &column.target.label) {
                let wanted = RunCommand::WantDiff { run_id: column.run.plan.id, baseline: baseline.id, other: row.id };
                cx.send(Command::Runs(wanted));
            }
            write(cx, ui, id, &body.output);
        }
        Some(DiffState::Pending) | None => {
            ui.label(text::quiet("Comparing…", tokens));
        }
    }
}

fn part(piece: &DiffPiece) -> (DiffPart, &str) {
    let part = match piece.kind {
        DiffKind::Same => DiffPart::Same,
        DiffKind::Added => DiffPart::Added,
        DiffKind::Removed => DiffPart::Removed,
    };
    (part, &piece.text)
}

fn write(cx: &Cx<'_>, ui: &mut Ui, id: Id, output: &str) {
    match cx.state.bench.text_mode {
        TextMode::Markdown => markdown(ui, id, output),
        TextMode::Raw => raw_text(ui, id, output),
    }
}

/// Where reasoning comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// It is still coming.
    Live,
    /// The provider tells it apart.
    Told,
    /// It stood in the answer, between tags.
    Tags,
}

/// The reasoning, folded until it is asked for.
fn reasoning(ui: &mut Ui, id: Id, words: &str, origin: Origin) {
    let tokens = ui.tokens();
    let size = format_count(words.chars().count() as u64);
    let head = match origin {
        Origin::Live => "Reasoning…".to_owned(),
        Origin::Told => format!("Reasoning, {size} characters"),
        Origin::Tags => format!("Reasoning from tags, {size} characters"),
    };
    CollapsingHeader::new(RichText::new(head).color(tokens.text2)).id_salt(id.with("reasoning")).show_unindented(ui, |ui| {
        raw_text(ui, id.with("reasoning text"), words);
        ui.add_space(tokens.gap.s);
    });
}

/// A button that sends the cell again, or for the first time.
pub(super) fn send_again(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, words: &str) {
    let name = format!("{words}: {}", column.target.label);
    let free = cx.state.runs.live.is_none() && !cx.state.bench.starting;
    let button = PushButton::secondary(words).name(&name).icon(icons::RETRY).compact();
    if ui.add_enabled(free, button).on_disabled_hover_text("A run is in flight").clicked() {
        cx.send(Command::Runs(RunCommand::Again { run_id: column.run.plan.id, cell: column.cell }));
    }
}

/// Says that something could not be read, and why. True when it shall be tried again; `label` tells one such button from another.
pub(super) fn unread(ui: &mut Ui, title: &str, why: &str, label: &str) -> bool {
    let name = format!("Try again: {label}");
    let button = |ui: &mut Ui| ui.add(PushButton::secondary("Try again").name(&name).icon(icons::RETRY).compact()).clicked();
    Alert::new(Level::Bad, title).text(&visible(&crate::analysis::capitalised(why)).text).show_with(ui, button).inner
}

/// A line of text beside the answer that wraps and can be selected.
pub(super) fn wrapped(ui: &mut Ui, words: RichText) {
    ui.add(Label::new(words).wrap().selectable(true));
}
