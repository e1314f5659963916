//! Before a run: what stands in its way, what it may cost at most, and the question about what costs much.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use std::sync::Arc;

use assay::analysis::{AtMost, Expense, Forecast};
use assay::app::{
    Answer, AppState, Asked, BenchCommand, Command, ConnectionCommand, ConnectionFact, Fact, PreferenceCommand, RunFact, Screen, Start,
};
use assay::domain::{Connection, ConnectionId, KeyState, RunId};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::Timestamp;
use uuid::Uuid;

use crate::bench_state as states;
use crate::window::{SIZES, Window, alive, press, settles, still};

const RELAY: ConnectionId = ConnectionId(Uuid::from_u128(12));

fn without_a_key() -> AppState {
    let mut state = states::full(10);
    let now = state.now;
    let relay = state.connections.find(RELAY).cloned().map(|relay| Connection { key_source: assay::domain::KeySource::Session, ..relay });
    let saved = ConnectionFact::Saved { connection: Box::new(relay.unwrap()), key_state: KeyState::Missing, added: false };
    let _effects = state.apply(Fact::Connections(saved), now);
    state.bench.forecast.stale_since = None;
    state
}

fn locked() -> AppState {
    let mut state = states::full(10);
    let now = state.now;
    let reason = "the system keychain is locked, or its question was dismissed; unlock it and try again".to_owned();
    let key = ConnectionFact::Key { id: RELAY, state: KeyState::CannotBeRead { reason } };
    let _effects = state.apply(Fact::Connections(key), now);
    state.bench.forecast.stale_since = None;
    state
}

#[test]
fn a_run_without_a_key_is_blocked_and_says_what_to_do() {
    let mut window = still(without_a_key(), Theme::Dark, SIZES[1]);
    assert!(window.get_by_label("Run").accesskit_node().is_disabled());
    window.get_by_label("Warning: Not yet: the key of “HolySheep” was kept for the last session only");
    assert!(matches!(press(&mut window, "Enter the key…")[..], [Command::Connections(ConnectionCommand::EnterKey(RELAY))]));
    let wishes = press(&mut window, "Run without HolySheep");
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::LeaveOut(RELAY)), Command::Bench(BenchCommand::Run)]), "{wishes:?}");
    let mut window = still(locked(), Theme::Dark, SIZES[1]);
    assert!(window.get_by_label("Run").accesskit_node().is_disabled());
    assert!(matches!(press(&mut window, "Look again")[..], [Command::Connections(ConnectionCommand::RefreshKey(RELAY))]));
}

#[test]
fn the_way_to_the_key_leads_into_its_field() {
    let mut window = alive(without_a_key(), Theme::Dark, SIZES[1]);
    window.get_by_label("Enter the key…").click();
    window.run_steps(8);
    assert_eq!(window.state().state().screen, Screen::Connections);
    assert!(window.get_by_role_and_label(Role::PasswordInput, "Key").is_focused());
}

fn expense(state: &AppState, unknown: bool) -> Expense {
    let forecast = state.bench.forecast.value.as_ref().unwrap();
    let mut targets = forecast.targets.clone();
    for target in &mut targets {
        target.requests = 600;
        for cost in [&mut target.likely_cost, &mut target.worst_cost].into_iter().flatten() {
            cost.amount *= rust_decimal::Decimal::from(30);
        }
    }
    if unknown {
        targets[1].likely_cost = None;
        targets[1].worst_cost = None;
    }
    Expense::new(targets, None)
}

fn asking(unknown: bool) -> AppState {
    let mut state = states::full(10);
    let now = state.now;
    let plan = state.plan_inputs().unwrap().plan(RunId(Uuid::nil()), Timestamp::UNIX_EPOCH).unwrap();
    let asked = Asked { start: Start::New(Box::new(plan)), expense: expense(&state, unknown) };
    let _effects = state.apply(Fact::Runs(RunFact::AskFirst(Box::new(asked))), now);
    state
}

fn answers(window: &Window) -> Vec<Answer> {
    let answer = |wish| match wish {
        Command::Bench(BenchCommand::AnswerAsked(answer)) => answer,
        other => panic!("{other:?}"),
    };
    window.state().take_wishes().into_iter().map(answer).collect()
}

#[test]
fn a_costly_start_is_asked_about_with_the_focus_on_the_safe_answer() {
    let mut window = still(asking(false), Theme::Dark, SIZES[1]);
    window.run_steps(3);
    window.get_by_role_and_label(Role::Dialog, "Send 1\u{202f}800 requests?");
    for words in ["1\u{202f}800 to 3 targets", "It may cost more than $5.00"] {
        assert!(window.query_all_by_label_contains(words).next().is_some(), "{words}");
    }
    assert!(window.get_by_role_and_label(Role::Button, "Cancel").is_focused());
    window.key_press(Key::Enter);
    window.run_steps(2);
    assert_eq!(answers(&window), [Answer::Cancel]);
    window.key_press(Key::Escape);
    window.run_steps(2);
    assert_eq!(answers(&window), [Answer::Cancel]);
    window.get_by_role_and_label(Role::Button, "Run it").focus();
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
    assert_eq!(answers(&window), [Answer::Run]);
}

#[test]
fn a_cap_is_set_where_the_question_is() {
    let mut window = still(asking(false), Theme::Light, SIZES[1]);
    press(&mut window, "Set a cap…");
    assert!(window.get_by_role_and_label(Role::TextInput, "Spending cap").is_focused());
    assert!(window.get_by_role_and_label(Role::Button, "Run under the cap").accesskit_node().is_disabled());
    for key in "2,50".chars() {
        window.event(egui::Event::Text(key.to_string()));
        window.run_steps(2);
    }
    window.get_by_role_and_label(Role::Button, "Run under the cap").click();
    window.run_steps(3);
    assert_eq!(answers(&window), [Answer::RunUnder(crate::basics::usd("2.50"))]);
}

#[test]
fn an_unknown_price_is_said_and_not_counted_as_nothing() {
    let window = still(asking(true), Theme::Dark, SIZES[1]);
    for words in ["and the unknown cost of Qwen3-Max · HolySheep", "unknown: Qwen3-Max · HolySheep has no price", "unknown cost"] {
        assert!(window.query_all_by_label_contains(words).next().is_some(), "{words}");
    }
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    settles(&[without_a_key, locked, || asking(false), || asking(true)], |_| ());
}

fn after_a_run() -> AppState {
    let mut state = states::ended();
    state.bench.forecast.stale_since = None;
    state
}

fn after_a_run_without_a_price() -> AppState {
    let mut state = after_a_run();
    let mut forecast = Forecast::clone(state.bench.forecast.value.as_ref().unwrap());
    forecast.price_unknown.push("GPT-4.1 · OpenAI".to_owned());
    state.bench.forecast.value = Some(Arc::new(forecast));
    state.bench.settings.cap = None;
    state
}

fn after_a_run_with_a_cap() -> AppState {
    let mut state = after_a_run();
    state.bench.settings.cap = Some(crate::basics::usd("0.02"));
    state
}

/// Whatever else is in the bar, at whatever size: the most that the next run can cost is.
#[test]
fn the_most_that_a_run_can_cost_is_always_in_the_bar() {
    let full: fn() -> AppState = || states::full(10);
    let mut hidden = Vec::new();
    for state in [full, after_a_run, after_a_run_without_a_price, after_a_run_with_a_cap, without_a_key] {
        for size in [[900.0, 600.0], [1000.0, 700.0], [1440.0, 900.0]] {
            let bench = &state().bench;
            let forecast = bench.forecast.value.as_ref().unwrap();
            let most = AtMost::new(&forecast.totals, !forecast.price_unknown.is_empty(), bench.settings.cap.as_ref()).words();
            let window = still(state(), Theme::Dark, size);
            let Some(shown) = window.query_by_label_contains("Forecast: ") else {
                hidden.push(format!("{most} at {size:?}: no forecast"));
                continue;
            };
            let tokens = assay::ui::theme::HasTokens::tokens(&window.ctx);
            let font = egui::FontId::proportional(tokens.text.base);
            let words = window.ctx.fonts_mut(|fonts| fonts.layout_no_wrap(most.clone(), font, egui::Color32::WHITE)).size().x;
            let room = shown.rect().width() - 2.0 * tokens.gap.m;
            if room < words || shown.rect().left() < 0.0 {
                hidden.push(format!("{most} at {size:?}: {words} points in {room}"));
            }
        }
    }
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[test]
fn the_amount_to_be_asked_from_is_a_setting() {
    let mut window = still(crate::sets_state::on(Screen::Settings, crate::sets_state::full(2)), Theme::Dark, [1000.0, 1800.0]);
    let field = |window: &Window| window.get_by_role_and_label(Role::TextInput, "Ask above").value();
    assert_eq!(field(&window).as_deref(), Some("5.00"));
    window.get_by_role_and_label(Role::TextInput, "Ask above").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text("12,5".to_owned()));
    window.run_steps(2);
    match &window.state().take_wishes()[..] {
        [Command::Preferences(PreferenceCommand::SetAskOver(amount))] => assert_eq!(amount.to_string(), "12.5"),
        other => panic!("{other:?}"),
    }
}
