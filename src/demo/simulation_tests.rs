//! The demo as the newcomer meets it, computed without waiting for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;
use crate::demo::model::MODELS;
use crate::demo::{DEMO_SEED, sample_cases};
use crate::domain::Case;

fn question(case: &Case, model: &'static SimulatedModel) -> Question {
    let messages = case.render().unwrap().into_iter().map(|message| {
        let role = serde_json::to_value(message.role).unwrap().as_str().unwrap().to_owned();
        (role, message.content)
    });
    Question {
        model,
        messages: messages.collect(),
        stream: true,
        include_usage: true,
        max_tokens: None,
        fixed_wording: None,
        stop: Vec::new(),
    }
}

/// Asks until there is an answer; with the faults that came before it.
fn insist(simulation: &Simulation, question: &Question) -> (Answer, Vec<Refusal>) {
    let mut faults = Vec::new();
    loop {
        match simulation.answer(question) {
            Ok(answer) => return (answer, faults),
            Err(fault) => faults.push(fault),
        }
        assert!(faults.len() < 2, "a retry failed: {faults:?}");
    }
}

#[test]
fn the_demo_is_lively_and_ends_in_time() {
    let simulation = Simulation::new(DEMO_SEED, DemoPace::Realistic);
    let mut slots: BinaryHeap<Reverse<u64>> = (0..16).map(|_| Reverse(0)).collect();
    let (mut faults, mut identical, mut end_ms) = (Vec::new(), 0, 0);
    for case in sample_cases() {
        let mut said = Vec::new();
        for model in &MODELS {
            let (answer, met) = insist(&simulation, &question(&case, model));
            let Reverse(free_ms) = slots.pop().unwrap();
            // A second is the longest first backoff, and what the 429 asks for.
            let done_ms = free_ms + answer.departures.last().unwrap().as_millis() as u64 + 1_045 * met.len() as u64;
            slots.push(Reverse(done_ms));
            end_ms = end_ms.max(done_ms);
            faults.extend(met);
            said.push(answer.pieces.concat());
        }
        identical += usize::from(said[0] == said[1]);
    }
    assert!((6_000..15_000).contains(&end_ms), "the demo takes {end_ms} ms");
    assert!(faults.iter().any(|fault| matches!(fault, Refusal::RateLimited(_))), "no rate limit is shown: {faults:?}");
    assert!(faults.len() <= 3, "too many faults: {faults:?}");
    assert!((2..=6).contains(&identical), "{identical} of 10 relay answers are identical");
}

#[test]
fn faults_come_at_their_rate_and_never_twice_in_a_row() {
    let simulation = Simulation::new(3, DemoPace::Instant);
    let question = question(&sample_cases()[0], &MODELS[0]);
    let (mut limited, mut broken) = (0, 0);
    for _ in 0..4_000 {
        for fault in insist(&simulation, &question).1 {
            match fault {
                Refusal::RateLimited(_) => limited += 1,
                _ => broken += 1,
            }
        }
    }
    assert!((80..160).contains(&limited), "{limited} rate limits in 4,000");
    assert!((30..90).contains(&broken), "{broken} server errors in 4,000");
}

#[test]
fn one_seed_gives_one_demo() {
    let tell = |seed| {
        let simulation = Simulation::new(seed, DemoPace::Realistic);
        let answers = sample_cases().iter().map(|case| insist(&simulation, &question(case, &MODELS[1])).0).collect::<Vec<_>>();
        answers.into_iter().map(|answer| (answer.id, answer.pieces.concat(), answer.departures)).collect::<Vec<_>>()
    };
    assert_eq!(tell(5), tell(5));
    assert_ne!(tell(5), tell(6));
}

#[test]
fn repeats_vary_unless_the_wording_is_fixed() {
    let simulation = Simulation::new(DEMO_SEED, DemoPace::Instant);
    let mut question = question(&sample_cases()[0], &MODELS[1]);
    let texts =
        |question: &Question| (0..20).map(|_| insist(&simulation, question).0.pieces.concat()).collect::<std::collections::BTreeSet<_>>();
    assert!(texts(&question).len() > 1);
    question.fixed_wording = Some(0);
    assert_eq!(texts(&question).len(), 1);
}
