//! How much one connection takes: requests at once and requests a minute.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Limits;

/// The span over which `max_per_minute` counts.
const MINUTE: Duration = Duration::from_mins(1);

/// The room that one connection has left. Without limits of its own it always has some.
pub(super) struct ConnectionRoom {
    max_in_flight: u32,
    max_per_minute: Option<usize>,
    in_flight: u32,
    /// Starts within the last minute, oldest first; kept only under a limit per minute.
    starts: VecDeque<Instant>,
}

impl ConnectionRoom {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_in_flight: limits.max_in_flight.map_or(u32::MAX, |max| max.max(1)),
            max_per_minute: limits.max_per_minute.map(|max| max.max(1) as usize),
            in_flight: 0,
            starts: VecDeque::new(),
        }
    }

    /// One more request may start now. At most `max_per_minute` start within any 60 s, not within each minute of the clock.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.in_flight < self.max_in_flight && self.minute_opens_at(now).is_none()
    }

    /// When the limit per minute lets the next request through; absent when it does now.
    pub(super) fn minute_opens_at(&self, now: Instant) -> Option<Instant> {
        let max = self.max_per_minute?;
        let deciding = *self.starts.get(self.starts.len().checked_sub(max)?)?;
        Some(deciding + MINUTE).filter(|at| *at > now)
    }

    /// A request starts.
    pub(super) fn start(&mut self, now: Instant) {
        self.in_flight += 1;
        if let Some(max) = self.max_per_minute {
            self.starts.push_back(now);
            if self.starts.len() > max {
                self.starts.pop_front();
            }
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_means_room() {
        let mut room = ConnectionRoom::new(&Limits::default());
        let now = Instant::now();
        for _ in 0..1_000 {
            assert!(room.has_room(now));
            room.start(now);
        }
    }

    #[test]
    fn any_sixty_seconds_hold_at_most_the_limit() {
        let mut room = ConnectionRoom::new(&Limits { max_per_minute: Some(2), ..Limits::default() });
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        room.start(at(0));
        room.start(at(50));
        assert_eq!(room.minute_opens_at(at(55)), Some(at(60)));
        assert!(!room.has_room(at(59)) && room.has_room(at(60)));
        room.start(at(60));
        assert_eq!(room.minute_opens_at(at(61)), Some(at(110)));
    }

    #[test]
    fn a_minute_counts_from_the_real_start() {
        let mut room = ConnectionRoom::new(&Limits { max_per_minute: Some(1), ..Limits::default() });
        let now = Instant::now();
        let later = now + Duration::from_secs(5);
        room.start(now);
        room.restart(now, later);
        assert_eq!(room.minute_opens_at(later), Some(later + MINUTE));
    }

    #[test]
    fn a_finished_request_makes_room() {
        let mut room = ConnectionRoom::new(&Limits { max_in_flight: Some(1), ..Limits::default() });
        let now = Instant::now();
        room.start(now);
        assert!(!room.has_room(now));
        room.finish();
        assert!(room.has_room(now));
    }
}
