//! How many requests a connection takes at once, learnt from its refusals: additive increase, multiplicative decrease (Chiu and Jain 1989; the
//! congestion avoidance of TCP, RFC 5681).

use tokio::time::Instant;

/// The number of requests that may be in flight on one connection. It begins at the most, and never goes above it or below 1.
pub(super) struct Adaptive {
    most: u32,
    at_once: u32,
    /// Answers since the last growth.
    answered: u32,
    /// When it was last halved: refusals of requests that were on their way by then are of the same burst.
    halved_at: Option<Instant>,
}

impl Adaptive {
    /// `most` and `first`: at least 1.
    pub(super) fn new(most: u32, first: u32) -> Self {
        let most = most.max(1);
        Self { most, at_once: first.clamp(1, most), answered: 0, halved_at: None }
    }

    /// Requests that may be in flight.
    pub(super) fn at_once(&self) -> u32 {
        self.at_once
    }

    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// A request that was started at `started` was one too many, which halves the number. False when it is of a burst that has done so already.
    pub(super) fn refused(&mut self, started: Instant, now: Instant) -> bool {
        if self.halved_at.is_some_and(|at| started <= at) {
            return false;
        }
        self.halved_at = Some(now);
        self.answered = 0;
        self.at_once = (self.at_once / 2).max(1);
        true
    }

    /// A request was answered while `in_flight`, itself included, were on their way. One more is let through after as many answers as fit at once, which
    /// is about once a round trip; answers that came while there was room say nothing about more. True when one more is.
    pub(super) fn answered(&mut self, in_flight: u32) -> bool {
        if self.at_once >= self.most || in_flight < self.at_once {
            return false;
        }
        self.answered += 1;
        if self.answered < self.at_once {
            return false;
        }
        self.answered = 0;
        self.at_once += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_of_refusals_halves_once_and_each_round_trip_adds_one() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut adaptive = Adaptive::new(16, 16);
        let halved = (0..16).filter(|_| adaptive.refused(at(0), at(100))).count();
        assert_eq!((halved, adaptive.at_once()), (1, 8));
        assert!(adaptive.refused(at(150), at(200)));
        assert_eq!(adaptive.at_once(), 4);
        let grown = (0..4).filter(|_| adaptive.answered(4)).count();
        assert_eq!((grown, adaptive.at_once()), (1, 5));
        assert!(!(0..20).any(|_| adaptive.answered(4)), "there was room, so nothing is learnt");
        for _ in 0..1_000 {
            adaptive.answered(16);
        }
        assert_eq!(adaptive.at_once(), 16);
    }

    proptest! {
        #[test]
        fn it_stays_between_one_and_the_most(most in 0u32..200, first in 0u32..300, steps in proptest::collection::vec((any::<bool>(), 0u64..50), 0..400)) {
            let begin = Instant::now();
            let mut adaptive = Adaptive::new(most, first);
            let mut now = begin;
            for (answered, ms) in steps {
                now += Duration::from_millis(ms);
                if answered { adaptive.answered(adaptive.at_once()); } else { adaptive.refused(now, now); }
                prop_assert!((1..=most.max(1)).contains(&adaptive.at_once()));
            }
        }
    }
}
