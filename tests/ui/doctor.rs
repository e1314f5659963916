//! The doctor's view: buttons that are true to what they do, waits, probes.

use assay::app::{AppState, Command, ConnectionFact, DoctorCommand, DoctorFact, Fact, Patient, ProbeRound};
use assay::domain::{Diagnosis, Probe, ProbeOutcome, ProbeResult, Remedy, WireFormat};
use egui::Theme;
use egui_kittest::kittest::Queryable as _;

use crate::basics::now;
use crate::connections_state as states;
use crate::run_state as runs;
use crate::window::{SIZES, Window, press, settles, still};

/// A key that was not accepted in Singapore, and may be one of Beijing.
fn other_region() -> AppState {
    let mut state = states::wrong_key();
    for connection in state.connections.list.iter_mut().filter(|connection| connection.id == states::HOLYSHEEP) {
        connection.base_url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1".into();
        connection.preset = Some("alibaba".into());
    }
    // Whatever changes about connections has checks judged anew.
    state.apply(Fact::Connections(ConnectionFact::Prices(Vec::new())), now());
    state
}

fn probed() -> AppState {
    let mut state = other_region();
    let patient = Patient::Check(states::HOLYSHEEP);
    state.doctor.rounds.insert(patient, ProbeRound { running: true, results: Vec::new() });
    for (name, key_sent, outcome) in [("Beijing", true, ProbeOutcome::Listed(12)), ("Virginia", false, ProbeOutcome::WantsKey(401))] {
        let probe = Probe { name: name.into(), base_url: "https://dashscope.aliyuncs.com/v1".into() };
        let result = ProbeResult { probe, key_sent, took_ms: 120, outcome };
        state.apply(Fact::Doctor(DoctorFact::Probed { patient, result }), now());
    }
    state.apply(Fact::Doctor(DoctorFact::ProbesEnded(patient)), now());
    state
}

fn wide(state: AppState) -> Window {
    still(state, Theme::Dark, SIZES[2])
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let states: [fn() -> AppState; 2] = [other_region, probed];
    settles(&states, |_| ());
}

#[test]
fn a_region_is_switched_to_by_its_button() {
    let mut window = wide(other_region());
    let wishes = press(&mut window, "Switch to Beijing…");
    let [Command::Doctor(DoctorCommand::Apply { remedy: Remedy::UseRegion { base_url, .. }, .. })] = &wishes[..] else {
        panic!("{wishes:?}")
    };
    assert_eq!(base_url, "https://dashscope.aliyuncs.com/compatible-mode/v1");
    // The form opens with the new address in it, and waits for the key.
    window.state_mut().send(wishes[0].clone());
    window.state_mut().grant_wishes();
    window.run_steps(4);
    window.get_by_label_contains("the key was saved for dashscope-intl.aliyuncs.com and is sent nowhere else");
}

#[test]
fn probes_say_what_is_sent_and_what_came_of_it() {
    let mut window = wide(other_region());
    window.get_by_label_contains("No key is sent, unless you say so");
    for (label, with_key) in [("Ask nearby addresses", false), ("Ask nearby addresses with the key", true)] {
        let wishes = press(&mut window, label);
        let is_asked = matches!(&wishes[..], [Command::Doctor(DoctorCommand::Probe { key_elsewhere, .. })] if *key_elsewhere == with_key);
        assert!(is_asked, "{wishes:?}");
    }
    let window = wide(probed());
    window.get_by_label_contains("an API that lists 12 models");
    window.get_by_label_contains("an API that wants a key (401); none was sent");
}

/// A failure whose diagnosis lets the connection speak another wire format.
fn wrong_wire() -> AppState {
    let mut state = runs::state_of(runs::judged());
    state.bench.case_index = 3;
    for diagnosis in state.doctor.diagnoses.values_mut() {
        let remedy = Remedy::UseWire { wire: WireFormat::AnthropicMessages, base_url: "https://api.example.com/v1".to_owned() };
        *diagnosis = Diagnosis { remedies: vec![remedy], ..(**diagnosis).clone() }.into();
    }
    state
}

#[test]
fn what_a_run_would_ask_in_the_old_wire_format_is_not_sent_again() {
    let mut window = still(wrong_wire(), Theme::Dark, SIZES[2]);
    window.get_by_label("Send again: Qwen3-Max · HolySheep");
    window.get_by_label("Speak Anthropic Messages: Qwen3-Max · HolySheep");

    let mut state = wrong_wire();
    let mut connection = state.run_in_view().unwrap().plan.targets[1].connection.clone();
    connection.wire = WireFormat::AnthropicMessages;
    state.connections.list.push(connection);
    window = still(state, Theme::Dark, SIZES[2]);
    for gone in ["Send again: Qwen3-Max · HolySheep", "Speak Anthropic Messages: Qwen3-Max · HolySheep"] {
        assert!(window.query_by_label(gone).is_none(), "{gone}");
    }
    window.get_by_label_contains("is asked in Anthropic Messages now; this run keeps to OpenAI chat completions. Only a new run asks so.");
    window.get_by_label("Copy report for support: Qwen3-Max · HolySheep");
}
