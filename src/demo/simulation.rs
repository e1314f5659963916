//! The simulated provider without its socket: a question in, an answer with its timetable out, or a fault.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::answers::Answers;
use super::chance::{Chance, digest};
use super::completion::Question;
use super::model::{DemoPace, SimulatedModel};
use super::pieces::pieces;
use super::wire::Refusal;

/// Share of requests that are answered with 429.
const RATE_LIMITED_SHARE: f64 = 0.03;
/// Share of requests that are answered with 500.
const BROKEN_SHARE: f64 = 0.015;

/// An answer and when its parts leave.
#[derive(Debug)]
pub(super) struct Answer {
    /// Like `chatcmpl-sim-…`; the same question asked for the n-th time has the same id at the same seed.
    pub(super) id: String,
    pub(super) model: &'static SimulatedModel,
    pub(super) pieces: Vec<String>,
    /// One per piece, after the request came in; ascending.
    pub(super) departures: Vec<Duration>,
    /// `stop` or `length`.
    pub(super) finish_reason: &'static str,
    pub(super) prompt_tokens: usize,
}

#[derive(Default)]
struct Asked {
    times: u64,
    last_failed: bool,
}

/// Decides everything by its seed and by how often the same question came before.
pub(super) struct Simulation {
    seed: u64,
    pace: DemoPace,
    answers: Answers,
    asked: Mutex<HashMap<u64, Asked>>,
}

impl Simulation {
    pub(super) fn new(seed: u64, pace: DemoPace) -> Self {
        Self { seed, pace, answers: Answers::bundled(), asked: Mutex::default() }
    }

    /// How long a fault takes to come back.
    pub(super) fn fault_delay(&self) -> Duration {
        match self.pace {
            DemoPace::Realistic => Duration::from_millis(45),
            DemoPace::Instant => Duration::ZERO,
        }
    }

    /// Answers, or fails now and then; the request after a failed one always succeeds.
    pub(super) fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        let model = question.model;
        let transcript = question.transcript();
        let draw = |purpose: &str, number| Chance::of(self.seed, &[purpose, model.id, &transcript], number);
        let number = self.count(digest(self.seed, &[model.id, &transcript], 0), |times| fault(&mut draw("fault", times)));
        let number = match number {
            Ok(number) => number,
            Err(Fault::RateLimited) => return Err(Refusal::RateLimited(model.id)),
            Err(Fault::Broken) => return Err(Refusal::Broken),
        };

        let wording = question.fixed_wording.map_or(number, i64::cast_unsigned);
        let mut text = self.answers.say(model, question.prompt(), &mut draw("wording", wording));
        if let Some(end) = question.stop.iter().filter_map(|stop| text.find(stop)).min() {
            text.truncate(end);
        }
        let mut pieces: Vec<String> = pieces(&text).into_iter().map(str::to_owned).collect();
        let limit = question.max_tokens.unwrap_or(usize::MAX);
        let finish_reason = if pieces.len() > limit { "length" } else { "stop" };
        pieces.truncate(limit);
        Ok(Answer {
            id: format!("chatcmpl-sim-{:016x}", digest(self.seed, &["id", model.id, &transcript], number)),
            model,
            departures: model.departures(pieces.len(), self.pace, &mut draw("times", number)),
            pieces,
            finish_reason,
            prompt_tokens: question.prompt_tokens(),
        })
    }

    /// Counts one more request for this question: its number from 1, or the fault that it meets.
    fn count(&self, key: u64, fault: impl FnOnce(u64) -> Option<Fault>) -> Result<u64, Fault> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked.entry(key).or_default();
        asked.times += 1;
        let fault = if asked.last_failed { None } else { fault(asked.times) };
        asked.last_failed = fault.is_some();
        fault.map_or(Ok(asked.times), Err)
    }
}

#[derive(Clone, Copy)]
enum Fault {
    RateLimited,
    Broken,
}

fn fault(chance: &mut Chance) -> Option<Fault> {
    if chance.happens(RATE_LIMITED_SHARE) {
        return Some(Fault::RateLimited);
    }
    chance.happens(BROKEN_SHARE).then_some(Fault::Broken)
}

#[cfg(test)]
#[path = "simulation_tests.rs"]
mod tests;
