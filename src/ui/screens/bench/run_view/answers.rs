//! All targets' answers to one case, side by side: heads and feet stay, the answers scroll together.

use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2b, pos2, vec2};

use crate::app::{BenchCommand, Command, OpenRun, RunCommand};
use crate::domain::{RunId, TrialId};
use crate::ui::current_column::CurrentColumn;
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;

use super::column::Column;
use super::judge_bar::{JudgeBar, NoteDraft};
use super::{answer_body, column_head, nothing_yet};

/// Columns are at least this wide; then they scroll sideways, points.
const LEAST_WIDTH: f32 = 280.0;

/// What the answers remember for themselves.
#[derive(Default)]
pub(super) struct AnswersView {
    /// Run, case and repeat that were shown last: another one begins at its top.
    shown: Option<(RunId, u32, u32)>,
    note: Option<NoteDraft>,
    copied: Option<TrialId>,
    /// The current column as it was drawn last: another one is brought into view.
    column: Option<usize>,
}

impl AnswersView {
    /// Draws them. Returns the trial whose request and response were asked for.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) -> Option<TrialId> {
        let Some(case_index) = cx.state.plan_case_index(cx.state.bench.case_index) else {
            nothing_yet::case_not_in_run(cx, ui);
            return None;
        };
        let repeat = cx.state.bench.repeat.min(run.plan.settings.repeats.saturating_sub(1));
        let columns = Column::all(run, case_index as u32, repeat);
        want_texts(cx, run, &columns);
        self.turn_to_note(cx, run, &columns);
        let shown = (run.plan.id, case_index as u32, repeat);
        let to_top = self.shown.replace(shown) != Some(shown);
        if to_top {
            self.copied = None;
        }

        let tokens = ui.tokens();
        let area = ui.available_rect_before_wrap();
        let width = (area.width() / columns.len() as f32).max(LEAST_WIDTH);
        let head_bottom = area.top() + column_head::height(tokens, width);
        let foot_top =
            (area.bottom() - JudgeBar::height(tokens, width, self.note.as_ref().is_some_and(NoteDraft::is_open))).max(head_bottom);
        let head = Rect::from_min_max(area.min, pos2(area.right(), head_bottom));
        let body = Rect::from_min_max(pos2(area.left(), head_bottom), pos2(area.right(), foot_top));
        let foot = Rect::from_min_max(pos2(area.left(), foot_top), area.max);

        let current = cx.state.current_column().filter(|_| columns.len() > 1);
        let before = self.column.replace(cx.state.bench.column);
        let is_wanted = CurrentColumn::read(ui.ctx()) == CurrentColumn::Wanted;
        let to_column = current.filter(|_| is_wanted || before.is_some_and(|before| before != cx.state.bench.column));
        let left = show_bodies(cx, &columns, ui, body, Scroll { width, to_top, to_column });
        let column_rect =
            |strip: Rect, index: usize| Rect::from_min_size(pos2(left + width * index as f32, strip.top()), vec2(width, strip.height()));
        let seen = column_rect(area, current.unwrap_or(0)).intersect(area).width();
        let whereabouts = if seen >= width * 0.5 { CurrentColumn::InView } else { CurrentColumn::OutOfView };
        whereabouts.tell(ui.ctx());
        let mut asked = None;
        for (index, column) in columns.iter().enumerate() {
            strip(ui, ("head", index), head, |ui| {
                if current.is_some() && column_head::select(ui, column, column_rect(head, index), current == Some(index)) {
                    cx.send(Command::Bench(BenchCommand::SelectColumn(index)));
                }
                column_head::show(ui, column, column_rect(head, index));
            });
            strip(ui, ("foot", index), foot, |ui| {
                let mut bar = JudgeBar { note: &mut self.note, copied: &mut self.copied };
                if bar.show(cx, ui, column, column_rect(foot, index)) {
                    asked = column.state.row().map(|row| row.id);
                }
            });
        }
        let painter = ui.painter().with_clip_rect(area);
        for index in 1..columns.len() {
            painter.vline(left + width * index as f32, area.y_range(), (1.0, tokens.line));
        }
        painter.hline(area.x_range(), head_bottom, (1.0, tokens.line));
        painter.hline(area.x_range(), foot_top, (1.0, tokens.line));
        ui.allocate_rect(area, Sense::hover());
        asked
    }

    /// Opens the note that is asked for. One that is left for another, or whose column went out of view, is kept as if its editor had lost the
    /// focus.
    fn turn_to_note(&mut self, cx: &Cx<'_>, run: &OpenRun, columns: &[Column<'_>]) {
        let in_view = |id: TrialId| columns.iter().filter_map(|column| column.state.row()).find(|row| row.id == id);
        let asked = cx.state.bench.noting.and_then(in_view);
        if let Some(draft) = self.note.take_if(|draft| asked.is_none_or(|row| row.id != draft.trial_id))
            && let Some(row) = run.row_by_id(draft.trial_id)
        {
            draft.keep(cx, row);
        }
        match (asked, cx.state.bench.noting) {
            (Some(row), _) => {
                self.note.get_or_insert_with(|| NoteDraft::of(row));
            }
            (None, Some(gone)) => cx.send(Command::Bench(BenchCommand::CloseNote(gone))),
            (None, None) => {}
        }
    }
}

/// Asks for the texts of answers in view that are not here, and in diff mode for their differences.
fn want_texts(cx: &Cx<'_>, run: &OpenRun, columns: &[Column<'_>]) {
    let run_id = run.plan.id;
    let missing = |id: &TrialId| !run.bodies.contains_key(id) && !run.asked_bodies.contains(id) && !run.unread_bodies.contains_key(id);
    let trials: Vec<TrialId> = columns.iter().filter_map(|column| column.state.row()).map(|row| row.id).filter(missing).collect();
    if !trials.is_empty() {
        cx.send(Command::Runs(RunCommand::WantBodies { run_id, trials }));
    }
    if cx.state.bench.diff {
        for (baseline, other) in columns.iter().filter_map(|column| column.baseline.zip(column.state.finished())) {
            if !run.diffs.contains_key(&(baseline.id, other.id)) {
                cx.send(Command::Runs(RunCommand::WantDiff { run_id, baseline: baseline.id, other: other.id }));
            }
        }
    }
}

/// How the answers are scrolled.
#[derive(Clone, Copy)]
struct Scroll {
    /// The width of each column, points.
    width: f32,
    to_top: bool,
    /// Bring this column into view.
    to_column: Option<usize>,
}

/// Draws the answers in `body`. Returns the left edge of the first column, scrolled.
fn show_bodies(cx: &Cx<'_>, columns: &[Column<'_>], ui: &mut Ui, body: Rect, scroll: Scroll) -> f32 {
    let Scroll { width, to_top, to_column } = scroll;
    let tokens = ui.tokens();
    let mut place = ui.new_child(UiBuilder::new().id_salt("answers").max_rect(body));
    let mut area = ScrollArea::both().id_salt("answers").auto_shrink(Vec2b::FALSE);
    if to_top {
        area = area.vertical_scroll_offset(0.0);
    }
    let shown = area.show(&mut place, |ui| {
        let origin = ui.cursor().min;
        let mut bottom = origin.y;
        for (index, column) in columns.iter().enumerate() {
            let left = origin.x + width * index as f32;
            let text =
                Rect::from_min_size(pos2(left + tokens.gap.l, origin.y + tokens.gap.m), vec2(width - 2.0 * tokens.gap.l, f32::INFINITY));
            let mut child = ui.new_child(UiBuilder::new().id_salt(("answer", column.target.label.as_str())).max_rect(text));
            child.set_clip_rect(Rect::from_x_y_ranges(left..=left + width, ui.clip_rect().y_range()).intersect(ui.clip_rect()));
            answer_body::show(cx, &mut child, column);
            bottom = bottom.max(child.min_rect().bottom());
        }
        let corner = pos2(origin.x + width * columns.len() as f32, bottom + tokens.gap.l);
        ui.allocate_rect(Rect::from_min_max(origin, corner), Sense::hover());
        if let Some(index) = to_column {
            let left = origin.x + width * index as f32;
            ui.scroll_to_rect(Rect::from_x_y_ranges(left..=left + width, ui.clip_rect().y_range()), None);
        }
        origin.x
    });
    shown.inner
}

/// Draws something that stays in its strip of the screen while the rest scrolls.
fn strip(ui: &mut Ui, id: (&str, usize), strip: Rect, content: impl FnOnce(&mut Ui)) {
    let mut child = ui.new_child(UiBuilder::new().id_salt(id).max_rect(strip));
    child.set_clip_rect(strip.intersect(ui.clip_rect()));
    content(&mut child);
}
