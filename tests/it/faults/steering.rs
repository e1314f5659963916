//! Cancelled in every state: at once, exactly, with nothing left set aside, and able to go on.

use assay::app::{Again, Effect};
use assay::domain::{Currency, Money, RunStatus, StopReason, TrialStatus};

use super::rig::{Rig, Run, good, send};
use crate::chaos::{Act, chunk, chunked_head, response, text_event};
use crate::chaos_thread::Chaos;

fn capped(chaos: &Chaos) -> Rig {
    let mut rig = Rig::at(chaos).price(1_000, 1_000).cases(5).retries(5);
    rig.settings.concurrency = 1;
    rig.settings.params.max_tokens = Some(5);
    rig.settings.cap = Some(Money { amount: 100.into(), currency: Currency::usd() });
    rig
}

fn set_aside(run: &Run) -> i64 {
    run.office.archive().query_row("SELECT count(*) FROM reservations", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_cancel_in_every_state_is_quick_exact_and_can_be_taken_up_again() {
    let head = || send(chunked_head("text/event-stream"));
    let wait_long = response("429 Too Many Requests", "retry-after: 600\r\n", "");
    for (state, acts) in [
        ("waiting for the head", vec![Act::Hang]),
        ("waiting for the first byte", vec![head(), Act::Hang]),
        ("streaming", vec![head(), send(chunk(text_event("half"))), Act::Hang]),
        ("waiting to send again", vec![send(wait_long)]),
    ] {
        let chaos = Chaos::start(vec![acts, good()]);
        let mut run = capped(&chaos).launch();
        chaos.until(|seen| seen.requests.len() == 1);
        if state.ends_with("again") {
            run.first_wait();
        }
        assert_eq!(run.cancel(), StopReason::Cancelled, "{state}");
        let trial = run.only();
        assert_eq!(trial.row.status, TrialStatus::Cancelled, "{state}");
        assert!(trial.body.output.is_empty() || (state == "streaming" && trial.body.output == "half"), "{state}");
        assert!(trial.row.cost.is_some(), "{state}");
        assert_eq!(set_aside(&run), 0, "{state}");
        assert_eq!(
            run.office.stored(run.id),
            (RunStatus::Cancelled, vec![TrialStatus::Cancelled]),
            "what was queued has no trial: {state}"
        );

        run.office.backend.perform(Effect::SendAgain { run_id: run.id, which: Again::Missing });
        assert_eq!(run.end(), StopReason::Complete, "{state}");
        assert_eq!(run.office.stored(run.id), (RunStatus::Finished, vec![TrialStatus::Finished; 5]), "{state}");
        assert_eq!((chaos.requests().len(), set_aside(&run)), (6, 0), "{state}");
    }
}

#[test]
fn a_cancel_while_the_connection_is_made_is_quick() {
    // Accepts, and never says a word of TLS.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut run = Rig::at_url(&format!("https://{}/v1", silent.local_addr().unwrap())).cases(3).launch();
    let (_connection, _peer) = silent.accept().unwrap();
    assert_eq!(run.cancel(), StopReason::Cancelled);
    assert_eq!(run.count(TrialStatus::Cancelled), 3);
}
