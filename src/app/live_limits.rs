//! What limits do to a run in flight: connections that are sent less at once, models that are left alone, money that is set aside.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::domain::{BreakerTurn, ConnectionId, PaceCause, RunEventKind, RunPlan};

/// How much one connection is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LivePace {
    /// Requests at once.
    pub at_once: u32,
    /// The most that its limits and the run's slots allow.
    pub most: u32,
    /// Nothing is sent until then; may be past.
    pub held_until: Option<Timestamp>,
    /// How often it was cut down because of a refusal.
    pub refusals: u32,
}

/// A model at a connection that is left alone after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausedModel {
    /// One trial is tried at this time.
    Until(Timestamp),
    /// That trial is on its way.
    Probing,
    /// It failed too, or everything was refused as too many: nothing more is sent in this run.
    GivenUp,
}

/// What limits do to a run in flight.
#[derive(Clone, Debug, Default)]
pub struct LiveLimits {
    /// Connections whose pace has changed at some time.
    pub paces: BTreeMap<ConnectionId, LivePace>,
    /// Models that are left alone.
    pub paused: BTreeMap<(ConnectionId, String), PausedModel>,
    /// Models that have nothing left by their headers until then; may be past.
    pub used_up: BTreeMap<(ConnectionId, String), Timestamp>,
    /// Spent and set aside in the cap's currency; absent without a cap.
    pub money: Option<(Decimal, Decimal)>,
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

impl LiveLimits {
    pub(super) fn apply(&mut self, kind: RunEventKind, now: Timestamp) {
        match kind {
            RunEventKind::Paced { connection, at_once, most, held, cause } => {
                let refusals = self.paces.get(&connection).map_or(0, |pace| pace.refusals) + u32::from(cause == PaceCause::Refused);
                let held_until = held.map(|held| after(now, held));
                self.paces.insert(connection, LivePace { at_once, most, held_until, refusals });
            }
            RunEventKind::UsedUp { connection, model, held } => _ = self.used_up.insert((connection, model), after(now, held)),
            RunEventKind::Breaker { connection, model, turn } => {
                let key = (connection, model);
                match turn {
                    BreakerTurn::Opened { next_try, .. } => self.paused.insert(key, PausedModel::Until(after(now, next_try))),
                    BreakerTurn::Probing => self.paused.insert(key, PausedModel::Probing),
                    BreakerTurn::GaveUp | BreakerTurn::RefusedTooOften { .. } => self.paused.insert(key, PausedModel::GivenUp),
                    BreakerTurn::Closed => self.paused.remove(&key),
                };
            }
            RunEventKind::Money { spent, reserved } => self.money = Some((spent, reserved)),
            _ => {}
        }
    }

    /// One line for each connection that is sent less than it might be, and for each model that is left alone or has nothing left.
    pub fn words(&self, plan: &RunPlan, now: Timestamp) -> Vec<String> {
        let name = |id: ConnectionId| connection_name(plan, id);
        let wait = |until: Timestamp| {
            let left_ms = until.as_millisecond() - now.as_millisecond();
            (left_ms > 0).then(|| seconds_words(Duration::from_millis(left_ms.unsigned_abs())))
        };
        let slowed = self.paces.iter().filter_map(|(id, pace)| {
            let held = pace.held_until.and_then(wait).map(|left| format!(", waits {left}"));
            (pace.at_once < pace.most || held.is_some())
                .then(|| format!("{} {} of {} at once{}", name(*id), pace.at_once, pace.most, held.unwrap_or_default()))
        });
        let paused = self.paused.iter().map(|((id, model), paused)| {
            let stands = match paused {
                PausedModel::Until(at) => wait(*at).map_or_else(|| "next try now".to_owned(), |left| format!("next try in {left}")),
                PausedModel::Probing => "trying one".to_owned(),
                PausedModel::GivenUp => "given up".to_owned(),
            };
            format!("{model} at {} paused, {stands}", name(*id))
        });
        let used_up = self.used_up.iter().filter_map(|((id, model), until)| {
            wait(*until).map(|left| format!("{model} at {} waits {left}, its limit is used up", name(*id)))
        });
        slowed.chain(used_up).chain(paused).collect()
    }
}

/// Whole seconds, or minutes: it counts down.
fn seconds_words(wait: Duration) -> String {
    let seconds = wait.as_millis().div_ceil(1_000);
    if seconds > 120 { format!("{} min", seconds.div_ceil(60)) } else { format!("{seconds} s") }
}

fn connection_name(plan: &RunPlan, id: ConnectionId) -> &str {
    plan.targets.iter().find(|target| target.connection.id == id).map_or("a connection", |target| target.connection.name.as_str())
}

/// What to tell of a breaker's turn; nothing of the trial that is tried.
pub fn breaker_words(plan: &RunPlan, connection: ConnectionId, model: &str, turn: &BreakerTurn) -> Option<String> {
    let name = format!("{model} at {}", connection_name(plan, connection));
    match turn {
        BreakerTurn::Opened { failures, next_try, failure } => {
            let (kind, next_try) = (failure.kind.label(), seconds_words(*next_try));
            Some(format!("Paused {name}: {failures} failures in a row ({kind}); next try in {next_try}"))
        }
        BreakerTurn::Probing => None,
        BreakerTurn::Closed => Some(format!("{name} answers again")),
        BreakerTurn::GaveUp => {
            Some(format!("{name} failed again after its pause: what waited for it ends as failed, and what was never sent costs nothing"))
        }
        BreakerTurn::RefusedTooOften { refusals, over } => {
            let over = seconds_words(*over);
            Some(format!(
                "{name} refused {refusals} requests in a row as too many, over {over}, and is given up: what waited for it ends as failed; refusals and what was never sent cost nothing"
            ))
        }
    }
}

/// What to tell when a connection is sent less: `at_once` of the most, and nothing at all for a while.
pub fn pace_words(plan: &RunPlan, connection: ConnectionId, (at_once, most): (u32, u32), held: Option<Duration>) -> String {
    let held = held.map(|held| format!(", after a pause of {}", seconds_words(held))).unwrap_or_default();
    format!("{} takes no more for the moment: {at_once} of {most} at once from now on{held}", connection_name(plan, connection))
}

/// What to tell when a model has nothing left for so long by its headers.
pub fn used_up_words(plan: &RunPlan, connection: ConnectionId, model: &str, held: Duration) -> String {
    let wait = seconds_words(held);
    format!("{model} at {} says that its limit is used up: it is sent nothing for {wait}", connection_name(plan, connection))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures;
    use crate::domain::{Failure, FailureKind};

    fn plan() -> RunPlan {
        let mut target = fixtures::target("A", None);
        "Relay".clone_into(&mut target.connection.name);
        "m".clone_into(&mut target.model);
        fixtures::plan(0, vec![target], 1)
    }

    #[test]
    fn what_is_slowed_and_paused_is_said_with_its_time() {
        let plan = plan();
        let id = plan.targets[0].connection.id;
        let now = Timestamp::UNIX_EPOCH;
        let mut limits = LiveLimits::default();
        let paced = |at_once, held, cause| RunEventKind::Paced { connection: id, at_once, most: 16, held, cause };
        limits.apply(paced(8, Some(Duration::from_secs(12)), PaceCause::Refused), now);
        assert_eq!(limits.words(&plan, now), ["Relay 8 of 16 at once, waits 12 s"]);
        let later = after(now, Duration::from_secs(20));
        assert_eq!(limits.words(&plan, later), ["Relay 8 of 16 at once"]);
        limits.apply(paced(16, None, PaceCause::Answered), later);
        assert_eq!((limits.words(&plan, later).len(), limits.paces[&id].refusals), (0, 1));
        let failure = Failure { kind: FailureKind::Refused, message: String::new() };
        let opened = BreakerTurn::Opened { failures: 5, next_try: Duration::from_secs(30), failure };
        assert_eq!(
            breaker_words(&plan, id, "m", &opened).unwrap(),
            "Paused m at Relay: 5 failures in a row (connection refused); next try in 30 s"
        );
        let breaker = |turn| RunEventKind::Breaker { connection: id, model: "m".to_owned(), turn };
        limits.apply(breaker(opened), now);
        assert_eq!(limits.words(&plan, now), ["m at Relay paused, next try in 30 s"]);
        limits.apply(breaker(BreakerTurn::GaveUp), now);
        assert_eq!(limits.words(&plan, now), ["m at Relay paused, given up"]);
        limits.apply(breaker(BreakerTurn::Closed), now);
        let refused = BreakerTurn::RefusedTooOften { refusals: 12, over: Duration::from_secs(126) };
        let words = breaker_words(&plan, id, "m", &refused).unwrap();
        assert!(words.starts_with("m at Relay refused 12 requests in a row as too many, over 3 min, and is given up"), "{words}");
        limits.apply(breaker(refused), now);
        assert_eq!(limits.words(&plan, now), ["m at Relay paused, given up"]);
        limits.apply(breaker(BreakerTurn::Closed), now);
        assert!(limits.words(&plan, now).is_empty());
        limits.apply(RunEventKind::UsedUp { connection: id, model: "m".to_owned(), held: Duration::from_secs(9) }, now);
        assert_eq!(limits.words(&plan, now), ["m at Relay waits 9 s, its limit is used up"]);
        assert!(limits.words(&plan, later).is_empty());
    }
}
