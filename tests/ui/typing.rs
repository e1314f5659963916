//! What is typed arrives whole: no field loses the cursor to what its first character changes elsewhere.

use assay::app::{AppState, Command, ExchangeCommand};
use assay::domain::LostReservations;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::basics::now;
use crate::window::{Window, alive};
use crate::{bench_state, connections_state, history_state, run_state, sets_state};

/// High enough that every form is in view.
const SIZE: [f32; 2] = [1300.0, 2400.0];
/// A number, which every field takes, and no address, which the form of a connection calls wrong.
const TYPED: &str = "471";

type Made = (&'static str, fn() -> Window);

fn opened(state: AppState, buttons: &[&str]) -> Window {
    let mut window = alive(state, Theme::Dark, SIZE);
    for label in buttons {
        let button = window.query_all_by_label(label).last().unwrap_or_else(|| panic!("{label}"));
        button.click();
        window.run_steps(4);
    }
    window
}

fn connection() -> Window {
    opened(connections_state::full(), &["Timeouts, reasoning, headers, note", "Find the real limit", "Replace the key…"])
}

fn headers() -> Window {
    opened(connections_state::full(), &["Timeouts, reasoning, headers, note", "Add a header"])
}

fn variable() -> Window {
    let mut state = connections_state::full();
    state.connections.selected = Some(connections_state::OPENAI);
    opened(state, &[])
}

fn adding_by_hand() -> Window {
    let mut state = connections_state::empty();
    state.connections.adding = true;
    opened(state, &["By hand…"])
}

fn lost() -> Window {
    let mut state = run_state::state_of(run_state::mixed());
    if let Some(run) = state.bench.run.and_then(|id| state.runs.open.get_mut(&id)) {
        run.lost = LostReservations { count: 1, open: 1, ..LostReservations::default() };
        if run.plan.settings.cap.is_none() {
            std::sync::Arc::make_mut(&mut run.plan).settings.cap = Some(crate::basics::usd("2"));
        }
    }
    opened(state, &[])
}

fn importing() -> Window {
    opened(sets_state::importing("support.csv", b"id,prompt,topic,reader\na,Write about {{topic}},pens,Ada\n"), &[])
}

fn before_a_file() -> Window {
    let mut state = sets_state::full(5);
    let _effects = state.update(Command::Exchange(ExchangeCommand::BeginImport), now());
    opened(state, &[])
}

/// Every form with text in it: of connections and settings,
const SETTING_UP: [Made; 5] = [
    ("a connection", connection),
    ("a connection's headers", headers),
    ("a connection whose key is in a variable", variable),
    ("a new connection", adding_by_hand),
    ("settings", || opened(sets_state::on(assay::app::Screen::Settings, sets_state::full(2)), &[])),
];

/// of the bench and its runs,
const BENCH: [Made; 6] = [
    ("the composer", || opened(bench_state::full(4), &["Title, id, expected, tags"])),
    ("run settings", || opened(bench_state::full(4), &["Run settings", "Reasoning, schema and tools"])),
    ("a new target", || opened(bench_state::full(4), &["Add target", "Label and parameters", "Reasoning, schema and tools"])),
    ("lost requests", lost),
    ("a run's answers", || opened(run_state::state_of(run_state::mixed()), &[])),
    ("a note", || opened(run_state::state_of(run_state::mixed()), &["Note…: Qwen3-Max · official"])),
];

/// and of sets and history.
const SETS: [Made; 7] = [
    ("a set", || opened(sets_state::full(5), &[])),
    ("a set's name", || opened(sets_state::full(5), &["Rename this set"])),
    ("a new set", || opened(sets_state::full(5), &["New set…"])),
    ("pasted rows", || opened(sets_state::full(5), &["Paste rows…"])),
    ("an import", importing),
    ("an import without a file", before_a_file),
    ("history", || opened(history_state::full(), &[])),
];

fn fields(window: &Window) -> Vec<(Role, String)> {
    let is_text = |role| matches!(role, Role::TextInput | Role::MultilineTextInput | Role::SearchInput | Role::PasswordInput);
    let nodes = window.root().children_recursive().map(|node| node.accesskit_node()).filter(|node| is_text(node.role()));
    nodes.filter(|node| !node.is_disabled()).filter_map(|node| Some((node.role(), node.label()?))).collect()
}

#[test]
fn every_field_of_connections_and_settings_takes_a_whole_text_key_by_key() {
    every_field_takes_a_whole_text(&SETTING_UP);
}

#[test]
fn every_field_of_the_bench_takes_a_whole_text_key_by_key() {
    every_field_takes_a_whole_text(&BENCH);
}

#[test]
fn every_field_of_sets_and_history_takes_a_whole_text_key_by_key() {
    every_field_takes_a_whole_text(&SETS);
}

fn every_field_takes_a_whole_text(forms: &[Made]) {
    let mut lost = Vec::new();
    for (form, make) in forms {
        let mut typed_into = 0;
        for (role, label) in fields(&make()) {
            let mut window = make();
            window.get_by_role_and_label(role, &label).focus();
            window.run_steps(2);
            let under_a_sheet = window.ctx.memory(|memory| memory.top_modal_layer().is_some());
            if under_a_sheet && !window.get_by_role_and_label(role, &label).is_focused() {
                continue;
            }
            typed_into += 1;
            window.key_press_modifiers(Modifiers::COMMAND, Key::A);
            window.run_steps(1);
            for key in TYPED.chars() {
                window.event(egui::Event::Text(key.to_string()));
                window.run_steps(2);
            }
            let Some(field) = window.query_by_role_and_label(role, &label) else {
                lost.push(format!("{form}, {label}: gone"));
                continue;
            };
            let value = field.value().unwrap_or_default();
            let arrived = if role == Role::PasswordInput { value.chars().count() == TYPED.len() } else { value == TYPED };
            if !arrived || !field.is_focused() {
                lost.push(format!("{form}, {label}: “{value}”, focused: {}", field.is_focused()));
            }
        }
        assert!(typed_into > 0, "{form} has no field");
    }
    assert!(lost.is_empty(), "{lost:#?}");
}
