//! Money under parallel requests, and prices that are missing, odd, or changed while a run goes on.

use std::time::Duration;

use assay::domain::{Currency, Money, StopReason, TrialStatus};
use rust_decimal::Decimal;

use super::rig::{Rig, good};
use crate::chaos::{Act, Gate};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

fn dollars(amount: Decimal) -> Money {
    Money { amount, currency: Currency::usd() }
}

#[test]
fn sixteen_at_once_with_room_for_three_are_three() {
    let chaos = Chaos::route(|_request, _number| {
        let mut acts = vec![Act::Wait(Duration::from_millis(30))];
        acts.extend(good());
        acts
    });
    let mut rig = Rig::at(&chaos).price(1_000, 1_000).cases(16);
    rig.settings.concurrency = 16;
    rig.settings.params.max_tokens = Some(5);
    // Each costs 0.011; set aside are 0.157 for the five tokens of an answer and at most 152 of the prompt, 0.158 from the tenth prompt on.
    let cap = Decimal::new(3 * 158 + 16 * 11, 3);
    rig.settings.cap = Some(dollars(cap));
    let mut run = rig.launch();
    assert_eq!(run.end(), StopReason::Complete, "what is released is used");
    assert_eq!((run.count(TrialStatus::Finished), run.spent()), (16, Decimal::new(16 * 11, 3)));
    // With less and less spent there is room for a fourth at first.
    assert!((3..=4).contains(&chaos.most_in_flight()), "{} at once", chaos.most_in_flight());
}

#[test]
fn what_does_not_fit_any_more_is_not_sent() {
    let chaos = Chaos::start(vec![good()]);
    let mut rig = Rig::at(&chaos).price(1_000, 1_000).cases(16);
    rig.settings.params.max_tokens = Some(5);
    rig.settings.cap = Some(dollars(Decimal::new(160 + 2 * 11, 3)));
    let mut run = rig.launch();
    assert_eq!(run.end(), StopReason::Capped);
    assert!(run.spent() <= Decimal::new(160 + 2 * 11, 3));
    assert_eq!(chaos.requests().len(), run.trials.len(), "what was sent has its trial");
    assert!((2..=4).contains(&run.trials.len()), "{} were sent", run.trials.len());
    let (_, stored) = run.office.stored(run.id);
    assert_eq!(stored.len(), run.trials.len());
}

#[test]
fn a_price_that_changes_during_a_run_changes_no_cost_of_it() {
    let program = Program::new();
    let gate = Gate::shut();
    let held = gate.clone();
    let chaos = Chaos::route(move |_request, _number| {
        let mut acts = vec![Act::Hold(held.clone())];
        acts.extend(good());
        acts
    });
    program.connect_to("S", &chaos.url(), None);
    let set = |input: &str| assert_eq!(program.run(&["price", "set", "S/m", "--input", input, "--output", "1000"]).code, 0);
    set("1000");
    let (prompts, csv) = (program.write("p.csv", prompts_csv(6)), program.path("c.csv"));
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--concurrency", "2", "--csv", csv.to_str().unwrap()];
    let child = program.command(&run).spawn().unwrap();
    chaos.until(|seen| seen.requests.len() == 2);
    set("9000");
    gate.open();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(Rows::read(&csv).column("cost"), vec!["0.011"; 6]);
    assert_eq!(program.run(&run).code, 0);
    assert_eq!(Rows::read(&csv).column("cost"), vec!["0.083"; 6], "the next run has the new price");
}

#[test]
fn a_price_of_nothing_is_a_price_and_less_than_nothing_is_none() {
    let program = Program::new();
    let chaos = Chaos::start(vec![good()]);
    program.connect_to("S", &chaos.url(), None);
    let prompts = program.write("p.csv", prompts_csv(3));
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--cap", "0.000001"];
    assert_eq!(program.run(&run).code, 1, "an unknown price is not sent under a cap");
    assert_eq!(program.run(&["price", "set", "S/m", "--input", "-1", "--output", "1"]).code, 1);
    assert_eq!(program.run(&["price", "set", "S/m", "--input", "NaN", "--output", "1"]).code, 1);
    assert_eq!(chaos.requests().len(), 0);
    assert_eq!(program.run(&["price", "set", "S/m", "--input", "0", "--output", "0"]).code, 0);
    let said = program.run_json(&run);
    assert_eq!((said.code, &said.json()["counts"]["finished"]), (0, &3.into()), "{}", said.stderr);
}
