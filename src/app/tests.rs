//! The mind without a backend: wishes in, state and effects out.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    Case, Catalog, Cell, Connection, ConnectionId, GapHistogram, KeySource, Presets, PromptSet, PromptSetHead, PromptSetId, PromptSetKind,
    Role, RunEvent, RunEventKind, RunStatus, StopReason, Trial, TrialBody, TrialId, TrialRow, TrialStatus,
};

use super::*;

pub(super) fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

pub(super) fn later(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

fn set(kind: PromptSetKind, prompts: &[&str]) -> PromptSet {
    let cases: Vec<Case> = prompts.iter().enumerate().map(|(n, text)| Case::single(&(n + 1).to_string(), "", text)).collect();
    let head = PromptSetHead {
        id: PromptSetId::draw(),
        name: "Scratch".to_owned(),
        kind,
        version: 1,
        frozen: false,
        case_count: cases.len() as u32,
    };
    PromptSet { head, cases }
}

pub(super) fn started(prompts: &[&str]) -> AppState {
    let mut state = AppState::new(Preferences::default(), Arc::new(Catalog::default()), Arc::new(Presets::default()), now());
    let scratch = set(PromptSetKind::Scratch, prompts);
    let connection = Connection::new(ConnectionId::draw(), "Here", Role::Local, "http://127.0.0.1:1/v1", KeySource::None);
    let started = Started {
        connections: vec![connection],
        own_prices: Vec::new(),
        sets: vec![scratch.head.clone()],
        scratch,
        unfinished: Vec::new(),
        run_count: 0,
        trial_count: 0,
        in_environment: Vec::new(),
        documents: std::path::PathBuf::new(),
        notices: Vec::new(),
        checks: Vec::new(),
    };
    state.apply(Fact::Started(Box::new(started)), now());
    state
}

pub(super) fn add_target(state: &mut AppState, model: &str) {
    let connection_id = state.connections.list[0].id;
    let target = BenchTarget { connection_id, model: model.to_owned(), params: Default::default(), label: None, colour: 0, fallback: None };
    state.update(Command::Bench(BenchCommand::AddTarget(Box::new(target))), now());
}

pub(super) fn plan_of(effects: &[Effect]) -> &crate::domain::RunPlan {
    let weighed = |effect| if let &Effect::Weigh { start: Start::New(ref plan), .. } = effect { Some(plan.as_ref()) } else { None };
    effects.iter().find_map(weighed).expect("a launch")
}

pub(super) fn launched(state: &mut AppState) -> Arc<crate::domain::RunPlan> {
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    let mut plan = plan_of(&effects).clone();
    plan.id = crate::domain::RunId::draw();
    let plan = Arc::new(plan);
    let fact = RunFact::Launched {
        plan: Arc::clone(&plan),
        rows: Vec::new(),
        superseded: Vec::new(),
        asked: plan.cell_count(),
        status: RunStatus::Unfinished,
    };
    state.apply(Fact::Runs(fact), now());
    plan
}

pub(super) fn ended(plan: &crate::domain::RunPlan, cell: Cell, status: TrialStatus) -> RunEvent {
    let row = TrialRow {
        id: TrialId::draw(),
        cell,
        supersedes: None,
        status,
        failure: None,
        fallback: None,
        attempts: 1,
        fallback_attempts: 0,
        started_at: Some(now()),
        timing: None,
        gaps: GapHistogram::default(),
        waited_us: None,
        queue_us: None,
        output_tokens_per_s: None,
        usage: None,
        cost: None,
        stated_cost: None,
        response_model: None,
        finish_reason: None,
        first_line: String::new(),
        output_hash: 0,
        warnings: Vec::new(),
        judgement: Default::default(),
    };
    RunEvent { run_id: plan.id, kind: RunEventKind::Ended { trial: Box::new(Trial { row, body: TrialBody::default() }) } }
}

#[test]
fn edits_are_kept_after_half_a_second_of_quiet_and_before_a_run() {
    let mut state = started(&["one"]);
    let id = state.bench.set_id.unwrap();
    let edit = |text: &str| Command::Prompts(PromptCommand::EditCase { id, index: 0, case: Box::new(Case::single("1", "", text)) });
    state.update(edit("two"), now());
    assert!(state.prompts.unsaved());
    assert!(!state.tick(later(400)).iter().any(|effect| matches!(effect, Effect::SaveCases { .. })));
    assert!(state.tick(later(600)).iter().any(|effect| matches!(effect, Effect::SaveCases { .. })));
    state.apply(Fact::Prompts(PromptFact::Saved(state.prompts.open[&id].head.clone())), later(610));
    assert!(!state.prompts.unsaved());

    add_target(&mut state, "m");
    state.update(edit("three"), later(700));
    let effects = state.update(Command::Bench(BenchCommand::Run), later(701));
    assert!(matches!(effects.first(), Some(Effect::SaveCases { .. })), "the edit is kept before it is sent");
    assert_eq!(plan_of(&effects).cases[0].render().unwrap()[0].content, "three");
}

#[test]
fn a_variable_without_a_value_stops_the_run_and_names_case_and_variable() {
    let mut state = started(&["Explain {{topic}}"]);
    add_target(&mut state, "m");
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    assert!(effects.is_empty());
    assert_eq!(state.bench.forecast.problem.as_deref(), Some("case “1” has no value for {{topic}}"));
    let mut state = started(&["Explain {{topic}}", "", "Hi"]);
    add_target(&mut state, "m");
    state.update(Command::Bench(BenchCommand::Run), now());
    let problem = state.bench.forecast.problem.as_deref();
    assert_eq!(problem, Some("case “1” has no value for {{topic}}; 1 more case cannot be sent either"));
}

#[test]
fn a_target_whose_connection_is_gone_is_named_as_such() {
    let mut state = started(&["Hi"]);
    add_target(&mut state, "gpt");
    let id = state.connections.list[0].id;
    state.apply(Fact::Connections(ConnectionFact::Removed { id, name: "Here".to_owned() }), now());
    assert!(state.update(Command::Bench(BenchCommand::Run), now()).is_empty());
    assert_eq!(state.bench.forecast.problem.as_deref(), Some("the connection of target 1, gpt, was removed; choose another one for it"));
}

#[test]
fn two_targets_that_are_the_same_are_refused_and_other_parameters_tell_them_apart() {
    let mut state = started(&["hi"]);
    add_target(&mut state, "m");
    add_target(&mut state, "m");
    assert!(state.update(Command::Bench(BenchCommand::Run), now()).is_empty());
    let mut other = state.bench.targets[1].clone();
    other.params.temperature = Some(0.2);
    state.update(Command::Bench(BenchCommand::ChangeTarget { index: 1, target: Box::new(other) }), now());
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    let plan = plan_of(&effects);
    assert_eq!(plan.targets.len(), 2);
    assert_ne!(plan.targets[0].colour, plan.targets[1].colour);
    assert_eq!(plan.targets.iter().filter(|target| target.baseline).count(), 1);
}

#[test]
fn a_second_run_waits_for_the_first() {
    let mut state = started(&["hi"]);
    add_target(&mut state, "m");
    let plan = launched(&mut state);
    assert!(state.in_flight());
    assert!(state.update(Command::Bench(BenchCommand::Run), now()).is_empty());
    state.apply(Fact::Runs(RunFact::Event(ended(&plan, Cell { case_index: 0, target_index: 0, repeat: 0 }, TrialStatus::Finished))), now());
    let stopped = RunEvent { run_id: plan.id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    assert!(!state.in_flight());
    assert_eq!(state.run_in_view().unwrap().status, crate::domain::RunStatus::Finished);
    assert!(!state.update(Command::Bench(BenchCommand::Run), now()).is_empty());
}

#[test]
fn a_trial_sent_again_takes_the_place_of_the_old_and_the_old_cost_counts() {
    let mut state = started(&["hi"]);
    add_target(&mut state, "m");
    let plan = launched(&mut state);
    let cell = Cell { case_index: 0, target_index: 0, repeat: 0 };
    for cost in ["0.25", "0.50"] {
        let mut event = ended(&plan, cell, TrialStatus::Finished);
        if let RunEventKind::Ended { trial } = &mut event.kind {
            trial.row.cost = Some(cost.parse().unwrap());
        }
        state.apply(Fact::Runs(RunFact::Event(event)), now());
    }
    let run = state.run_in_view().unwrap();
    assert_eq!(run.rows.len(), 1);
    let (spent, unknown) = run.spent();
    assert_eq!(spent.values().sum::<rust_decimal::Decimal>().to_string(), "0.75");
    assert!(!unknown);
}

#[test]
fn what_was_stored_is_not_counted_as_first_run() {
    let state = started(&[""]);
    assert!(!state.is_first_run(), "there is a connection");
    let mut empty = started(&[""]);
    empty.connections.list.clear();
    assert!(empty.is_first_run());
}

#[test]
fn a_removed_set_can_be_brought_back() {
    let mut state = started(&["hi"]);
    let listed = set(PromptSetKind::Listed, &["a"]);
    let id = listed.head.id;
    state.screen = Screen::Sets;
    state.apply(Fact::Prompts(PromptFact::Created(Box::new(listed))), now());
    assert!(matches!(state.update(Command::Prompts(PromptCommand::Delete(id)), now())[..], [Effect::DeleteSet(_)]));
    let notice = state.notices.shown.last().unwrap().id;
    let effects = state.update(Command::Notices(NoticeCommand::Undo(notice)), now());
    assert!(matches!(effects[..], [Effect::UndeleteSet(back)] if back == id));
}

#[test]
fn ctrl_c_cancels_the_run_in_flight_and_one_that_only_now_begins() {
    let cancels = |effects: &[Effect]| matches!(effects, [Effect::Control { control: crate::runner::RunControl::Cancelled, .. }]);
    let mut state = started(&["Hello"]);
    add_target(&mut state, "m");
    let plan = launched(&mut state);
    assert!(cancels(&state.apply(Fact::Interrupted, now())));
    assert!(state.apply(Fact::Interrupted, now()).is_empty(), "it is being stopped already");
    let stopped = RunEvent { run_id: plan.id, kind: RunEventKind::Stopped { reason: StopReason::Cancelled } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    let fact = RunFact::Launched { plan, rows: Vec::new(), superseded: Vec::new(), asked: 1, status: RunStatus::Unfinished };
    assert!(cancels(&state.apply(Fact::Runs(fact), now())));
}

#[test]
fn the_demo_is_sent_only_when_its_run_was_asked_for() {
    let ready = |state: &AppState| {
        let connection = Box::new(state.connections.list[0].clone());
        let targets = vec!["Here/m".parse().unwrap()];
        Fact::DemoReady { connection, targets, sample: Box::new(set(PromptSetKind::Sample, &["Hello"])) }
    };
    let mut state = started(&[""]);
    let fact = ready(&state);
    assert!(state.apply(fact, now()).is_empty());
    state.update(Command::Bench(BenchCommand::RunDemo), now());
    let fact = ready(&state);
    assert!(matches!(&state.apply(fact, now())[..], [Effect::Weigh { start: Start::New(_), .. }]));
}

#[test]
fn a_price_of_ones_own_that_was_removed_comes_back() {
    let mut state = started(&["Hello"]);
    let price = crate::domain::Price::local();
    let own = crate::domain::OwnPrice { host: "h".to_owned(), model: "m".to_owned(), price };
    state.connections.own_prices.push(own.clone());
    let remove = ConnectionCommand::RemovePrice { host: "h".to_owned(), model: "m".to_owned() };
    assert!(matches!(state.update(Command::Connections(remove), now())[..], [Effect::RemovePrice { .. }]));
    let undo = state.notices.shown.last().unwrap().id;
    let effects = state.update(Command::Notices(NoticeCommand::Undo(undo)), now());
    assert!(matches!(&effects[..], [Effect::SetPrice(back)] if **back == own), "{effects:?}");
}

#[test]
fn the_demo_gives_the_bench_back() {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "mine");
    let set_id = state.bench.set_id;
    state.update(Command::Bench(BenchCommand::RunDemo), now());
    let demo = Connection::new(ConnectionId::draw(), "Demo", Role::Demo, "http://127.0.0.1:2/v1", KeySource::None);
    let sample = Box::new(set(PromptSetKind::Sample, &["Hi"]));
    let ready = Fact::DemoReady { connection: Box::new(demo), targets: vec!["Demo/m".parse().unwrap()], sample };
    assert!(matches!(&state.apply(ready, now())[..], [Effect::Weigh { start: Start::New(_), .. }]));
    assert_eq!(state.bench.targets[0].model, "m");
    let undo = state.notices.shown.last().unwrap().id;
    state.update(Command::Notices(NoticeCommand::Undo(undo)), now());
    assert_eq!((state.bench.targets[0].model.as_str(), state.bench.set_id), ("mine", set_id));
}

#[test]
fn the_demo_waits_for_the_run_in_flight() {
    let mut state = started(&["Hello"]);
    add_target(&mut state, "m");
    launched(&mut state);
    assert!(state.update(Command::Bench(BenchCommand::RunDemo), now()).is_empty());
    assert!(!state.demo_starting);
    assert!(state.notices.shown.last().unwrap().text.contains("in flight"));
}

#[test]
fn a_picture_gets_a_plain_name_beside_the_exports() {
    let mut state = started(&["Hi"]);
    state.exchange.documents = "/documents".into();
    let save = ExchangeCommand::SavePicture { name: "Total time: p50/p95".to_owned(), png: Arc::from([1_u8]) };
    let effects = state.update(Command::Exchange(save), now());
    let [Effect::SavePicture { folder, stem, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((folder.to_str(), stem.as_str()), (Some("/documents"), "assay-total-time--p50-p95"));
}

#[test]
fn an_old_answer_that_is_looked_at_stays_however_many_newer_ones_are_here() {
    let mut state = started(&["Hi"]);
    add_target(&mut state, "m");
    let plan = state.plan_inputs().unwrap().plan(crate::domain::RunId::draw(), now()).unwrap();
    let mut run = OpenRun::new(Arc::new(plan), crate::domain::RunStatus::Finished, Vec::new(), Vec::new());
    let id = |n: u128| TrialId(uuid::Uuid::from_u128(n));
    run.bodies_came((1_000..2_000).map(|n| (id(n), TrialBody::default())).collect());
    run.bodies_came(vec![(id(1), TrialBody::default())]);
    assert!(run.bodies.contains_key(&id(1)) && run.bodies.len() == 400);
}

/// Labels of the bench's baseline, of the baseline in view, and of the one that the summary compares with.
fn baselines(state: &AppState) -> [String; 3] {
    let run = state.run_in_view().unwrap();
    let summary = &run.figures().unwrap().summary;
    [
        state.label_of(&state.bench.targets[state.bench.baseline]),
        run.plan.targets[run.baseline_index()].label.clone(),
        summary.iter().find(|target| target.baseline).unwrap().label.clone(),
    ]
}

#[test]
fn another_baseline_is_that_of_the_run_in_view_and_of_the_next_one() {
    let mut state = started(&["hi"]);
    for model in ["m1", "m2"] {
        add_target(&mut state, model);
    }
    let plan = launched(&mut state);
    let stopped = RunEvent { run_id: plan.id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    let [one, two] = [0, 1].map(|index: usize| plan.targets[index].label.clone());
    state.tick(now());
    assert_eq!(baselines(&state), [&one, &one, &one].map(Clone::clone));

    let keeps = |effects: &[Effect], index: u32| matches!(effects, [Effect::KeepBaseline { run_id, target_index }] if *run_id == plan.id && *target_index == index);
    assert!(keeps(&state.update(Command::Bench(BenchCommand::SetBaseline(1)), now()), 1));
    state.tick(now());
    assert_eq!(baselines(&state), [&two, &two, &two].map(Clone::clone));
    assert!(state.run_in_view().unwrap().plan.targets[0].baseline, "what the run was stays");

    assert!(keeps(&state.update(Command::Bench(BenchCommand::SetRunBaseline(0)), now()), 0));
    state.tick(now());
    assert_eq!(baselines(&state), [&one, &one, &one].map(Clone::clone));
    assert!(state.update(Command::Bench(BenchCommand::SetRunBaseline(7)), now()).is_empty(), "there is no such target");
}

#[test]
fn the_baseline_that_was_chosen_is_found_again() {
    let mut state = started(&["hi"]);
    for model in ["m1", "m2"] {
        add_target(&mut state, model);
    }
    let plan = Arc::new(state.plan_inputs().unwrap().plan(crate::domain::RunId::draw(), now()).unwrap());
    let opened = RunFact::Opened {
        plan: Arc::clone(&plan),
        status: crate::domain::RunStatus::Finished,
        rows: Vec::new(),
        superseded: Vec::new(),
        baseline: Some(1),
        sent_elsewhere: false,
    };
    state.update(Command::Runs(RunCommand::Open(plan.id)), now());
    state.apply(Fact::Runs(opened), now());
    assert_eq!(state.run_in_view().unwrap().baseline_index(), 1);

    // Sent on: what is looked at stays. Of a run that was not open here, it is asked for.
    let RunEventKind::Ended { trial } = ended(&plan, Cell { case_index: 0, target_index: 0, repeat: 0 }, TrialStatus::Finished).kind else {
        panic!()
    };
    let launched = || RunFact::Launched {
        plan: Arc::clone(&plan),
        rows: vec![trial.row.clone()],
        superseded: Vec::new(),
        asked: 1,
        status: RunStatus::Unfinished,
    };
    assert!(state.apply(Fact::Runs(launched()), now()).is_empty());
    assert_eq!(state.run_in_view().unwrap().baseline_index(), 1);
    state.runs.open.clear();
    assert!(matches!(state.apply(Fact::Runs(launched()), now())[..], [Effect::LoadBaseline(id)] if id == plan.id));
    state.apply(Fact::Runs(RunFact::Baseline { run_id: plan.id, target_index: 1 }), now());
    assert_eq!(state.run_in_view().unwrap().baseline_index(), 1);
}

#[test]
fn the_charts_are_of_as_many_prompt_sets_as_are_chosen() {
    let mut state = started(&["hi"]);
    let (one, two) = (PromptSetId::draw(), PromptSetId::draw());
    let mut asked = |command: HistoryCommand| match &state.update(Command::History(command), now())[..] {
        [Effect::LoadTrend(filter)] => filter.prompt_sets.clone(),
        effects => panic!("{effects:?}"),
    };
    assert_eq!(asked(HistoryCommand::ToggleSet(one)), [one]);
    let mut both = asked(HistoryCommand::ToggleSet(two));
    both.sort_unstable();
    assert_eq!(both, if one < two { [one, two] } else { [two, one] });
    assert_eq!(asked(HistoryCommand::ToggleSet(one)), [two]);
    assert!(asked(HistoryCommand::AllSets).is_empty(), "none chosen means all");
}

#[test]
fn opening_a_run_again_reads_it_anew_unless_it_is_live_here() {
    let mut state = started(&["One"]);
    add_target(&mut state, "a");
    let plan = Arc::new(state.plan_inputs().unwrap().plan(crate::domain::RunId::draw(), now()).unwrap());
    let row = |status| match ended(&plan, Cell { case_index: 0, target_index: 0, repeat: 0 }, status).kind {
        RunEventKind::Ended { trial } => trial.row,
        _ => panic!(),
    };
    let opened = |rows: Vec<TrialRow>| RunFact::Opened {
        plan: Arc::clone(&plan),
        status: RunStatus::Unfinished,
        rows,
        superseded: Vec::new(),
        baseline: None,
        sent_elsewhere: false,
    };
    let counts = |state: &AppState| state.run_in_view().unwrap().counts();
    let open = |state: &mut AppState| state.update(Command::Runs(RunCommand::Open(plan.id)), now());
    assert_eq!(open(&mut state).len(), 1);
    state.apply(Fact::Runs(opened(vec![row(TrialStatus::Failed)])), now());
    assert_eq!(counts(&state), (0, 1, 0));
    // Another process sent it again meanwhile.
    assert!(matches!(open(&mut state)[..], [Effect::OpenRun(id)] if id == plan.id));
    let before = state.run_in_view().unwrap().revision;
    state.apply(Fact::Runs(opened(vec![row(TrialStatus::Finished)])), now());
    assert_eq!(counts(&state), (1, 0, 0));
    assert!(state.run_in_view().unwrap().revision > before);

    let launched =
        RunFact::Launched { plan: Arc::clone(&plan), rows: Vec::new(), superseded: Vec::new(), asked: 1, status: RunStatus::Cancelled };
    state.apply(Fact::Runs(launched), now());
    assert!(open(&mut state).is_empty());
    state.apply(Fact::Runs(opened(vec![row(TrialStatus::Finished)])), now());
    assert_eq!(counts(&state), (0, 0, 0));
    // Nothing else was asked for, and what is missing is missing as before.
    let stopped = RunEvent { run_id: plan.id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    assert_eq!(state.run_in_view().unwrap().status, RunStatus::Cancelled);
}
