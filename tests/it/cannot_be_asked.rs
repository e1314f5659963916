//! A run that could send nothing is not begun: nothing is sent, nothing is stored, and what to do is said. What costs much is asked about first.

use assay::app::{Again, ConnectionFact, Effect, Fact, RunFact, Start};
use assay::domain::{
    Connection, ConnectionId, Currency, KeySource, KeyState, Money, Price, PriceStanding, Role, RunStatus, StopReason, TrialStatus,
};

use crate::office::{Office, keyless, launched, plan};
use crate::program::{Program, Said, prompts_csv};
use crate::server::Server;

fn run(program: &Program, targets: &[&str]) -> Said {
    let prompts = program.write("p.csv", prompts_csv(4));
    let targets = targets.iter().flat_map(|target| ["--target", target]);
    program.run_json(&[&["run", "--prompts", prompts.to_str().unwrap()][..], &targets.collect::<Vec<_>>()].concat())
}

fn runs(program: &Program) -> usize {
    program.run_json(&["runs"]).json().as_array().unwrap().len()
}

#[test]
fn a_run_without_its_key_sends_nothing_and_is_not_stored() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("K", &server, Some("NO_SUCH_VARIABLE"));
    let said = run(&program, &["K/good"]);
    let (kind, message) = said.error();
    assert_eq!((said.code, kind.as_str(), server.requests(), runs(&program)), (1, "no_key", 0, 0), "{message}");
    assert!(message.contains("nothing was sent") && message.contains("NO_SUCH_VARIABLE") && message.contains("set it"), "{message}");
    assert_eq!(said.stdout, "", "no report of a run that there is not");
}

#[test]
fn one_key_of_several_is_named_and_the_others_are_not_sent_in_its_silence() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    program.connect("K", &server, Some("NO_SUCH_VARIABLE"));
    let said = run(&program, &["S/good", "K/good"]);
    let (kind, message) = said.error();
    assert_eq!((said.code, kind.as_str(), server.requests(), runs(&program)), (1, "no_key", 0, 0), "{message}");
    assert!(message.contains("good · K cannot be asked") && message.contains("leave out good · K"), "{message}");
    assert_eq!(run(&program, &["S/good"]).code, 0);
}

fn keyed(url: &str, source: KeySource) -> Connection {
    Connection::new(ConnectionId::draw(), "Keyed", Role::Relay, url, source)
}

#[test]
fn a_key_of_an_earlier_session_stops_a_run_and_a_resume_before_they_begin() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyed(&server.url(), KeySource::Session), Some("sk-1234567890"));
    let set = office.set(3);
    server.hold_after(1);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    server.wait_for_requests(2);
    office.backend.perform(Effect::Control { run_id, control: assay::runner::RunControl::Cancelled });
    office.stopped();
    server.release();

    let mut office = office.reopened();
    let asked = server.requests();
    let before = office.stored(run_id);
    let starts = [
        Effect::Launch(Box::new(plan(&connection, &set))),
        Effect::SendAgain { run_id, which: Again::Missing },
        Effect::SendAgain { run_id, which: Again::Failed },
        Effect::Weigh { start: Start::New(Box::new(plan(&connection, &set))), ask_over: 5.into() },
        Effect::Weigh { start: Start::Again { run_id, which: Again::Missing }, ask_over: 5.into() },
    ];
    for start in starts {
        let of_run = matches!(&start, Effect::SendAgain { .. } | Effect::Weigh { start: Start::Again { .. }, .. });
        office.backend.perform(start);
        let mut key = None;
        let (run, targets, others) = office.wait(|fact| match fact {
            Fact::Connections(ConnectionFact::Key { state, .. }) => {
                key = Some(state);
                None
            }
            Fact::Runs(RunFact::CannotAsk { run_id, targets, others }) => Some((run_id, targets, others)),
            Fact::Runs(RunFact::Launched { .. }) => panic!("it began"),
            _ => None,
        });
        assert_eq!((run, key, others), (of_run.then_some(run_id), Some(KeyState::Missing), false));
        assert!(targets[0].failure.message.contains("earlier session") && targets[0].later, "{targets:?}");
    }
    assert_eq!((server.requests(), office.stored(run_id)), (asked, before), "nothing was sent, and the run stands where it stood");
    assert_eq!(office.started().run_count, 1);
}

#[test]
fn a_stored_run_sends_what_can_be_sent_and_leaves_the_rest_for_later() {
    let server = Server::start(None);
    let mut office = Office::new();
    let open = office.connection(keyless(&server.url()), None);
    let keyed = office.connection(keyed(&server.url(), KeySource::Session), Some("sk-1234567890"));
    let set = office.set(2);
    let mut planned = plan(&open, &set);
    planned.targets.extend(plan(&keyed, &set).targets.into_iter().map(|target| assay::domain::RunTarget { baseline: false, ..target }));
    server.hold_after(0);
    office.backend.perform(Effect::Launch(Box::new(planned)));
    let run_id = office.wait(launched);
    server.wait_for_requests(1);
    office.backend.perform(Effect::Control { run_id, control: assay::runner::RunControl::Cancelled });
    office.stopped();
    server.release();

    let mut office = office.reopened();
    office.backend.perform(Effect::SendAgain { run_id, which: Again::Missing });
    assert_eq!(office.stopped(), StopReason::Complete);
    let (status, trials) = office.stored(run_id);
    assert_eq!(status, RunStatus::Unfinished);
    assert_eq!(trials.iter().filter(|status| **status == TrialStatus::Finished).count(), 2);
    assert!(!trials.contains(&TrialStatus::Failed), "what was never sent has not failed");
}

#[test]
fn what_costs_much_is_asked_about_before_anything_is_sent() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(3);
    let mut planned = plan(&connection, &set);
    planned.targets[0].price = Some(Price::flat(1.into(), 100.into(), Currency::usd(), PriceStanding::Own, "set"));
    let ask = |office: &mut Office, start, ask_over: i64| {
        office.backend.perform(Effect::Weigh { start, ask_over: ask_over.into() });
        office.wait(|fact| match fact {
            Fact::Runs(RunFact::AskFirst(asked)) => Some(Some(asked)),
            Fact::Runs(RunFact::Launched { .. }) => Some(None),
            _ => None,
        })
    };
    let asked = ask(&mut office, Start::New(Box::new(planned.clone())), 1).unwrap();
    assert_eq!((asked.expense.requests, server.requests(), office.started().run_count), (3, 0, 0));

    server.hold_after(1);
    let Start::New(confirmed) = asked.start else { panic!("another start") };
    office.backend.perform(Effect::Launch(confirmed));
    let run_id = office.wait(launched);
    server.wait_for_requests(2);
    office.backend.perform(Effect::Control { run_id, control: assay::runner::RunControl::Cancelled });
    office.stopped();
    server.release();

    // Two of its three cells are missing: only what they cost counts.
    let again = || Start::Again { run_id, which: Again::Missing };
    let asked = ask(&mut office, again(), 1).unwrap();
    assert_eq!((asked.expense.requests, asked.start), (2, again()));
    assert!(ask(&mut office, again(), 1_000).is_none(), "no need to ask");
    office.stopped();
    assert!(ask(&mut office, Start::New(Box::new(planned)), 1_000).is_none());
    office.stopped();
}

/// A run of three prompts with a key for one session, under a cap that has room for one of them.
fn capped(office: &mut Office, server: &Server) -> assay::domain::RunId {
    let connection = office.connection(keyed(&server.url(), KeySource::Session), Some("sk-1234567890"));
    let set = office.set(3);
    let mut planned = plan(&connection, &set);
    planned.targets[0].price = Some(Price::flat(1.into(), 100.into(), Currency::usd(), PriceStanding::Own, "set"));
    planned.settings.params.max_tokens = Some(1_000);
    planned.settings.cap = Some(money("0.1005"));
    office.backend.perform(Effect::Launch(Box::new(planned)));
    let run_id = office.wait(launched);
    assert_eq!(office.stopped(), StopReason::Capped);
    run_id
}

fn money(amount: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency: Currency::usd() }
}

fn cap_of(office: &mut Office, run_id: assay::domain::RunId) -> Option<Money> {
    office.backend.perform(Effect::OpenRun(run_id));
    office.wait(|fact| if let Fact::Runs(RunFact::Opened { plan, .. }) = fact { Some(plan.settings.cap.clone()) } else { None })
}

#[test]
fn a_raised_cap_is_weighed_less_what_was_spent() {
    let server = Server::start(None);
    let mut office = Office::new();
    let run_id = capped(&mut office, &server);
    let start = Start::Again { run_id, which: Again::UnderCap("0.15".parse().unwrap()) };
    office.backend.perform(Effect::Weigh { start: start.clone(), ask_over: "0.12".parse().unwrap() });
    let asked = office.wait(|fact| match fact {
        Fact::Runs(RunFact::AskFirst(asked)) => Some(asked),
        Fact::Runs(RunFact::Launched { .. }) => panic!("nobody was asked"),
        _ => None,
    });
    // 10 tokens in, 5 out.
    assert_eq!((asked.start, asked.expense.cap), (start, Some(money("0.14949"))));
    assert_eq!(cap_of(&mut office, run_id), Some(money("0.1005")), "only asked");
}

#[test]
fn a_cap_without_room_sends_nothing_and_says_so() {
    let server = Server::start(None);
    let mut office = Office::new();
    let run_id = capped(&mut office, &server);
    office.backend.perform(Effect::Weigh { start: Start::Again { run_id, which: Again::Missing }, ask_over: 5.into() });
    let message = office.wait(|fact| match fact {
        Fact::Runs(RunFact::LaunchFailed { message }) => Some(message),
        Fact::Runs(RunFact::Launched { .. }) => panic!("it began"),
        _ => None,
    });
    assert!(message.starts_with("Nothing is sent: of the cap of $0.1") && message.contains("A higher cap"), "{message}");
    assert_eq!((office.stored(run_id).0, server.requests()), (RunStatus::Capped, 1));
}

#[test]
fn a_cap_is_raised_only_when_the_run_goes_on() {
    let server = Server::start(None);
    let mut office = Office::new();
    let run_id = capped(&mut office, &server);
    let mut office = office.reopened();
    let raised = || Effect::SendAgain { run_id, which: Again::UnderCap(5.into()) };
    office.backend.perform(raised());
    office.wait(|fact| matches!(fact, Fact::Runs(RunFact::CannotAsk { .. })).then_some(()));
    assert_eq!(cap_of(&mut office, run_id), Some(money("0.1005")), "nothing was sent");
    // An older program stored it all the same: the same command goes on with it.
    let plan = "UPDATE runs SET plan = json_set(plan, '$.settings.cap.amount', '5')";
    assert_eq!(office.archive().execute(plan, []).unwrap(), 1);
    office.backend.perform(raised());
    office.wait(|fact| match fact {
        Fact::Runs(RunFact::LaunchFailed { message }) => panic!("{message}"),
        Fact::Runs(RunFact::CannotAsk { .. }) => Some(()),
        _ => None,
    });
}
