//! What is the real limit? Tiny requests, 1, 2, 4, 8 … at once, until the provider refuses one as too many.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::domain::{
    Amendment, Failure, FailureKind, FoundBound, Message, Params, Price, RampEnd, RampOutcome, RampRung, RoughCounter, Speaker, Spelling,
};
use crate::provider::{AttemptReport, ChatRequest, Provider};

use super::billing::{basis, bill};
use super::budget::input_bound_tokens;
use super::endings::internal;

/// The longest answer that is asked for. Some providers take no less.
const MAX_TOKENS: u32 = 16;
/// The span over which requests count for a limit per minute.
const MINUTE: Duration = Duration::from_mins(1);
/// A provider that asks for a longer wait than this counts by the minute, not by what is in flight.
const SHORT_WAIT: Duration = Duration::from_secs(5);

/// A ramp that is to be climbed.
pub struct Ramp {
    /// The way to send.
    pub provider: Arc<dyn Provider>,
    /// The model to ask.
    pub model: String,
    /// How its server wants requests written.
    pub spelling: Spelling,
    /// The most requests at once, a power of 2.
    pub ceiling: u32,
    /// The model's price; absent: unknown.
    pub price: Option<Price>,
    /// Becomes true when it shall stop.
    pub stop: watch::Receiver<bool>,
}

/// How often a server may want the request in other words: once for each field that it can be about.
const MOST_AMENDMENTS: u32 = 2;

/// The requests that a ramp to this ceiling sends at most, those aside that are refused for how they are written and cost nothing: twice as many on each rung as it has at once, and one rung again after a refusal.
pub fn ramp_requests(ceiling: u32) -> u32 {
    rungs(ceiling).map(requests_on).sum::<u32>() + ceiling.max(1)
}

/// What they cost at most; absent when that cannot be said.
pub fn ramp_worst_cost(price: &Price, ceiling: u32) -> Option<Decimal> {
    let one = price.worst_cost(input_bound_tokens(&messages()), u64::from(MAX_TOKENS))?;
    one.checked_mul(ramp_requests(ceiling).into())
}

fn rungs(ceiling: u32) -> impl Iterator<Item = u32> {
    (0..32).map(|rung| 1 << rung).take_while(move |at_once| *at_once <= ceiling.max(1))
}

fn requests_on(at_once: u32) -> u32 {
    at_once.saturating_mul(2)
}

fn messages() -> Arc<[Message]> {
    Arc::new([Message::new(Speaker::User, "Say OK")])
}

/// Climbs it; `on_rung` hears of each rung that is behind. Dropping the future drops the requests in flight.
///
/// After a refusal the rung below is climbed again: if all is answered there, the limit is one of requests at once, else one of requests a minute.
pub async fn ramp(ramp: Ramp, mut on_rung: impl FnMut(RampRung)) -> RampEnd {
    let request = ChatRequest {
        model: ramp.model,
        messages: messages(),
        params: Params { max_tokens: Some(MAX_TOKENS), ..Params::default() },
        spelling: ramp.spelling,
        stream: false,
    };
    let cost = ramp.price.is_some().then_some(Decimal::ZERO);
    let mut climb = Climb {
        provider: ramp.provider,
        request: Arc::new(request),
        price: ramp.price,
        stop: ramp.stop,
        answered_at: Vec::new(),
        requests: 0,
        cost,
        amended: 0,
        learnt: Vec::new(),
    };
    let outcome = climb.all(ramp.ceiling, &mut on_rung).await;
    RampEnd { outcome: outcome.unwrap_or_else(|end| end), requests: climb.requests, cost: climb.cost, learnt: climb.learnt }
}

struct Climb {
    provider: Arc<dyn Provider>,
    request: Arc<ChatRequest>,
    price: Option<Price>,
    stop: watch::Receiver<bool>,
    /// When those that were answered were started.
    answered_at: Vec<Instant>,
    requests: u32,
    cost: Option<Decimal>,
    amended: u32,
    learnt: Vec<Amendment>,
}

/// How one rung went.
struct Went {
    rung: RampRung,
    /// When the first was refused, and the wait that the provider asked for.
    refused: Option<(Instant, Option<Duration>)>,
}

impl Climb {
    /// The error is an end before the top.
    async fn all(&mut self, ceiling: u32, on_rung: &mut impl FnMut(RampRung)) -> Result<RampOutcome, RampOutcome> {
        let mut passed = 0;
        for at_once in rungs(ceiling) {
            let went = self.rung(at_once, false).await?;
            on_rung(went.rung);
            let Some((refused_at, asked)) = went.refused else {
                passed = at_once;
                continue;
            };
            let taken = self.answered_at.iter().filter(|at| **at + MINUTE > refused_at).count() as u32;
            if taken == 0 {
                let message = "even one request at a time is refused as too many: wait a minute, and try again".to_owned();
                return Err(RampOutcome::Failed(Failure { kind: FailureKind::RateLimited, message }));
            }
            let per_minute = RampOutcome::Found(FoundBound::PerMinute(taken));
            if passed == 0 || asked.is_some_and(|asked| asked > SHORT_WAIT) {
                return Ok(per_minute);
            }
            let mut stop = self.stop.clone();
            tokio::select! {
                Ok(_) = stop.wait_for(|stop| *stop) => return Err(RampOutcome::Stopped),
                () = sleep(asked.unwrap_or_default()) => {}
            }
            let again = self.rung(passed, true).await?;
            on_rung(again.rung);
            return Ok(if again.refused.is_some() { per_minute } else { RampOutcome::Found(FoundBound::AtOnce(passed)) });
        }
        Ok(RampOutcome::Found(FoundBound::NotBelow(passed)))
    }

    /// Sends what belongs on a rung, and nothing further once one is refused.
    async fn rung(&mut self, at_once: u32, again: bool) -> Result<Went, RampOutcome> {
        let began = Instant::now();
        let mut went = Went { rung: RampRung { at_once, answered: 0, refused: 0, took_ms: 0, again }, refused: None };
        let mut attempts: JoinSet<AttemptReport> = JoinSet::new();
        let mut to_send = requests_on(at_once);
        let mut stop = self.stop.clone();
        loop {
            if *stop.borrow() {
                return Err(self.left_behind(&attempts, RampOutcome::Stopped));
            }
            while went.refused.is_none() && to_send > 0 && (attempts.len() as u32) < at_once {
                to_send -= 1;
                self.requests += 1;
                let (provider, request) = (Arc::clone(&self.provider), Arc::clone(&self.request));
                attempts.spawn(async move { provider.attempt(&request, &mut |_delta| {}).await });
            }
            let joined = tokio::select! {
                joined = attempts.join_next() => joined,
                Ok(_) = stop.wait_for(|stop| *stop) => return Err(self.left_behind(&attempts, RampOutcome::Stopped)),
            };
            let report = match joined {
                None => break,
                Some(Ok(report)) => report,
                Some(Err(_panicked)) => {
                    let fault = internal("the request ended by a fault of this program; the log has details".to_owned());
                    return Err(self.left_behind(&attempts, RampOutcome::Failed(fault)));
                }
            };
            self.book(&report);
            match &report.result {
                Ok(()) => {
                    went.rung.answered += 1;
                    self.answered_at.push(report.started);
                }
                Err(error) if error.kind == FailureKind::RateLimited => {
                    went.rung.refused += 1;
                    went.refused.get_or_insert_with(|| (Instant::now(), report.retry_after));
                }
                // Refused for how it is written, which costs nothing: the same question in other words.
                Err(_) if self.amend(&report) => to_send += 1,
                Err(error) => {
                    let failure = error.to_failure();
                    return Err(self.left_behind(&attempts, RampOutcome::Failed(failure)));
                }
            }
        }
        went.rung.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(went)
    }

    fn amend(&mut self, report: &AttemptReport) -> bool {
        let Some(amendment) = report.amendment.filter(|_| self.amended < MOST_AMENDMENTS) else { return false };
        self.amended += 1;
        let amended = self.request.spelling.with(amendment);
        // Several that were on their way may be refused for the same.
        if amended != self.request.spelling {
            Arc::make_mut(&mut self.request).spelling = amended;
            self.learnt.push(amendment);
        }
        true
    }

    /// Those in flight are dropped; each may cost what it can at most.
    fn left_behind(&mut self, attempts: &JoinSet<AttemptReport>, end: RampOutcome) -> RampOutcome {
        let worst = self.worst_of_one().and_then(|one| one.checked_mul(Decimal::from(attempts.len())));
        self.add(worst);
        end
    }

    fn worst_of_one(&self) -> Option<Decimal> {
        self.price.as_ref()?.worst_cost(input_bound_tokens(&self.request.messages), u64::from(MAX_TOKENS))
    }

    fn book(&mut self, report: &AttemptReport) {
        let bill = bill(basis(report), report, self.price.as_ref(), &self.request.messages, &RoughCounter);
        let cost = if bill.open { self.worst_of_one() } else { bill.cost };
        self.add(cost);
    }

    fn add(&mut self, cost: Option<Decimal>) {
        self.cost = self.cost.zip(cost).and_then(|(sum, cost)| sum.checked_add(cost));
    }
}
