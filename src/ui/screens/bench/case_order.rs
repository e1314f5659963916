//! Which cases the list shows under the filter and the search: worked out when something changes, not in every frame.

use crate::analysis::Filter;
use crate::app::{AppState, CaseRow, OpenRun};
use crate::domain::{Cell, PromptSetId, RunId, TrialRow, TrialStatus};
use crate::ui::widgets::Mark;

/// What the rows depend on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    set: Option<(PromptSetId, u64, usize)>,
    run: Option<(RunId, u64)>,
    as_sent: bool,
    figures: Option<u64>,
    filter: Filter,
    search: String,
}

/// The rows, with what they were made from.
#[derive(Default)]
pub(super) struct CaseOrder {
    key: Option<Key>,
    rows: Vec<CaseRow>,
}

impl CaseOrder {
    /// The rows of now.
    pub(super) fn rows(&mut self, state: &AppState) -> &[CaseRow] {
        let key = key(state);
        if self.key.as_ref() != Some(&key) {
            self.rows = state.listed_cases();
            self.key = Some(key);
        }
        &self.rows
    }
}

fn key(state: &AppState) -> Key {
    let query = &state.bench.query;
    let run = state.run_in_view();
    let narrowed = query.filter != Filter::All || !query.search.trim().is_empty();
    Key {
        set: state.bench.set_id.and_then(|id| state.prompts.open.get(&id).map(|set| (id, set.revision, set.cases.len()))),
        as_sent: state.bench.as_sent,
        run: run.zip(state.bench.run).map(|(run, id)| (id, if narrowed { run.revision } else { 0 })),
        figures: run.filter(|_| narrowed).and_then(|run| run.figures()).map(|figures| figures.revision),
        filter: query.filter,
        search: query.search.clone(),
    }
}

/// How a planned case stands at a target: the worst over its repeats.
pub(super) fn case_mark(run: &OpenRun, case_index: u32, target_index: u32) -> Mark {
    let mut worst = Mark::Finished;
    for repeat in 0..run.plan.settings.repeats {
        let cell = Cell { case_index, target_index, repeat };
        let mark = if run.live_cell(cell).is_some() {
            Mark::Running
        } else {
            match run.row(cell).map(TrialRow::own_status) {
                None => Mark::Waiting,
                Some(TrialStatus::Finished) => Mark::Finished,
                Some(TrialStatus::Failed) => Mark::Failed,
                Some(TrialStatus::Cancelled) => Mark::Cancelled,
            }
        };
        if gravity(mark) > gravity(worst) {
            worst = mark;
        }
        if worst == Mark::Failed {
            break;
        }
    }
    worst
}

fn gravity(mark: Mark) -> u8 {
    match mark {
        Mark::Finished => 0,
        Mark::Waiting => 1,
        Mark::Running => 2,
        Mark::Cancelled => 3,
        Mark::Failed => 4,
    }
}
