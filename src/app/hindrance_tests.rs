use crate::analysis::{Expense, LikelyBasis, TargetForecast};
use crate::domain::{Connection, ConnectionId, Currency, Failure, FailureKind, KeySource, KeyState, Money, Role};

use super::tests::{add_target, now, started};
use super::*;

const KEY: &str = "Keyed";

/// A target whose key is in this state, beside one that needs none.
fn keyed(source: KeySource, key: KeyState) -> (AppState, ConnectionId) {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "open");
    let connection = Connection::new(ConnectionId::draw(), KEY, Role::Relay, "https://api.example.com/v1", source);
    let id = connection.id;
    state.apply(Fact::Connections(ConnectionFact::Saved { connection: Box::new(connection), key_state: key, added: true }), now());
    let target =
        BenchTarget { connection_id: id, model: "m".to_owned(), params: Default::default(), label: None, colour: 1, fallback: None };
    state.update(Command::Bench(BenchCommand::AddTarget(Box::new(target))), now());
    (state, id)
}

fn run(state: &mut AppState) -> Vec<Effect> {
    state.update(Command::Bench(BenchCommand::Run), now())
}

fn key(state: &mut AppState, id: ConnectionId, key: KeyState) {
    state.apply(Fact::Connections(ConnectionFact::Key { id, state: key }), now());
}

#[test]
fn a_run_whose_key_is_not_there_is_not_begun_and_says_why() {
    let locked = || KeyState::CannotBeRead { reason: "the system keychain is locked; unlock it and try again".to_owned() };
    let variable = || KeySource::Environment("THE_KEY".to_owned());
    for (source, missing, words) in [
        (KeySource::Session, KeyState::Missing, "Not yet: the key of “Keyed” was kept for the last session only. Enter it again."),
        (KeySource::Keychain, KeyState::Missing, "Not yet: the system keychain has no key for “Keyed”. Enter it again."),
        (
            variable(),
            KeyState::Environment { name: "THE_KEY".to_owned(), set: false },
            "Not yet: $THE_KEY, which holds the key of “Keyed”, is not set. Set it and start Assay again, or enter the key.",
        ),
        (
            KeySource::Keychain,
            locked(),
            "Not yet: the key of “Keyed” cannot be read. The system keychain is locked; unlock it and try again.",
        ),
    ] {
        let (mut state, id) = keyed(source, missing);
        assert!(run(&mut state).is_empty() && !state.bench.starting, "{words}");
        assert_eq!(state.notices.shown.last().unwrap().text, words);
        key(&mut state, id, KeyState::ThisSession);
        assert!(!run(&mut state).is_empty(), "the key is there now");
    }
}

#[test]
fn what_is_not_known_is_left_to_the_backend() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    state.connections.key_states.remove(&id);
    assert!(!run(&mut state).is_empty());
}

#[test]
fn a_target_with_a_fallback_that_can_be_asked_is_in_nobodys_way() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    state.update(Command::Bench(BenchCommand::SetFallback { index: 1, fallback: Some(0) }), now());
    assert!(state.hindrances().is_empty());
    let other = state.bench.targets[0].connection_id;
    key(&mut state, other, KeyState::Missing);
    let hindrances = state.hindrances();
    assert_eq!(hindrances.iter().map(|known| known.connection).collect::<Vec<_>>(), [other, id]);
}

#[test]
fn the_others_run_without_it_and_it_comes_back() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    state.update(Command::Bench(BenchCommand::LeaveOut(id)), now());
    assert_eq!(super::tests::plan_of(&run(&mut state)).targets.len(), 1);
    let undo = state.notices.shown.last().unwrap().id;
    state.update(Command::Notices(NoticeCommand::Undo(undo)), now());
    assert_eq!(state.bench.targets.len(), 2);
}

#[test]
fn a_ramp_without_its_key_is_not_begun() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    let ramp = ConnectionCommand::Ramp { id, model: "m".to_owned(), ceiling: 8 };
    assert!(state.update(Command::Connections(ramp), now()).is_empty() && !state.connections.ramps());
}

#[test]
fn a_stored_run_that_could_not_be_sent_leads_to_its_key() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    state.update(Command::Bench(BenchCommand::RemoveTarget(1)), now());
    assert!(state.all_hindrances().is_empty());
    let message = "the key was kept for an earlier session only; enter it again".to_owned();
    let failure = Failure { kind: FailureKind::NoKey, message };
    let target = |label: &str| Unaskable { connection: id, target: label.to_owned(), failure: failure.clone(), later: true };
    state.bench.starting = true;
    let fact = RunFact::CannotAsk { run_id: None, targets: vec![target("m · Keyed"), target("n · Keyed")], others: true };
    state.apply(Fact::Runs(fact), now());
    assert!(!state.bench.starting);
    assert_eq!(
        state.notices.shown.last().unwrap().text,
        "Nothing was sent: m · Keyed and 1 other target cannot be asked: the key was kept for an earlier session only; enter it again"
    );
    assert_eq!(state.all_hindrances().iter().map(|known| known.connection).collect::<Vec<_>>(), [id]);
    assert!(state.hindrances().is_empty(), "the next run does not need it");
    state.update(Command::Runs(RunCommand::Open(crate::domain::RunId::draw())), now());
    assert!(state.all_hindrances().is_empty(), "another run is looked at");
    state.bench.unaskable = vec![id];
    state.update(Command::Connections(ConnectionCommand::EnterKey(id)), now());
    assert_eq!((state.screen, state.connections.selected), (Screen::Connections, Some(id)));
    key(&mut state, id, KeyState::ThisSession);
    assert!(state.all_hindrances().is_empty());
}

fn asked(state: &mut AppState, start: Start) {
    let cost = Some(Money { amount: 12.into(), currency: Currency::usd() });
    let target = TargetForecast {
        label: "m".to_owned(),
        requests: 2_000,
        input_tokens: 1,
        likely_output_tokens: 1,
        worst_output_tokens: 1,
        likely_cost: cost.clone(),
        worst_cost: cost,
        standing: None,
        basis: LikelyBasis::Guess,
        set_aside: None,
        cap_allows: None,
    };
    let asked = Asked { start, expense: Expense::new(vec![target], None) };
    state.apply(Fact::Runs(RunFact::AskFirst(Box::new(asked))), now());
}

#[test]
fn what_costs_much_waits_for_a_word() {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "m");
    state.connections.own_prices.push(crate::domain::OwnPrice {
        host: state.connections.list[0].price_host(),
        model: "m".to_owned(),
        price: crate::domain::Price::flat(1.into(), 1.into(), Currency::usd(), crate::domain::PriceStanding::Own, "set"),
    });
    let weighed = |state: &mut AppState| match run(state).pop() {
        Some(Effect::Weigh { start, ask_over }) => {
            assert_eq!(ask_over, 5.into());
            start
        }
        other => panic!("{other:?}"),
    };
    let answer = |state: &mut AppState, answer| state.update(Command::Bench(BenchCommand::AnswerAsked(answer)), now());

    let start = weighed(&mut state);
    assert!(state.bench.starting);
    asked(&mut state, start);
    assert!(!state.bench.starting && state.bench.asked.is_some());
    assert!(answer(&mut state, Answer::Cancel).is_empty() && state.bench.asked.is_none());
    assert!(answer(&mut state, Answer::Run).is_empty(), "nobody asks any more");

    let start = weighed(&mut state);
    asked(&mut state, start);
    assert!(matches!(answer(&mut state, Answer::Run)[..], [Effect::Launch(_)]) && state.bench.starting);
    state.bench.starting = false;

    let start = weighed(&mut state);
    asked(&mut state, start);
    let cap = Money { amount: 2.into(), currency: Currency::usd() };
    let effects = answer(&mut state, Answer::RunUnder(cap.clone()));
    assert!(matches!(&effects[..], [Effect::Launch(plan)] if plan.settings.cap.as_ref() == Some(&cap)), "{effects:?}");
    assert_eq!(state.bench.settings.cap, Some(cap));
    state.bench.starting = false;

    let again = Start::Again { run_id: crate::domain::RunId::draw(), which: Again::Missing };
    asked(&mut state, again);
    assert!(matches!(answer(&mut state, Answer::Run)[..], [Effect::SendAgain { which: Again::Missing, .. }]));
}

#[test]
fn a_question_that_waits_is_in_view_and_in_the_way() {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "m");
    let Some(Effect::Weigh { start, .. }) = run(&mut state).pop() else { panic!("not weighed") };
    state.update(Command::Go(Screen::Settings), now());
    asked(&mut state, start);
    assert_eq!(state.screen, Screen::Bench, "or nobody would see it");
    assert!(run(&mut state).is_empty() && !state.bench.starting);
    let again = RunCommand::SendMissing(crate::domain::RunId::draw());
    assert!(state.update(Command::Runs(again), now()).is_empty());
    assert!(state.notices.shown.last().unwrap().text.contains("waits for your word"));
    assert!(matches!(state.bench.asked.as_ref().unwrap().start, Start::New(_)), "the question is still the one that was asked");
    // No target has a price in it: such a cap would send nothing, and is neither set nor remembered.
    let cap = Money { amount: 2.into(), currency: Currency::new("CNY").unwrap() };
    assert!(state.update(Command::Bench(BenchCommand::AnswerAsked(Answer::RunUnder(cap))), now()).is_empty());
    assert_eq!((state.bench.settings.cap.as_ref(), state.preferences.settings.bench.cap.as_ref()), (None, None));
}

#[test]
fn prompts_edited_during_a_start_are_kept_after_it() {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "m");
    run(&mut state);
    let set = state.bench.set_id.unwrap();
    state.update(Command::Prompts(PromptCommand::AddCase(set)), now());
    let later = now() + jiff::SignedDuration::from_secs(2);
    let saves = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::SaveCases { .. }));
    assert!(!saves(&state.tick(later)));
    state.apply(Fact::Runs(RunFact::LaunchFailed { message: "no".to_owned() }), later);
    assert!(saves(&state.tick(later)));
}

#[test]
fn what_has_a_fallback_that_can_be_asked_stays_where_the_others_run_without_it() {
    let (mut state, id) = keyed(KeySource::Session, KeyState::Missing);
    let target = BenchTarget { model: "n".to_owned(), fallback: None, ..state.bench.targets[1].clone() };
    state.update(Command::Bench(BenchCommand::AddTarget(Box::new(target))), now());
    state.update(Command::Bench(BenchCommand::SetFallback { index: 1, fallback: Some(0) }), now());
    state.update(Command::Bench(BenchCommand::LeaveOut(id)), now());
    let left: Vec<_> = state.bench.targets.iter().map(|target| (target.model.as_str(), target.fallback)).collect();
    assert_eq!(left, [("open", None), ("m", Some(0))]);
    assert!(state.hindrances().is_empty());
}
