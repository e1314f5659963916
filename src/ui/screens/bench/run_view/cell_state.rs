//! Where one cell of the run stands.

use crate::app::{LiveCell, OpenRun};
use crate::domain::{Cell, TrialRow, TrialStatus};
use crate::ui::widgets::Mark;

/// Where one cell of the run stands.
#[derive(Clone, Copy)]
pub(super) enum CellState<'a> {
    /// In flight.
    Streaming(&'a LiveCell),
    /// Its current trial.
    Ended(&'a TrialRow),
    /// The run goes on and has not come to it.
    Queued,
    /// The run stopped before it.
    NotSent,
}

impl<'a> CellState<'a> {
    /// Of this cell. A trial that is being sent again shows the new one.
    pub(super) fn of(run: &'a OpenRun, cell: Cell) -> Self {
        match (run.live_cell(cell), run.row(cell)) {
            (Some(live), _) => Self::Streaming(live),
            (None, Some(row)) => Self::Ended(row),
            (None, None) if run.live.is_some() => Self::Queued,
            (None, None) => Self::NotSent,
        }
    }

    /// Its trial, when it has ended.
    pub(super) fn row(self) -> Option<&'a TrialRow> {
        match self {
            Self::Ended(row) => Some(row),
            Self::Streaming(_) | Self::Queued | Self::NotSent => None,
        }
    }

    /// Its trial, when it has finished with a whole answer of the target itself.
    pub(super) fn finished(self) -> Option<&'a TrialRow> {
        self.row().filter(|row| row.own_status() == TrialStatus::Finished)
    }
}

/// The sign of how a trial ended.
pub(super) fn mark_of(status: TrialStatus) -> Mark {
    match status {
        TrialStatus::Finished => Mark::Finished,
        TrialStatus::Failed => Mark::Failed,
        TrialStatus::Cancelled => Mark::Cancelled,
    }
}
