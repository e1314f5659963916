//! Facts on their way out: none is lost, none is waited for.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::domain::{RunEvent, RunEventKind, RunId};

/// Facts that a slow listener has not taken yet, in order. The run goes on meanwhile; only new trials wait when there are many.
pub(super) struct Outbox {
    run_id: RunId,
    events: mpsc::Sender<RunEvent>,
    waiting: VecDeque<RunEventKind>,
}

impl Outbox {
    pub(super) fn new(run_id: RunId, events: mpsc::Sender<RunEvent>) -> Self {
        Self { run_id, events, waiting: VecDeque::new() }
    }

    /// Tells a fact, now or as soon as there is room.
    pub(super) fn tell(&mut self, kind: RunEventKind) {
        self.waiting.push_back(kind);
        while !self.waiting.is_empty() {
            match self.events.try_reserve() {
                Ok(permit) => send_next(self.run_id, &mut self.waiting, permit),
                Err(mpsc::error::TrySendError::Full(())) => return,
                // Nobody listens: the run is stored all the same.
                Err(mpsc::error::TrySendError::Closed(())) => self.waiting.clear(),
            }
        }
    }

    /// Tells a fact that may as well be told later, if there is room now; otherwise `make` is not called.
    pub(super) fn tell_if_room(&self, make: impl FnOnce() -> Option<RunEventKind>) -> bool {
        if !self.waiting.is_empty() {
            return false;
        }
        match self.events.try_reserve() {
            Ok(permit) => {
                if let Some(kind) = make() {
                    permit.send(RunEvent { run_id: self.run_id, kind });
                }
                true
            }
            Err(mpsc::error::TrySendError::Full(())) => false,
            Err(mpsc::error::TrySendError::Closed(())) => true,
        }
    }

    /// Waits for room and tells the next waiting fact. Cancel-safe.
    pub(super) async fn tell_next(&mut self) {
        match self.events.reserve().await {
            Ok(permit) => send_next(self.run_id, &mut self.waiting, permit),
            Err(_closed) => self.waiting.clear(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

fn send_next(run_id: RunId, waiting: &mut VecDeque<RunEventKind>, permit: mpsc::Permit<'_, RunEvent>) {
    if let Some(kind) = waiting.pop_front() {
        permit.send(RunEvent { run_id, kind });
    }
}
