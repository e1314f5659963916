//! What the headers of answers leave of a model. Providers count the requests and tokens of each model apart, so what one has used up holds no other
//! model of its connection. Where a provider counts all of them together, the others learn so from their own headers, or from a refusal.

use std::time::Duration;

use tokio::time::Instant;

use crate::provider::{AttemptReport, LimitsTold, Quota};

use super::limits::NEWS;

/// A header of an answer, which nobody was refused by, is not believed beyond this: some relays tell of a day's quota, or always the same.
const LONGEST_BELIEVED_RESET: Duration = Duration::from_mins(1);

/// What the newest headers of one model at a connection told.
#[derive(Default)]
pub(super) struct Told {
    /// Requests to it that were started so far.
    started: u64,
    /// The number of the newest request whose headers told of limits.
    newest: u64,
    /// Nothing is left until then.
    until: Option<Instant>,
}

impl Told {
    /// A request is started; gives how many were before it.
    pub(super) fn start(&mut self) -> u64 {
        self.started += 1;
        self.started - 1
    }

    /// When something is left again; absent when something is now.
    pub(super) fn opens_at(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }

    /// Reads the headers of an attempt: what they leave is taken by the requests that were started since. Gives for how long nothing is left, when that
    /// is news.
    pub(super) fn learn(&mut self, number: u64, report: &AttemptReport, now: Instant) -> Option<Duration> {
        let LimitsTold { requests, tokens } = report.limits;
        let headers_us = report.timing.headers_us.filter(|_| number >= self.newest)?;
        if requests.remaining.is_none() && tokens.remaining.is_none() {
            return None;
        }
        let before = self.opens_at(now).unwrap_or(now);
        let since = self.started - 1 - number;
        let of_one = report.usage.map_or(0, |usage| usage.input_tokens + usage.output_tokens);
        // One more like this would be refused.
        let tokens_wanted = of_one.saturating_mul(since + 1).max(1);
        let came = report.started + Duration::from_micros(headers_us);
        let until = |quota: Quota, wanted: u64| {
            let reset = quota.reset.filter(|reset| *reset <= LONGEST_BELIEVED_RESET)?;
            (quota.remaining? < wanted).then_some(came + reset).filter(|until| *until > now)
        };
        self.newest = number;
        self.until = until(requests, since + 1).max(until(tokens, tokens_wanted));
        self.until.filter(|until| *until > before + NEWS).map(|until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::testing::{blank_report, usage};

    fn answer(started: Instant, requests_left: u64, tokens_left: u64, reset: Duration) -> AttemptReport {
        let quota = |left| Quota { limit: None, remaining: Some(left), reset: Some(reset) };
        let mut report = AttemptReport { started, usage: Some(usage(10, 5)), ..blank_report() };
        report.limits = LimitsTold { requests: quota(requests_left), tokens: quota(tokens_left) };
        report.timing.headers_us = Some(0);
        report
    }

    #[test]
    fn what_the_headers_leave_is_taken_by_those_that_were_started_since() {
        let mut told = Told::default();
        let (now, reset) = (Instant::now(), Duration::from_secs(20));
        assert_eq!((0..4).map(|_| told.start()).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(told.learn(0, &answer(now, 4, 1_000, reset), now), None);
        assert_eq!(told.opens_at(now), None, "three were started since, and four are left");
        assert_eq!(told.learn(1, &answer(now, 2, 1_000, reset), now), Some(reset));
        assert_eq!((told.opens_at(now), told.opens_at(now + reset)), (Some(now + reset), None));
        assert_eq!(told.learn(1, &answer(now, 2, 1_000, reset), now), None, "no news");
        assert_eq!(told.learn(0, &answer(now, 9, 1_000, reset), now), None, "older news");
        assert!(told.opens_at(now).is_some());
        told.learn(2, &answer(now, 9, 1_000, reset), now);
        assert_eq!(told.opens_at(now), None, "newer news");
        assert!(told.learn(3, &answer(now, 9, 14, reset), now).is_some(), "15 tokens each");
        assert!(told.learn(3, &answer(now, 0, 0, Duration::ZERO), now).is_none(), "nothing to wait for");
        assert_eq!(told.opens_at(now), None);
        assert!(told.learn(3, &answer(now, 0, 0, Duration::from_mins(2)), now).is_none(), "not believed");
    }
}
