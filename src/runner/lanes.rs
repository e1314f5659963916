//! Who goes next: one queue per target over the rooms of its connections.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{ConnectionId, FailureKind, RunTarget};
use crate::provider::AttemptReport;

use super::breaker::{Breaker, Turn, Verdict};
use super::limits::{ConnectionRoom, Pace, RoomHeard, Ticket};
use super::refusals::{Refusals, TooManyRefused};
use super::told::Told;

/// The queues of all targets. Trials go by their place in the sending order.
///
/// A free slot goes to the target with the fewest requests in flight, then to the lowest place: while all are equally fast that
/// is the sending order, and a slow target cannot fill the slots that others wait for. A target whose connection has no room, or whose
/// model is left alone after failures or has nothing left by its headers, is passed over. A trial in backoff holds no slot; a target has at most `slots` trials open, so a broken one cannot pile them up.
pub(super) struct Lanes {
    by_target: Vec<Lane>,
    rooms: Vec<ConnectionRoom>,
    /// By room.
    refusals: Vec<Refusals>,
    models: Vec<Model>,
    slots: u32,
    in_flight: u32,
}

/// One model at one connection.
struct Model {
    breaker: Breaker,
    told: Told,
    refusals: Refusals,
}

impl Model {
    fn lets_through(&self, now: Instant) -> bool {
        self.breaker.lets_through(now) && self.told.opens_at(now).is_none()
    }
}

struct Lane {
    room: usize,
    model: usize,
    /// Places of cells not sent yet: its own, ascending, then those that fall back to it.
    fresh: VecDeque<u32>,
    /// Places of trials whose backoff is over.
    due: VecDeque<u32>,
    in_flight: u32,
    /// Trials begun and not ended: in flight, in backoff or due.
    open: u32,
}

/// The trial that may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) target: usize,
    pub(super) place: u32,
    /// It has been sent before.
    pub(super) retry: bool,
}

/// A picked trial that has its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Started {
    pub(super) ticket: Ticket,
    /// Its model failed before, and this one shows whether it works again.
    pub(super) probes: bool,
}

/// What an attempt that is over changed.
pub(super) struct Heard {
    pub(super) pace: Option<Pace>,
    /// Its model has nothing left for so long, which is news.
    pub(super) used_up: Option<Duration>,
    pub(super) turn: Option<Turn>,
    pub(super) refused: Option<Refused>,
}

/// What refused so much that nothing more is sent to it.
pub(super) struct Refused {
    /// Not only the model that was asked last.
    pub(super) whole_connection: bool,
    pub(super) too_many: TooManyRefused,
}

impl Lane {
    fn head(&self, slots: u32) -> Option<(u32, bool)> {
        let fresh = self.fresh.front().filter(|_| self.open < slots).map(|place| (*place, false));
        self.due.front().map(|place| (*place, true)).or(fresh)
    }
}

impl Lanes {
    /// `slots`: requests in flight in the whole run, at least 1.
    pub(super) fn new(targets: &[RunTarget], slots: u32) -> Self {
        let mut rooms = Vec::new();
        let mut room_of: HashMap<ConnectionId, usize> = HashMap::new();
        let mut model_of: HashMap<(ConnectionId, &str), usize> = HashMap::new();
        let by_target = targets
            .iter()
            .map(|target| {
                let room = *room_of.entry(target.connection.id).or_insert_with(|| {
                    rooms.push(ConnectionRoom::new(&target.connection, slots.max(1)));
                    rooms.len() - 1
                });
                let next = model_of.len();
                let model = *model_of.entry((target.connection.id, &target.model)).or_insert(next);
                Lane { room, model, fresh: VecDeque::new(), due: VecDeque::new(), in_flight: 0, open: 0 }
            })
            .collect();
        let models =
            (0..model_of.len()).map(|_| Model { breaker: Breaker::new(), told: Told::default(), refusals: Refusals::default() }).collect();
        let refusals = rooms.iter().map(|_| Refusals::default()).collect();
        Self { by_target, rooms, refusals, models, slots: slots.max(1), in_flight: 0 }
    }

    /// Queues a cell that was never sent: those of the target itself in ascending order, then those that fall back to it.
    pub(super) fn push_fresh(&mut self, target: usize, place: u32) {
        self.by_target[target].fresh.push_back(place);
    }

    /// The backoff of an open trial is over.
    pub(super) fn push_due(&mut self, target: usize, place: u32) {
        self.by_target[target].due.push_back(place);
    }

    /// The next trial to send, passing over the targets in `held_back`. It stays queued until [`Self::start`] or [`Self::drop_head`].
    pub(super) fn pick(&self, now: Instant, held_back: &[bool]) -> Option<Pick> {
        if self.in_flight >= self.slots {
            return None;
        }
        let candidates = self.by_target.iter().enumerate().filter(|(target, lane)| {
            !held_back[*target] && self.rooms[lane.room].has_room(now) && self.models[lane.model].lets_through(now)
        });
        candidates
            .filter_map(|(target, lane)| lane.head(self.slots).map(|(place, retry)| (lane.in_flight, Pick { target, place, retry })))
            .min_by_key(|(in_flight, pick)| (*in_flight, pick.place))
            .map(|(_, pick)| pick)
    }

    /// Requests of a target in flight.
    pub(super) fn in_flight_of(&self, target: usize) -> u32 {
        self.by_target[target].in_flight
    }

    /// When a connection that is held back, or a model that is left alone, next opens for a target that waits for it.
    pub(super) fn opens_at(&self, now: Instant) -> Option<Instant> {
        self.by_target
            .iter()
            .filter(|lane| lane.head(self.slots).is_some())
            .filter_map(|lane| {
                let model = &self.models[lane.model];
                self.rooms[lane.room].opens_at(now).max(model.breaker.opens_at(now)).max(model.told.opens_at(now))
            })
            .min()
    }

    /// Tokens of this target count against a limit per minute.
    pub(super) fn counts_tokens(&self, target: usize) -> bool {
        self.rooms[self.by_target[target].room].counts_tokens()
    }

    /// The connection has so many tokens left in this minute; otherwise it waits for them.
    pub(super) fn has_tokens(&mut self, target: usize, now: Instant, tokens: u64) -> bool {
        let room = self.by_target[target].room;
        self.rooms[room].has_tokens(now, tokens)
    }

    /// So many tokens were counted for an attempt; 0 when it was not taken.
    pub(super) fn count_tokens(&mut self, target: usize, ticket: Ticket, tokens: u64) {
        let room = self.by_target[target].room;
        self.rooms[room].count_tokens(ticket.tokens, tokens);
    }

    /// Learns from the attempt of the trial at this place; before [`Self::finish`].
    pub(super) fn hear(&mut self, target: usize, place: u32, ticket: Ticket, report: &AttemptReport, now: Instant) -> Heard {
        let lane = &self.by_target[target];
        let refused = matches!(&report.result, Err(error) if error.kind == FailureKind::RateLimited);
        let RoomHeard { pace, wait } = self.rooms[lane.room].hear(report, refused, now);
        let model = &mut self.models[lane.model];
        let used_up = model.told.learn(ticket.number, report, now);
        let verdict = match Verdict::of(&report.result, report.http_status) {
            // This computer's sleep broke it.
            Verdict::Broken if report.timing.slept() => Verdict::Unsure,
            verdict => verdict,
        };
        let turn = model.breaker.hear(place, verdict, now);
        let rows = [&mut self.refusals[lane.room], &mut model.refusals];
        let [of_connection, of_model] = rows.map(|row| match verdict {
            _ if refused => row.refused(report.started, wait, now),
            Verdict::Works => {
                row.taken();
                None
            }
            Verdict::Broken | Verdict::Unsure => None,
        });
        let refused = of_connection.or(of_model).map(|too_many| Refused { whole_connection: of_connection.is_some(), too_many });
        Heard { pace, used_up, turn, refused }
    }

    /// The targets that share the breaker of this one, itself included.
    pub(super) fn broken_with(&self, target: usize) -> Vec<usize> {
        let model = self.by_target[target].model;
        self.by_target.iter().enumerate().filter(|(_, lane)| lane.model == model).map(|(target, _)| target).collect()
    }

    /// The targets that share the connection of this one, itself included.
    pub(super) fn connected_with(&self, target: usize) -> Vec<usize> {
        let room = self.by_target[target].room;
        self.by_target.iter().enumerate().filter(|(_, lane)| lane.room == room).map(|(target, _)| target).collect()
    }

    /// Empties the queue of trials whose backoff is over.
    pub(super) fn drop_due(&mut self, target: usize) {
        self.by_target[target].due.clear();
    }

    /// The picked trial, of about so many tokens, has a slot from now on.
    pub(super) fn start(&mut self, pick: Pick, now: Instant, tokens: u64) -> Started {
        self.drop_head(pick);
        let lane = &mut self.by_target[pick.target];
        lane.in_flight += 1;
        lane.open += u32::from(!pick.retry);
        self.in_flight += 1;
        let model = &mut self.models[lane.model];
        let ticket = Ticket { number: model.told.start(), tokens: self.rooms[lane.room].start(now, tokens) };
        Started { ticket, probes: model.breaker.start(pick.place) }
    }

    /// A trial that was taken at `taken` is sent now: a limit per minute counts from here.
    pub(super) fn begins(&mut self, target: usize, taken: Instant, now: Instant) {
        let room = self.by_target[target].room;
        self.rooms[room].restart(taken, now);
    }

    /// A picked trial that was not sent after all is first in its queue again.
    pub(super) fn give_back(&mut self, pick: Pick, ticket: Ticket, now: Instant) {
        self.count_tokens(pick.target, ticket, 0);
        self.finish(pick.target);
        let lane = &mut self.by_target[pick.target];
        self.models[lane.model].breaker.give_back(pick.place, now);
        lane.open -= u32::from(!pick.retry);
        let queue = if pick.retry { &mut lane.due } else { &mut lane.fresh };
        queue.push_front(pick.place);
    }

    /// The picked trial leaves its queue without being sent.
    pub(super) fn drop_head(&mut self, pick: Pick) {
        let lane = &mut self.by_target[pick.target];
        let queue = if pick.retry { &mut lane.due } else { &mut lane.fresh };
        queue.pop_front();
    }

    /// An attempt is over; its slot is free.
    pub(super) fn finish(&mut self, target: usize) {
        let lane = &mut self.by_target[target];
        lane.in_flight -= 1;
        self.in_flight -= 1;
        self.rooms[lane.room].finish();
    }

    /// An open trial ended.
    pub(super) fn close(&mut self, target: usize) {
        self.by_target[target].open -= 1;
    }

    /// Takes the next cell of a target that cannot be sent to.
    pub(super) fn pop_fresh(&mut self, target: usize) -> Option<u32> {
        self.by_target[target].fresh.pop_front()
    }

    /// Takes the next trial of such a target whose backoff is over.
    pub(super) fn pop_due(&mut self, target: usize) -> Option<u32> {
        self.by_target[target].due.pop_front()
    }

    /// Empties all queues; `true` when a cell was left that was never sent.
    pub(super) fn clear(&mut self) -> bool {
        let mut unsent = false;
        for lane in &mut self.by_target {
            unsent |= !lane.fresh.is_empty();
            lane.fresh.clear();
            lane.due.clear();
        }
        unsent
    }

    /// Nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.by_target.iter().all(|lane| lane.fresh.is_empty() && lane.due.is_empty())
    }
}
