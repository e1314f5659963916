//! What attempts are measured under: whether the computer slept meanwhile, and how late this program got to run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Timing, whole_us};

use super::load_watch::{LoadWatch, Watching};
use super::sleep_clock::{SleepClock, SystemSleepClock, slept_between};

/// Watches over attempts. Clones share what they watch.
#[derive(Clone)]
pub struct Conditions {
    clock: Arc<dyn SleepClock>,
    /// Absent: nobody looks how late this program gets to run.
    load: Option<Arc<LoadWatch>>,
}

impl fmt::Debug for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conditions").field("load", &self.load.is_some()).finish_non_exhaustive()
    }
}

impl Conditions {
    /// Those of this computer: its clocks, and a timer on the runtime that measures.
    pub fn of_this_computer() -> Self {
        Self { clock: Arc::new(SystemSleepClock), load: Some(Arc::default()) }
    }

    /// Sleep is told by `clock`, and nobody looks how late this program gets to run: for tests.
    pub fn told_by(clock: impl SleepClock + 'static) -> Self {
        Self { clock: Arc::new(clock), load: None }
    }

    /// What tells how long the computer has slept.
    pub(super) fn clock(&self) -> Arc<dyn SleepClock> {
        Arc::clone(&self.clock)
    }

    /// An attempt begins.
    pub(super) fn begin(&self) -> Measuring {
        Measuring { clock: self.clock(), slept_before: self.clock.slept(), load: self.load.as_ref().map(LoadWatch::begin) }
    }
}

/// An attempt that is being measured.
pub(super) struct Measuring {
    clock: Arc<dyn SleepClock>,
    slept_before: Duration,
    load: Option<Watching>,
}

impl Measuring {
    /// The attempt is over: notes in its stamps what disturbed them.
    pub(super) fn end(self, timing: &mut Timing) {
        timing.slept_us = whole_us(slept_between(self.slept_before, self.clock.slept()));
        timing.load_delay_us = self.load.map(|load| whole_us(load.worst()));
    }
}
