//! A ramp with its archive: what it learns is kept, and the end of the program ends it.

use std::time::{Duration, Instant};

use assay::app::{ConnectionFact, Effect, Fact};
use assay::domain::{Amendment, ConnectionId, RampEnd, RampOutcome};

use crate::chaos::{Act, json};
use crate::chaos_thread::Chaos;
use crate::office::{Office, keyless};

const WANTS_THE_NEWER_NAME: &str = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","code":"unsupported_parameter"}}"#;
const ANSWER: &str = r#"{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;

/// It wants `max_completion_tokens`, and does this with whoever uses it.
fn newer(then: Act) -> Chaos {
    Chaos::route(move |request, _number| {
        let is_newer = request.contains("max_completion_tokens");
        vec![if is_newer { then.clone() } else { Act::Send(json("400 Bad Request", WANTS_THE_NEWER_NAME)) }]
    })
}

fn climb(office: &mut Office, chaos: &Chaos) -> ConnectionId {
    let id = office.connection(keyless(&chaos.url()), None).id;
    office.backend.perform(Effect::Ramp { id, model: "m".to_owned(), ceiling: 2 });
    id
}

fn knows_the_newer_name(office: &mut Office) -> bool {
    office.started().connections[0].dialect.spelling_of("m").max_completion_tokens
}

#[test]
fn what_a_ramp_learns_of_a_server_is_kept() {
    let chaos = newer(Act::Send(json("200 OK", ANSWER)));
    let mut office = Office::new();
    let id = climb(&mut office, &chaos);
    let mut told = Vec::new();
    let end: RampEnd = office.wait(|fact| match fact {
        Fact::Connections(ConnectionFact::Learned { id, model, amendment }) => {
            told.push((id, model, amendment));
            None
        }
        Fact::Connections(ConnectionFact::Ramped { end, .. }) => Some(end),
        _ => None,
    });
    assert!(matches!(end.outcome, RampOutcome::Found(_)), "{end:?}");
    assert_eq!(told, [(id, "m".to_owned(), Amendment::MaxCompletionTokens)]);
    assert!(knows_the_newer_name(&mut office));
    climb_again(&mut office, id);
    let refused = chaos.requests().iter().filter(|request| !request.contains("max_completion_tokens")).count();
    assert_eq!(refused, 1, "the next one asks in the right words from the start");
}

fn climb_again(office: &mut Office, id: ConnectionId) {
    office.backend.perform(Effect::Ramp { id, model: "m".to_owned(), ceiling: 2 });
    office.wait(|fact| matches!(fact, Fact::Connections(ConnectionFact::Ramped { .. })).then_some(()));
}

#[test]
fn closing_ends_a_ramp_and_keeps_what_it_learnt() {
    let chaos = newer(Act::Hang);
    let mut office = Office::new();
    climb(&mut office, &chaos);
    chaos.until(|seen| seen.requests.len() == 2);
    let begun = Instant::now();
    let mut office = office.reopened();
    // It is not waited for as long as something that hangs.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(knows_the_newer_name(&mut office), "its end was waited for");
    chaos.until(|seen| seen.hung_up == seen.connections);
    assert_eq!(chaos.requests().len(), 2, "nothing more is sent");
}
