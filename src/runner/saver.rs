//! Ended trials, and under a cap reservations, on their way into the archive: many at once, so that it can commit in groups; tried again when it
//! refuses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use rust_decimal::Decimal;

use crate::domain::{Cell, RunId, Trial};
use crate::provider::BoxFuture;

use super::{RecordError, Recorder};

/// The wait after the first refusal; each further one doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The wait once the run is being cancelled.
const HURRIED_WAIT: Duration = Duration::from_millis(100);
/// No try begins later than this after a cancel, so that it ends within a second; what is not stored by then is handed back.
const HURRY_ENDS_AFTER: Duration = Duration::from_millis(800);

/// No trial starts while this many wait for the archive.
const MOST_UNSAVED: usize = 1_024;
/// No trial starts while texts of this many bytes wait for the archive.
const MOST_UNSAVED_BYTES: usize = 64 << 20;

/// Something that is not stored yet.
pub(super) struct Unsaved {
    entry: Entry,
    failed_tries: u32,
}

enum Entry {
    Trial(Arc<Trial>),
    /// What the trial of the cell at this place may cost.
    Reservation {
        place: u32,
        cell: Cell,
        amount: Decimal,
    },
    /// The attempt at this place was not sent; what its earlier ones cost stays.
    Release {
        place: u32,
        cell: Cell,
        keep: Decimal,
    },
}

/// What came of a try.
pub(super) enum Saved {
    /// It is stored.
    Stored(Arc<Trial>),
    /// The attempt at this place may be sent.
    Reserved(u32),
    /// The archive refused a trial; it is tried again or handed back. `first` holds a copy when nobody has been told yet.
    Refused { first: Option<(Arc<Trial>, String)> },
    /// The archive refused a reservation, which is tried again. `first` holds the reason when nobody has been told yet.
    NotReserved { first: Option<String> },
    /// What was set aside is so no more, or stays on the disk until the trial or the end of the run is stored: too much may be set aside, never too little.
    Released,
}

/// Stores trials through the recorder. It tries for as long as the run is open: what is in here has been paid for.
pub(super) struct Saver {
    recorder: Arc<dyn Recorder>,
    run_id: RunId,
    storing: FuturesUnordered<BoxFuture<'static, (Unsaved, Result<(), RecordError>)>>,
    waiting: Vec<(Instant, Unsaved)>,
    /// Places whose reservation or release is not over, and what follows it: of one cell the archive hears one thing after the other.
    busy: BTreeMap<u32, Option<Entry>>,
    /// Bytes of the texts of the trials that are still to be stored.
    text_bytes: usize,
    /// Entries that were refused at least once and are not stored.
    troubled: usize,
    /// Present once the run is being cancelled.
    hurry_until: Option<Instant>,
    /// Refused up to the end of the hurry.
    left: Vec<Trial>,
}

impl Saver {
    pub(super) fn new(recorder: Arc<dyn Recorder>, run_id: RunId) -> Self {
        Self {
            recorder,
            run_id,
            storing: FuturesUnordered::new(),
            waiting: Vec::new(),
            busy: BTreeMap::new(),
            text_bytes: 0,
            troubled: 0,
            hurry_until: None,
            left: Vec::new(),
        }
    }

    /// Begins to store a trial.
    pub(super) fn store(&mut self, trial: Trial) {
        self.text_bytes += trial.body.text_bytes();
        self.begin(Unsaved { entry: Entry::Trial(Arc::new(trial)), failed_tries: 0 });
    }

    /// Begins to set aside what the trial of a cell may cost.
    pub(super) fn reserve(&mut self, place: u32, cell: Cell, amount: Decimal) {
        self.follow(place, Entry::Reservation { place, cell, amount });
    }

    /// Begins to take away what was set aside for an attempt of which it is certain that it is not sent.
    pub(super) fn release(&mut self, place: u32, cell: Cell, keep: Decimal) {
        self.follow(place, Entry::Release { place, cell, keep });
    }

    fn follow(&mut self, place: u32, entry: Entry) {
        if let Some(next) = self.busy.get_mut(&place) {
            // What was to follow has not begun, and says less than this.
            *next = Some(entry);
        } else {
            self.busy.insert(place, None);
            self.begin(Unsaved { entry, failed_tries: 0 });
        }
    }

    /// The reservation or release of this place is over; true when another thing follows it.
    fn over(&mut self, place: u32) -> bool {
        let next = self.busy.remove(&place).flatten();
        let follows = next.is_some();
        if let Some(entry) = next {
            self.follow(place, entry);
        }
        follows
    }

    fn begin(&self, unsaved: Unsaved) {
        let recording = match &unsaved.entry {
            Entry::Trial(trial) => self.recorder.record(self.run_id, Arc::clone(trial)),
            Entry::Reservation { cell, amount, .. } => self.recorder.reserve(self.run_id, *cell, *amount),
            Entry::Release { cell, keep, .. } => self.recorder.release(self.run_id, *cell, *keep),
        };
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
            return match unsaved.entry {
                Entry::Trial(trial) => {
                    self.text_bytes -= trial.body.text_bytes();
                    Saved::Stored(trial)
                }
                // What was given back meanwhile is not sent.
                Entry::Reservation { place, .. } => {
                    if self.over(place) {
                        Saved::Released
                    } else {
                        Saved::Reserved(place)
                    }
                }
                Entry::Release { place, .. } => {
                    self.over(place);
                    Saved::Released
                }
            };
        };
        let told = |error: RecordError| (!known).then(|| error.to_string());
        let refused = match &unsaved.entry {
            // Nothing more is sent, so nothing is set aside.
            Entry::Reservation { place, .. } if self.hurry_until.is_some() => {
                self.troubled -= usize::from(known);
                self.over(*place);
                return Saved::NotReserved { first: None };
            }
            Entry::Reservation { .. } => Saved::NotReserved { first: told(error) },
            // Not tried again: that could come after the next reservation of the cell.
            Entry::Release { place, .. } => {
                self.over(*place);
                return Saved::Released;
            }
            Entry::Trial(trial) => Saved::Refused { first: told(error).map(|reason| (Arc::clone(trial), reason)) },
        };
        self.troubled += usize::from(!known);
        let now = Instant::now();
        let wait = match self.hurry_until {
            Some(_) => HURRIED_WAIT,
            None => FIRST_WAIT.saturating_mul(1 << unsaved.failed_tries.min(16)).min(LONGEST_WAIT),
        };
        unsaved.failed_tries += 1;
        match unsaved.entry {
            Entry::Trial(trial) if self.hurry_until.is_some_and(|end| now + wait > end) => self.left.push(Arc::unwrap_or_clone(trial)),
            _ => self.waiting.push((now + wait, unsaved)),
        }
        refused
    }

    /// From now on waits are short, tries end soon, and nothing is set aside any more.
    pub(super) fn hurry(&mut self) {
        let now = Instant::now();
        self.hurry_until.get_or_insert(now + HURRY_ENDS_AFTER);
        let before = self.waiting.len();
        for (_, unsaved) in self.waiting.extract_if(.., |(_, unsaved)| !matches!(unsaved.entry, Entry::Trial(_))) {
            if let Entry::Reservation { place, .. } = unsaved.entry {
                self.busy.remove(&place);
            }
        }
        self.troubled -= before - self.waiting.len();
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

    /// Entries that are still to be stored, those handed back aside.
    pub(super) fn len(&self) -> usize {
        self.storing.len() + self.waiting.len()
    }

    /// So little waits to be stored that more may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.len() < MOST_UNSAVED && self.text_bytes < MOST_UNSAVED_BYTES
    }

    /// A try runs.
    pub(super) fn is_storing(&self) -> bool {
        !self.storing.is_empty()
    }
}
