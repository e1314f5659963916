//! How much one connection takes: requests at once, requests a minute, tokens a minute, and how its refusals change that. One room for
//! all its models: a refusal does not say what it counts, and a connection that is sent too little finds its pace again, one that is sent too much is refused.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Connection, Limits, PaceCause};
use crate::provider::AttemptReport;

use super::adaptive::Adaptive;
use super::retry::LONGEST_ASKED_WAIT;
use super::token_window::TokenWindow;

/// The span over which `max_per_minute` counts.
const MINUTE: Duration = Duration::from_mins(1);
/// A connection that refuses even one at a time, and does not say for how long, is left alone for so long; each further time for twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// That doubling ends after so many times: at 16 s.
const PAUSE_DOUBLINGS: u32 = 3;
/// A wait that grows by less than this is no news.
pub(super) const NEWS: Duration = Duration::from_secs(1);

/// The room that one connection has left.
pub(super) struct ConnectionRoom {
    adaptive: Adaptive,
    max_per_minute: Option<usize>,
    in_flight: u32,
    /// Starts within the last minute, oldest first; kept only under a limit per minute.
    starts: VecDeque<Instant>,
    /// Present under a limit of tokens a minute.
    tokens: Option<TokenWindow>,
    /// A request waits for tokens until then.
    tokens_open_at: Option<Instant>,
    /// The server asked for silence until then.
    held_until: Option<Instant>,
    /// It refused, did not say for how long, and has answered nothing since: it is sent one at a time, as a question whether it takes any.
    is_asked: bool,
    /// Times that it refused that.
    refused_alone: u32,
}

/// A request that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// How many were started to its model at its connection before it.
    pub(super) number: u64,
    /// Its number in the token window of its connection.
    pub(super) tokens: Option<u64>,
}

/// A connection is sent more or less from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) at_once: u32,
    pub(super) most: u32,
    pub(super) held: Option<Duration>,
    pub(super) cause: PaceCause,
}

/// What a request that is over changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoomHeard {
    pub(super) pace: Option<Pace>,
    /// Nothing is sent for so long because of its refusal.
    pub(super) wait: Duration,
}

impl ConnectionRoom {
    /// `slots`: requests in flight in the whole run. What a ramp found is where it begins; refusals and answers move it from there.
    pub(super) fn new(connection: &Connection, slots: u32) -> Self {
        let Limits { max_in_flight, max_per_minute, max_tokens_per_minute, .. } = connection.limits;
        let most = max_in_flight.map_or(slots, |max| max.min(slots));
        let found = connection.found_limit.as_ref().and_then(|found| found.at_once());
        Self {
            adaptive: Adaptive::new(most, found.unwrap_or(most)),
            max_per_minute: max_per_minute.map(|max| max.max(1) as usize),
            in_flight: 0,
            starts: VecDeque::new(),
            tokens: max_tokens_per_minute.map(TokenWindow::new),
            tokens_open_at: None,
            held_until: None,
            is_asked: false,
            refused_alone: 0,
        }
    }

    /// One more request may start now, as far as its tokens do not matter. At most `max_per_minute` start within any 60 s, not within each minute of the
    /// clock.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        let at_once = if self.is_asked { 1 } else { self.adaptive.at_once() };
        self.in_flight < at_once && self.opens_at(now).is_none()
    }

    /// When the limits per minute and the server let the next request through; absent when they do now.
    pub(super) fn opens_at(&self, now: Instant) -> Option<Instant> {
        let waits = [self.minute_opens_at(now), self.tokens_open_at, self.held_until];
        waits.into_iter().flatten().filter(|at| *at > now).max()
    }

    fn minute_opens_at(&self, now: Instant) -> Option<Instant> {
        let max = self.max_per_minute?;
        let deciding = *self.starts.get(self.starts.len().checked_sub(max)?)?;
        Some(deciding + MINUTE).filter(|at| *at > now)
    }

    /// Tokens count here.
    pub(super) fn counts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// A request of about so many tokens may start now; otherwise nothing starts until it may, so that a long prompt is not passed over for ever.
    pub(super) fn has_tokens(&mut self, now: Instant, tokens: u64) -> bool {
        self.tokens_open_at = self.tokens.as_mut().and_then(|window| window.opens_at(now, tokens));
        self.tokens_open_at.is_none()
    }

    /// A request of about so many tokens starts; gives its number in the token window.
    pub(super) fn start(&mut self, now: Instant, tokens: u64) -> Option<u64> {
        self.in_flight += 1;
        if let Some(max) = self.max_per_minute {
            self.starts.push_back(now);
            if self.starts.len() > max {
                self.starts.pop_front();
            }
        }
        self.tokens.as_mut().map(|window| window.start(now, tokens))
    }

    /// A request that was to start at `taken` starts at `now`.
    pub(super) fn restart(&mut self, taken: Instant, now: Instant) {
        if let Some(at) = self.starts.iter().position(|start| *start == taken) {
            self.starts.remove(at);
            self.starts.push_back(now);
        }
    }

    /// A request is over.
    pub(super) fn finish(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// So many tokens were counted for the request with this number in the token window; 0 when it was not sent, or not taken.
    pub(super) fn count_tokens(&mut self, number: Option<u64>, tokens: u64) {
        if let (Some(window), Some(number)) = (&mut self.tokens, number) {
            window.correct(number, tokens);
            // What waits may go earlier by now.
            self.tokens_open_at = None;
        }
    }

    /// Learns from a request that is over and not yet taken out by [`Self::finish`]. `refused`: it was one too many (429).
    pub(super) fn hear(&mut self, report: &AttemptReport, refused: bool, now: Instant) -> RoomHeard {
        let asked = report.retry_after.filter(|asked| refused && *asked <= LONGEST_ASKED_WAIT);
        let before = self.opens_at(now);
        let at_once = self.adaptive.at_once();
        let is_burst = refused && self.adaptive.refused(report.started, now);
        let halved = self.adaptive.at_once() < at_once;
        let wait = asked.or_else(|| if is_burst { self.question() } else { None });
        if let Some(wait) = wait {
            self.held_until = self.held_until.max(Some(now + wait));
        }
        let is_answered = report.result.is_ok();
        // A failure of another kind shows as well that it takes requests.
        if is_answered || (!refused && report.http_status.is_some()) {
            (self.is_asked, self.refused_alone) = (false, 0);
        }
        let grown = is_answered && self.adaptive.answered(self.in_flight);
        let until = self.opens_at(now);
        let is_news = until.is_some_and(|until| until > before.unwrap_or(now) + NEWS);
        let cause = match (halved || (wait.is_some() && is_news), grown) {
            (true, _) => Some(PaceCause::Refused),
            (_, true) => Some(PaceCause::Answered),
            _ => None,
        };
        let held = self.held_until.map(|until| until.saturating_duration_since(now)).filter(|held| !held.is_zero());
        let pace = cause.map(|cause| Pace { at_once: self.adaptive.at_once(), most: self.adaptive.most(), held, cause });
        RoomHeard { pace, wait: wait.unwrap_or_default() }
    }

    /// From a refusal on one request at a time asks whether it takes any; gives the pause before the next one when that was refused too.
    fn question(&mut self) -> Option<Duration> {
        if !std::mem::replace(&mut self.is_asked, true) {
            return None;
        }
        let pause = FIRST_PAUSE * (1 << self.refused_alone.min(PAUSE_DOUBLINGS));
        self.refused_alone += 1;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FailureKind, FoundBound, FoundLimit};
    use crate::provider::CallError;
    use crate::runner::testing::{Bench, blank_report};

    fn room(limits: Limits) -> ConnectionRoom {
        let mut connection = Bench::new(1, 1).plan.targets[0].connection.clone();
        connection.limits = limits;
        ConnectionRoom::new(&connection, 1_000)
    }

    fn refusal(started: Instant, retry_after: Option<Duration>) -> AttemptReport {
        let error = CallError { kind: FailureKind::RateLimited, message: String::new(), retryable: true };
        AttemptReport { started, result: Err(error), retry_after, ..blank_report() }
    }

    #[test]
    fn a_refusal_halves_and_its_wait_holds_the_whole_connection() {
        let mut room = room(Limits { max_in_flight: Some(8), ..Limits::default() });
        let now = Instant::now();
        (0..8).for_each(|_| _ = room.start(now, 0));
        let asked = Duration::from_secs(7);
        let heard = room.hear(&refusal(now, Some(asked)), true, now);
        assert_eq!(heard.wait, asked);
        assert_eq!(heard.pace, Some(Pace { at_once: 4, most: 8, held: Some(asked), cause: PaceCause::Refused }));
        assert_eq!(room.hear(&refusal(now, Some(asked)), true, now).pace, None, "the same burst");
        (0..8).for_each(|_| room.finish());
        assert!(!room.has_room(now) && room.has_room(now + asked));
        assert_eq!(room.opens_at(now), Some(now + asked));
        // A quota of a day is not waited for; its trials end.
        room.hear(&refusal(now, Some(Duration::from_hours(20))), true, now);
        assert!(room.has_room(now + asked));
    }

    #[test]
    fn after_a_refusal_one_asks_and_each_further_one_pauses_longer() {
        let mut room = room(Limits { max_in_flight: Some(8), ..Limits::default() });
        let mut now = Instant::now();
        for seconds in [0, 2, 4, 8, 16, 16] {
            room.start(now, 0);
            room.hear(&refusal(now, None), true, now);
            assert!(!room.has_room(now), "the one is under way");
            room.finish();
            assert_eq!(room.opens_at(now), (seconds > 0).then(|| now + Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds.max(1));
        }
        room.start(now, 0);
        room.hear(&blank_report(), false, now);
        room.hear(&refusal(now, None), true, now);
        assert_eq!(room.opens_at(now), None, "an answer came in between");
    }

    #[test]
    fn a_ramp_tells_where_to_begin() {
        let mut connection = Bench::new(1, 1).plan.targets[0].connection.clone();
        let found = |bound| Some(FoundLimit { at: jiff::Timestamp::UNIX_EPOCH, model: String::new(), requests: 1, bound });
        let at_once = |connection: &Connection| ConnectionRoom::new(connection, 16).adaptive.at_once();
        connection.found_limit = found(FoundBound::AtOnce(4));
        assert_eq!(at_once(&connection), 4);
        connection.found_limit = found(FoundBound::NotBelow(4));
        assert_eq!(at_once(&connection), 16);
        connection.limits.max_in_flight = Some(2);
        assert_eq!(at_once(&connection), 2);
    }

    #[test]
    fn a_request_waits_for_its_tokens() {
        let mut room = room(Limits { max_tokens_per_minute: Some(100), ..Limits::default() });
        let now = Instant::now();
        assert!(room.has_tokens(now, 80));
        let ticket = room.start(now, 80);
        assert!(!room.has_tokens(now, 30) && !room.has_room(now));
        assert_eq!(room.opens_at(now), Some(now + MINUTE));
        room.count_tokens(ticket, 70);
        assert!(room.has_room(now) && room.has_tokens(now, 30));
    }

    #[test]
    fn no_limit_means_room() {
        let mut room = room(Limits::default());
        let now = Instant::now();
        for _ in 0..1_000 {
            assert!(room.has_room(now));
            room.start(now, 0);
        }
    }

    #[test]
    fn any_sixty_seconds_hold_at_most_the_limit() {
        let mut room = room(Limits { max_per_minute: Some(2), ..Limits::default() });
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        room.start(at(0), 0);
        room.start(at(50), 0);
        assert_eq!(room.minute_opens_at(at(55)), Some(at(60)));
        assert!(!room.has_room(at(59)) && room.has_room(at(60)));
        room.start(at(60), 0);
        assert_eq!(room.minute_opens_at(at(61)), Some(at(110)));
    }

    #[test]
    fn a_minute_counts_from_the_real_start() {
        let mut room = room(Limits { max_per_minute: Some(1), ..Limits::default() });
        let now = Instant::now();
        let later = now + Duration::from_secs(5);
        room.start(now, 0);
        room.restart(now, later);
        assert_eq!(room.minute_opens_at(later), Some(later + MINUTE));
    }

    #[test]
    fn a_finished_request_makes_room() {
        let mut room = room(Limits { max_in_flight: Some(1), ..Limits::default() });
        let now = Instant::now();
        room.start(now, 0);
        assert!(!room.has_room(now));
        room.finish();
        assert!(room.has_room(now));
    }
}
