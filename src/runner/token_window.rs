//! Tokens a minute: estimated when a request starts, corrected once they are counted.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The span over which tokens count.
const MINUTE: Duration = Duration::from_mins(1);

/// The tokens of the requests that started within the last minute.
pub(super) struct TokenWindow {
    max: u64,
    /// Start and tokens, oldest first; numbered from `first` on.
    entries: VecDeque<(Instant, u64)>,
    first: u64,
    used: u64,
}

impl TokenWindow {
    /// `max`: at least 1.
    pub(super) fn new(max: u32) -> Self {
        Self { max: u64::from(max.max(1)), entries: VecDeque::new(), first: 0, used: 0 }
    }

    /// When a request of so many tokens may start; absent when it may now. One that is larger than the limit may start once nothing else counts:
    /// otherwise it never could.
    pub(super) fn opens_at(&mut self, now: Instant, tokens: u64) -> Option<Instant> {
        while self.entries.front().is_some_and(|(started, _)| *started + MINUTE <= now) {
            self.forget_oldest();
        }
        let most_others = self.max.saturating_sub(tokens);
        let mut left = self.used;
        if left <= most_others {
            return None;
        }
        self.entries.iter().find_map(|(started, tokens)| {
            left -= tokens;
            (left <= most_others).then(|| *started + MINUTE)
        })
    }

    fn forget_oldest(&mut self) {
        if let Some((_, tokens)) = self.entries.pop_front() {
            self.used -= tokens;
            self.first += 1;
        }
    }

    /// A request of about so many tokens starts; gives its number.
    pub(super) fn start(&mut self, now: Instant, tokens: u64) -> u64 {
        self.entries.push_back((now, tokens));
        self.used += tokens;
        self.first + self.entries.len() as u64 - 1
    }

    /// The request of this number had so many tokens; 0 when it was not sent or not taken.
    pub(super) fn correct(&mut self, number: u64, tokens: u64) {
        let at = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some((_, known)) = at.and_then(|at| self.entries.get_mut(at)) {
            self.used = self.used - *known + tokens;
            *known = tokens;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_estimated_is_corrected() {
        let begin = Instant::now();
        let at = |s| begin + Duration::from_secs(s);
        let mut window = TokenWindow::new(100);
        let first = window.start(at(0), 60);
        assert_eq!(window.opens_at(at(1), 50), Some(at(60)));
        window.correct(first, 40);
        assert_eq!(window.opens_at(at(1), 50), None);
        window.start(at(10), 50);
        assert_eq!(window.opens_at(at(11), 20), Some(at(60)));
        assert_eq!(window.opens_at(at(11), 90), Some(at(70)));
        assert_eq!(window.opens_at(at(60), 20), None);
        window.correct(first, 1_000);
        assert_eq!(window.opens_at(at(60), 20), None, "it is over");
    }

    #[test]
    fn what_is_larger_than_the_limit_goes_alone() {
        let begin = Instant::now();
        let mut window = TokenWindow::new(100);
        assert_eq!(window.opens_at(begin, 1_000), None);
        window.start(begin, 1_000);
        assert_eq!(window.opens_at(begin, 1), Some(begin + MINUTE));
    }

    proptest! {
        #[test]
        fn any_sixty_seconds_hold_at_most_the_limit(steps in proptest::collection::vec((0u64..20_000, 0u64..400, 0u64..400), 1..200)) {
            let begin = Instant::now();
            let (mut window, mut now) = (TokenWindow::new(500), begin);
            let mut sent: Vec<(Instant, u64)> = Vec::new();
            for (wait_ms, estimate, counted) in steps {
                now += Duration::from_millis(wait_ms);
                if let Some(at) = window.opens_at(now, estimate) {
                    prop_assert!(at > now && at <= now + MINUTE);
                    now = at;
                }
                prop_assert_eq!(window.opens_at(now, estimate), None, "it opens when it says");
                let number = window.start(now, estimate);
                let tokens = counted.min(estimate);
                window.correct(number, tokens);
                sent.push((now, tokens));
                let within: u64 = sent.iter().filter(|(at, _)| *at + MINUTE > now).map(|(_, tokens)| tokens).sum();
                prop_assert!(within <= 500);
            }
        }
    }
}
