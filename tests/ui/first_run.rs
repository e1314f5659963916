//! The first run: three doors.

use assay::app::{AppState, BenchCommand, Command, ConnectionCommand, EnvironmentKey, ExchangeCommand, Screen};
use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::bench_state as states;
use crate::window::{SIZES, Window, settles, still};

fn keys() -> Vec<EnvironmentKey> {
    [("openai", "OPENAI_API_KEY", "…x4Qz"), ("deepseek", "DEEPSEEK_API_KEY", "…09fe")]
        .map(|(preset_id, variable, masked)| EnvironmentKey {
            preset_id: preset_id.to_owned(),
            variable: variable.to_owned(),
            masked: masked.to_owned(),
        })
        .to_vec()
}

fn wished(state: AppState, act: impl FnOnce(&mut Window)) -> Vec<Command> {
    let mut harness = still(state, Theme::Dark, SIZES[1]);
    act(&mut harness);
    harness.run_steps(3);
    harness.state().take_wishes()
}

#[test]
fn the_demo_starts_by_click_and_by_enter() {
    let is_demo = |wishes: &[Command]| wishes.iter().filter(|wish| matches!(wish, Command::Bench(BenchCommand::RunDemo))).count() == 1;
    assert!(is_demo(&wished(states::first(Vec::new()), |window| window.get_by_label("Run the demo").click())));
    assert!(is_demo(&wished(states::first(Vec::new()), |window| window.key_press(Key::Enter))));
}

#[test]
fn the_other_doors_lead_to_connections_and_files() {
    let wishes = wished(states::first(Vec::new()), |window| window.get_by_label("Add a connection…").click());
    assert!(matches!(wishes[..], [Command::Go(Screen::Connections), Command::Connections(ConnectionCommand::BeginAdd)]));
    let wishes = wished(states::first(Vec::new()), |window| window.get_by_label("Choose files…").click());
    assert!(matches!(wishes[..], [Command::Exchange(ExchangeCommand::BeginImport), Command::Exchange(ExchangeCommand::BrowseImport)]));
}

#[test]
fn keys_in_the_environment_are_offered() {
    let wishes = wished(states::first(keys()), |window| {
        window.get_by_label("Found in your environment: OPENAI_API_KEY …x4Qz, DEEPSEEK_API_KEY …09fe");
        window.get_by_label("Use them").click();
    });
    let [Command::Connections(ConnectionCommand::AddFromEnvironment(keys))] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(keys.len(), 2);
    assert!(still(states::first(Vec::new()), Theme::Dark, SIZES[1]).query_by_label("Use them").is_none());
}

#[test]
fn while_the_demo_starts_it_is_not_started_again() {
    let mut state = states::first(keys());
    state.demo_starting = true;
    let wishes = wished(state, |window| {
        assert!(window.get_by_label("Starting the demo…").accesskit_node().is_disabled());
        window.key_press(Key::Enter);
    });
    assert!(wishes.is_empty(), "{wishes:?}");
}

#[test]
fn it_settles_at_every_size_in_both_themes() {
    settles(&[|| states::first(keys())], |_| ());
}
