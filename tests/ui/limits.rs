//! Limits and money: what was found out, what is slowed and set aside, what was lost.

use assay::app::{AppState, Command, ConnectionCommand, ConnectionFact, LivePace, PausedModel, RunCommand};
use assay::domain::{Currency, FoundBound, FoundLimit, LostReservations, Money, RampEnd, RampOutcome, RampRung};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use rust_decimal::Decimal;

use crate::basics::now;
use crate::connections_state as connections;
use crate::run_state as runs;
use crate::window::{SIZES, Window, press, settles, still};

fn rung(at_once: u32, refused: u32, again: bool) -> RampRung {
    RampRung { at_once, answered: at_once * 2 - refused, refused, took_ms: 1_240, again }
}

fn asked() -> Command {
    Command::Connections(ConnectionCommand::Ramp { id: connections::HOLYSHEEP, model: "qwen3-max".to_owned(), ceiling: 32 })
}

fn ramping() -> AppState {
    let mut state = connections::full();
    let _effects = state.update(asked(), now());
    for at_once in [1, 2, 4] {
        connections::tell(&mut state, ConnectionFact::RampClimbed { id: connections::HOLYSHEEP, rung: rung(at_once, 0, false) });
    }
    state
}

fn ramped() -> AppState {
    let mut state = ramping();
    for rung in [rung(8, 3, false), rung(4, 0, true)] {
        connections::tell(&mut state, ConnectionFact::RampClimbed { id: connections::HOLYSHEEP, rung });
    }
    let bound = FoundBound::AtOnce(4);
    let end = RampEnd { outcome: RampOutcome::Found(bound), requests: 38, cost: Some(Decimal::new(62, 5)), learnt: Vec::new() };
    let found = Some(FoundLimit { at: now(), model: "qwen3-max".to_owned(), requests: 38, bound });
    connections::tell(&mut state, ConnectionFact::Ramped { id: connections::HOLYSHEEP, end, found });
    state
}

fn capped() -> assay::app::OpenRun {
    let mut plan = runs::plan(3, 1);
    plan.settings.cap = Some(Money { amount: Decimal::from(2), currency: Currency::usd() });
    runs::run_of(plan, |plan, cell| (cell.case_index < 2).then(|| runs::finished(plan, cell)))
}

fn slowed() -> AppState {
    let mut run = runs::in_flight(capped(), []);
    let (first, second) = (run.plan.targets[0].connection.id, run.plan.targets[1].connection.id);
    let Some(live) = &mut run.live else { panic!("it is in flight") };
    let limits = &mut live.limits;
    let held_until = Some(now() + jiff::SignedDuration::from_secs(12));
    limits.paces.insert(first, LivePace { at_once: 4, most: 16, held_until, refusals: 3 });
    limits.paused.insert((second, "qwen3-max".to_owned()), PausedModel::Until(now() + jiff::SignedDuration::from_secs(30)));
    limits.money = Some((Decimal::new(36, 2), Decimal::new(12, 2)));
    runs::state_of(run)
}

fn lost() -> AppState {
    let mut run = capped();
    run.lost = LostReservations { count: 3, open: 3, open_worst: Decimal::new(12, 2), counted: Decimal::new(12, 2) };
    runs::state_of(run)
}

fn window(state: AppState) -> Window {
    still(state, Theme::Dark, SIZES[2])
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    settles(&[ramping, ramped, slowed, lost], |_| ());
}

#[test]
fn a_ramp_says_its_cost_and_is_sent_only_then() {
    let mut window = window(connections::full());
    assert!(press(&mut window, "Find the real limit").is_empty());
    window.get_by_label_contains("Up to 158 tiny requests");
    window.get_by_role_and_label(Role::RadioButton, "8").click();
    window.run_steps(2);
    window.get_by_label_contains("Up to 38 tiny requests");
    let wishes = press(&mut window, "Send the ramp's requests");
    let [Command::Connections(ConnectionCommand::Ramp { model, ceiling: 8, .. })] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(model, "qwen3-max");
}

#[test]
fn a_ramp_is_stopped_and_what_it_found_becomes_the_limit() {
    let mut window = window(ramping());
    window.get_by_label_contains("4 at once: 8 answered in 1.24 s");
    let wishes = press(&mut window, "Stop looking for the limit");
    assert!(matches!(wishes[..], [Command::Connections(ConnectionCommand::StopRamp(id))] if id == connections::HOLYSHEEP));
    let mut window = self::window(ramped());
    window.get_by_label_contains("8 at once: 13 answered, 3 refused");
    window.get_by_label_contains("Takes 4 at once, and refuses some of 8 · found just now");
    press(&mut window, "Use as limit");
    let wishes = press(&mut window, "Save connection");
    let [Command::Connections(ConnectionCommand::Save { connection, .. })] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((connection.limits.max_in_flight, connection.limits.max_per_minute), (Some(4), Some(600)));
}

#[test]
fn tokens_per_minute_are_set_in_the_form() {
    let mut window = window(connections::full());
    window.get_by_role_and_label(Role::TextInput, "Tokens per minute").focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, "Tokens per minute").type_text("30000");
    window.run_steps(2);
    let wishes = press(&mut window, "Save connection");
    let [Command::Connections(ConnectionCommand::Save { connection, .. })] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(connection.limits.max_tokens_per_minute, Some(30_000));
}

#[test]
fn the_status_line_tells_the_money_and_what_is_slowed() {
    let window = window(slowed());
    window.get_by_label_contains("spent $0.36 · reserved $0.12 · free $1.52 of cap $2");
    window.get_by_label_contains("4 of 16 at once, waits 12 s · 1 more");
}

#[test]
fn lost_requests_are_settled_by_hand() {
    let mut window = window(lost());
    assert!(window.query_all_by_label_contains("3 requests were lost in a crash").next().is_some());
    let settled = |wishes: &[Command]| {
        let billed = |wish: &Command| if let Command::Runs(RunCommand::SettleLost { billed, .. }) = wish { *billed } else { None };
        wishes.iter().find_map(billed)
    };
    assert_eq!(settled(&press(&mut window, "Count as 0")), Some(Decimal::ZERO));
    window.get_by_role_and_label(Role::TextInput, "What the provider billed").focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, "What the provider billed").type_text("0,05");
    window.run_steps(2);
    assert_eq!(settled(&press(&mut window, "Set what was billed")), Some(Decimal::new(5, 2)));
}
