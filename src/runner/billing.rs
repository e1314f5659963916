//! What an attempt used and cost: the provider's word, else an estimate that is marked as one.

use rust_decimal::Decimal;

use crate::domain::{FailureKind, Image, Message, Price, RoughCounter, TokenCounter, Unrated, Usage, UsageSource, is_refusal};
use crate::provider::AttemptReport;

/// Texts longer than this are counted roughly: an exact count of a runaway answer takes seconds and tells no more.
const LONGEST_COUNTED_BYTES: usize = 64 * 1024;
/// Tokens of a chat template around a message, for estimates; the bound for reservations is higher.
const LIKELY_TOKENS_AROUND_MESSAGE: u64 = 4;

/// The bill of one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bill {
    /// Absent when nothing was charged, so nothing was counted.
    pub(super) usage: Option<Usage>,
    /// In the price's currency; absent when the price is unknown.
    pub(super) cost: Option<Decimal>,
    /// What to know about the figures.
    pub(super) note: Option<String>,
    /// What the price has no amount for.
    pub(super) unrated: Vec<Unrated>,
    /// The answer broke off, was stopped after it may have been sent, or came without counts: nobody knows what it costs, and an estimate may be too
    /// low.
    pub(super) open: bool,
}

impl Bill {
    /// The bill as it counts against a cap: what cannot be known costs all that was reserved for it.
    pub(super) fn under_cap(mut self, reserved: Decimal) -> Self {
        if self.open || self.cost.is_none() {
            let cost = self.cost.map_or(reserved, |estimate| estimate.max(reserved));
            if self.cost != Some(cost) {
                self.cost = Some(cost);
                // No rate of the price counts any more.
                self.unrated.clear();
                self.note =
                    Some("the provider did not say what this attempt cost: under the cap the most that it can be was counted".to_owned());
            }
        }
        self
    }
}

/// What a bill rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// The usage that the provider gave with an answer that came to its end.
    Provider,
    /// No model worked: nothing is charged.
    Nothing,
    /// An answer without a usage, or one that broke off: the request and the text that came are counted.
    Estimate,
}

/// What the bill of this attempt rests on. A request that was refused or never arrived is not charged. One that broke off or
/// ran out of time may be, so it is estimated.
pub(super) fn basis(report: &AttemptReport) -> Basis {
    match &report.result {
        Ok(()) if report.usage.is_some() => Basis::Provider,
        Ok(()) => Basis::Estimate,
        // It failed by how it ended, and it ended: the counts are final.
        Err(_) if report.usage.is_some() && report.finish_reason.is_some() => Basis::Provider,
        Err(_) if report.usage.is_some() || !report.output.is_empty() || !report.reasoning.is_empty() => Basis::Estimate,
        Err(_) if report.http_status.is_some_and(is_refusal) => Basis::Nothing,
        Err(_) if report.http_status.is_some_and(|status| status >= 300) => Basis::Estimate,
        Err(error) => match error.kind {
            FailureKind::FirstByteTimeout
            | FailureKind::IdleTimeout
            | FailureKind::AttemptTimeout
            | FailureKind::StreamError
            | FailureKind::ContentFilter
            | FailureKind::Truncated
            | FailureKind::TooLarge
            | FailureKind::WrongWire
            | FailureKind::EmptyAnswer
            | FailureKind::Malformed
            | FailureKind::Internal => Basis::Estimate,
            // A break that may be tried again is one of connecting: the request was not sent.
            FailureKind::Network if !error.retryable => Basis::Estimate,
            _ => Basis::Nothing,
        },
    }
}

/// Makes the bill. Counts only on [`Basis::Estimate`], which may take tens of milliseconds.
pub(super) fn bill(basis: Basis, report: &AttemptReport, price: Option<&Price>, messages: &[Message], counter: &dyn TokenCounter) -> Bill {
    let cost_of = |usage: &Usage| price.and_then(|price| price.cost(usage));
    let unrated = |usage: &Usage| price.map(|price| price.unrated(usage)).unwrap_or_default();
    match (basis, report.usage) {
        (Basis::Nothing, _) => Bill { cost: price.map(|_| Decimal::ZERO), ..Bill::default() },
        (Basis::Provider, Some(usage)) => Bill { usage: Some(usage), cost: cost_of(&usage), unrated: unrated(&usage), ..Bill::default() },
        (Basis::Provider | Basis::Estimate, seen) => {
            let estimate = estimate(report, messages, counter);
            let (usage, note) = match seen {
                None => (estimate, "the provider gave no token counts: tokens and cost are estimates"),
                Some(seen) => (
                    larger(seen, estimate),
                    "the answer broke off: tokens and cost are the larger of the provider's counts and an estimate",
                ),
            };
            Bill {
                usage: Some(usage),
                cost: cost_of(&usage),
                note: Some(note.to_owned()),
                unrated: unrated(&usage),
                open: report.result.is_err() || report.usage.is_none(),
            }
        }
    }
}

fn count(counter: &dyn TokenCounter, text: &str) -> u64 {
    if text.len() > LONGEST_COUNTED_BYTES { RoughCounter.count_tokens(text) } else { counter.count_tokens(text) }
}

/// About the tokens of a prompt, counted roughly: cheap enough for every attempt.
pub(super) fn likely_input_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message_tokens(message, &RoughCounter)).sum()
}

fn message_tokens(message: &Message, counter: &dyn TokenCounter) -> u64 {
    let pictures: u64 = message.images.iter().map(Image::likely_tokens).sum();
    count(counter, &message.content) + pictures + LIKELY_TOKENS_AROUND_MESSAGE
}

fn estimate(report: &AttemptReport, messages: &[Message], counter: &dyn TokenCounter) -> Usage {
    let reasoning_tokens = count(counter, &report.reasoning);
    Usage {
        input_tokens: messages.iter().map(|message| message_tokens(message, counter)).sum(),
        cached_input_tokens: None,
        cache_write_tokens: None,
        output_tokens: count(counter, &report.output) + reasoning_tokens,
        reasoning_tokens: Some(reasoning_tokens).filter(|tokens| *tokens > 0),
        source: UsageSource::Estimated,
    }
}

/// What a broken-off answer used at least: the counts so far, or the estimate where it is larger.
fn larger(seen: Usage, estimate: Usage) -> Usage {
    let stands = seen.input_tokens >= estimate.input_tokens && seen.output_tokens >= estimate.output_tokens;
    Usage {
        input_tokens: seen.input_tokens.max(estimate.input_tokens),
        output_tokens: seen.output_tokens.max(estimate.output_tokens),
        source: if stands { seen.source } else { UsageSource::Estimated },
        ..seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, PriceStanding, Speaker};
    use crate::provider::CallError;
    use crate::runner::testing::{blank_report, usage};

    fn failed(kind: FailureKind, http_status: Option<u16>, retryable: bool) -> AttemptReport {
        AttemptReport { result: Err(CallError { kind, message: String::new(), retryable }), http_status, ..blank_report() }
    }

    #[test]
    fn what_was_refused_costs_nothing_and_what_broke_off_is_estimated() {
        for (kind, status, retryable, expected) in [
            (FailureKind::Refused, None, true, Basis::Nothing),
            (FailureKind::ConnectTimeout, None, true, Basis::Nothing),
            (FailureKind::Network, None, true, Basis::Nothing),
            (FailureKind::Network, None, false, Basis::Estimate),
            (FailureKind::RateLimited, Some(429), true, Basis::Nothing),
            (FailureKind::Unauthorized, Some(401), false, Basis::Nothing),
            (FailureKind::ServerError, Some(500), true, Basis::Nothing),
            (FailureKind::ServerError, Some(504), true, Basis::Estimate),
            (FailureKind::BadRequest, Some(408), true, Basis::Estimate),
            (FailureKind::ServerError, Some(524), true, Basis::Estimate),
            (FailureKind::FirstByteTimeout, None, false, Basis::Estimate),
            (FailureKind::Truncated, Some(200), false, Basis::Estimate),
            (FailureKind::NotAnApi, Some(200), false, Basis::Nothing),
        ] {
            assert_eq!(basis(&failed(kind, status, retryable)), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_cut_stream_costs_the_larger_of_counts_and_estimate() {
        let messages = [Message::new(Speaker::User, "a".repeat(40))];
        let price = Price::flat(Decimal::from(1_000_000), Decimal::from(1_000_000), Currency::usd(), PriceStanding::List, "test");
        let cut = AttemptReport { output: "b".repeat(40), usage: Some(usage(14, 2)), ..failed(FailureKind::Truncated, Some(200), false) };
        let bill = bill(basis(&cut), &cut, Some(&price), &messages, &RoughCounter);
        assert_eq!(bill.cost, Some(Decimal::from(14 + 10)));
        assert_eq!(bill.usage.map(|usage| usage.source), Some(UsageSource::Estimated));
        assert!(bill.note.is_some());
    }

    #[test]
    fn a_whole_answer_is_billed_as_the_provider_counted() {
        struct Untouched;
        impl TokenCounter for Untouched {
            fn count_tokens(&self, _text: &str) -> u64 {
                panic!("the tokenizer was loaded")
            }
        }
        let whole = AttemptReport { output: "answer".into(), usage: Some(usage(3, 4)), ..blank_report() };
        let bill = bill(basis(&whole), &whole, None, &[], &Untouched);
        assert_eq!((bill.usage, bill.cost, bill.note), (Some(usage(3, 4)), None, None));
    }
}
