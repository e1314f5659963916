//! Ended trials on their way into the archive: many at once, so that it can commit in groups; tried again when it refuses.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::domain::{RunId, Trial};
use crate::provider::BoxFuture;

use super::{RecordError, Recorder};

/// Waits between tries to store a trial; after the last try the run gives up.
const WAITS: [Duration; 4] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The wait once the run is being cancelled: all tries must end within a second.
const HURRIED_WAIT: Duration = Duration::from_millis(100);

/// A trial that is not stored yet.
pub(super) struct Unsaved {
    trial: Box<Trial>,
    failed_tries: usize,
}

/// What came of a try.
pub(super) enum Saved {
    /// It is stored.
    Stored(Box<Trial>),
    /// The archive refused it; it is tried again. `first` holds a copy when nobody has been told yet.
    Refused { first: Option<(Box<Trial>, String)> },
    /// The archive refused it for the last time.
    GivenUp,
}

/// Stores trials through the recorder.
pub(super) struct Saver {
    recorder: Arc<dyn Recorder>,
    run_id: RunId,
    storing: FuturesUnordered<BoxFuture<'static, (Unsaved, Result<(), RecordError>)>>,
    waiting: Vec<(Instant, Unsaved)>,
    /// Trials that were refused at least once and are not stored.
    troubled: usize,
    hurried: bool,
}

impl Saver {
    pub(super) fn new(recorder: Arc<dyn Recorder>, run_id: RunId) -> Self {
        Self { recorder, run_id, storing: FuturesUnordered::new(), waiting: Vec::new(), troubled: 0, hurried: false }
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
        let Some(wait) = WAITS.get(unsaved.failed_tries) else {
            return Saved::GivenUp;
        };
        let wait = if self.hurried { HURRIED_WAIT } else { *wait };
        unsaved.failed_tries += 1;
        self.waiting.push((Instant::now() + wait, unsaved));
        Saved::Refused { first }
    }

    /// From now on waits are short.
    pub(super) fn hurry(&mut self) {
        self.hurried = true;
        let soon = Instant::now() + HURRIED_WAIT;
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

    /// Trials not stored yet, those given up aside.
    pub(super) fn len(&self) -> usize {
        self.storing.len() + self.waiting.len()
    }

    /// A try runs.
    pub(super) fn is_storing(&self) -> bool {
        !self.storing.is_empty()
    }
}
