//! Ended trials on their way into the archive: many at once, so that it can commit in groups; tried again when it refuses.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::domain::{RunId, Trial};
use crate::provider::BoxFuture;

use super::{RecordError, Recorder};

/// The wait after the first refusal; each further one doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The wait once the run is being cancelled.
const HURRIED_WAIT: Duration = Duration::from_millis(100);
/// No try begins later than this after a cancel, so that it ends within a second; what is not stored by then is handed back.
const HURRY_ENDS_AFTER: Duration = Duration::from_millis(800);

/// A trial that is not stored yet.
pub(super) struct Unsaved {
    trial: Box<Trial>,
    failed_tries: u32,
}

/// What came of a try.
pub(super) enum Saved {
    /// It is stored.
    Stored(Box<Trial>),
    /// The archive refused it; it is tried again or handed back. `first` holds a copy when nobody has been told yet.
    Refused { first: Option<(Box<Trial>, String)> },
}

/// Stores trials through the recorder. It tries for as long as the run is open: what is in here has been paid for.
pub(super) struct Saver {
    recorder: Arc<dyn Recorder>,
    run_id: RunId,
    storing: FuturesUnordered<BoxFuture<'static, (Unsaved, Result<(), RecordError>)>>,
    waiting: Vec<(Instant, Unsaved)>,
    /// Trials that were refused at least once and are not stored.
    troubled: usize,
    /// Present once the run is being cancelled.
    hurry_until: Option<Instant>,
    /// Refused up to the end of the hurry.
    left: Vec<Trial>,
}

impl Saver {
    pub(super) fn new(recorder: Arc<dyn Recorder>, run_id: RunId) -> Self {
        Self { recorder, run_id, storing: FuturesUnordered::new(), waiting: Vec::new(), troubled: 0, hurry_until: None, left: Vec::new() }
    }

    /// Begins to store a trial.
    pub(super) fn store(&mut self, trial: Trial) {
        self.begin(Unsaved { trial: Box::new(trial), failed_tries: 0 });
    }

    fn begin(&self, unsaved: Unsaved) {
        let recording = self.recorder.record(self.run_id, &unsaved.trial);
        self.storing.push(Box::pin(async move {
            let result = recording.await;
            (unsaved, result)
        }));
    }

    /// The next try that is over; absent when none runs. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<(Unsaved, Result<(), RecordError>)> {
        self.storing.next().await
    }

    /// Sorts the result of a try.
    pub(super) fn sort(&mut self, (mut unsaved, result): (Unsaved, Result<(), RecordError>)) -> Saved {
        let known = unsaved.failed_tries > 0;
        let Err(error) = result else {
            self.troubled -= usize::from(known);
            return Saved::Stored(unsaved.trial);
        };
        self.troubled += usize::from(!known);
        let first = (!known).then(|| (unsaved.trial.clone(), error.to_string()));
        let now = Instant::now();
        let wait = match self.hurry_until {
            Some(_) => HURRIED_WAIT,
            None => FIRST_WAIT.saturating_mul(1 << unsaved.failed_tries.min(16)).min(LONGEST_WAIT),
        };
        unsaved.failed_tries += 1;
        if self.hurry_until.is_some_and(|end| now + wait > end) {
            self.left.push(*unsaved.trial);
        } else {
            self.waiting.push((now + wait, unsaved));
        }
        Saved::Refused { first }
    }

    /// From now on waits are short, and tries end soon.
    pub(super) fn hurry(&mut self) {
        let now = Instant::now();
        self.hurry_until.get_or_insert(now + HURRY_ENDS_AFTER);
        let soon = now + HURRIED_WAIT;
        for (at, _) in &mut self.waiting {
            *at = soon.min(*at);
        }
    }

    /// When the next try is due.
    pub(super) fn next_try_at(&self) -> Option<Instant> {
        self.waiting.iter().map(|(at, _)| *at).min()
    }

    /// Begins the tries that are due.
    pub(super) fn try_again(&mut self, now: Instant) {
        let (due, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().partition(|(at, _)| *at <= now);
        self.waiting = waiting;
        for (_, unsaved) in due {
            self.begin(unsaved);
        }
    }

    /// The archive takes what it is given.
    pub(super) fn is_well(&self) -> bool {
        self.troubled == 0
    }

    /// What the archive did not take in time after a cancel.
    pub(super) fn take_left(&mut self) -> Vec<Trial> {
        std::mem::take(&mut self.left)
    }

    /// Trials that are still to be stored, those handed back aside.
    pub(super) fn len(&self) -> usize {
        self.storing.len() + self.waiting.len()
    }

    /// A try runs.
    pub(super) fn is_storing(&self) -> bool {
        !self.storing.is_empty()
    }
}
