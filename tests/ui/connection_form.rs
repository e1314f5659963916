//! The connection form: addresses without encryption, and what is rarely set.

use assay::app::ConnectionCommand;
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::connections::{connection_wishes, press_and_grant, type_into, window};
use crate::connections_state as states;
use crate::window::{Window, alive, press, still};

fn type_url(window: &mut Window, url: &str) {
    window.get_by_role_and_label(Role::TextInput, "Base URL").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.get_by_role_and_label(Role::TextInput, "Base URL").type_text(url);
    window.run_steps(3);
}

#[test]
fn unencrypted_with_a_key_is_allowed_by_hand_and_only_in_the_own_network() {
    const BOX: &str = "Allow unencrypted http:// for this connection";
    let mut window = window(states::full());
    assert!(window.query_by_label(BOX).is_none());
    type_url(&mut window, "http://llm.example.com/v1");
    assert!(window.query_by_label(BOX).is_none());
    window.get_all_by_label_contains("anyone on the way could read your key").next().unwrap();
    type_url(&mut window, "http://192.168.1.20:1234/v1");
    type_into(&mut window, Role::PasswordInput, "Key", "sk-other-1234567890");
    assert!(window.get_by_label("Save connection").accesskit_node().is_disabled());
    window.get_by_label(BOX).click();
    window.run_steps(3);
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    let [ConnectionCommand::Save { connection, key: Some(_) }] = &wishes[..] else { panic!("{wishes:?}") };
    assert!(connection.plain_http_allowed && connection.base_url == "http://192.168.1.20:1234/v1");
}

#[test]
fn unencrypted_without_a_key_is_told_and_taken() {
    let mut window = window(states::full());
    press(&mut window, "No key");
    type_url(&mut window, "http://192.168.1.20:1234/v1/chat/completions");
    window.get_by_label("Not encrypted: what you send is readable by anyone on the way");
    window.get_by_label("“/chat/completions” is left out: it is added to each request");
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    let [ConnectionCommand::Save { connection, key: None }] = &wishes[..] else { panic!("{wishes:?}") };
    assert!(!connection.plain_http_allowed && connection.base_url == "http://192.168.1.20:1234/v1");
}

#[test]
fn think_tags_are_switched_off_in_the_form() {
    let mut window = still(states::full(), Theme::Dark, [1440.0, 2400.0]);
    press_and_grant(&mut window, "Timeouts, reasoning, headers, note");
    let boxes = |window: &Window| window.get_by_label("Read <think> tags as reasoning").accesskit_node().toggled();
    assert_eq!(boxes(&window), Some(egui::accesskit::Toggled::True));
    press_and_grant(&mut window, "Read <think> tags as reasoning");
    assert_eq!(boxes(&window), Some(egui::accesskit::Toggled::False));
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    assert!(matches!(&wishes[..], [ConnectionCommand::Save { connection, .. }] if !connection.think_tags), "{wishes:?}");
}

/// Asks the window to close, as its frame's button does.
fn close(window: &mut Window) {
    window.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.push(egui::ViewportEvent::Close);
    window.step();
    window.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
    window.run_steps(3);
}

#[test]
fn edits_that_are_not_saved_are_not_lost_by_closing() {
    let asks = |window: &Window| window.query_all_by_label("Edits are not saved").next().is_some();
    let mut window = alive(states::full(), Theme::Dark, [1300.0, 1000.0]);
    close(&mut window);
    assert!(!asks(&window));
    type_url(&mut window, "https://relay.example.com/v1");
    close(&mut window);
    assert!(asks(&window));
    assert!(window.get_by_label("Stay").is_focused());
    window.get_by_label("Stay").click();
    window.run_steps(3);
    assert!(!asks(&window));
    let field = window.get_by_role_and_label(Role::TextInput, "Base URL");
    assert_eq!(field.value().as_deref(), Some("https://relay.example.com/v1"));
    close(&mut window);
    window.get_by_label("Close without saving").click();
    window.run_steps(3);
    assert!(!asks(&window));
    // So is one that is being added.
    let mut state = states::empty();
    state.connections.adding = true;
    let mut window = alive(state, Theme::Dark, [1300.0, 1000.0]);
    window.get_by_role_and_label(Role::ListBoxOption, "By hand…").click();
    window.run_steps(4);
    close(&mut window);
    assert!(!asks(&window));
    type_url(&mut window, "https://relay.example.com/v1");
    close(&mut window);
    assert!(asks(&window));
    window.get_by_label("Stay").click();
    window.run_steps(3);
    let field = window.get_by_role_and_label(Role::TextInput, "Base URL");
    assert_eq!(field.value().as_deref(), Some("https://relay.example.com/v1"));
}

#[test]
fn what_is_wrong_with_an_address_is_said_once() {
    let mut state = states::empty();
    state.connections.adding = true;
    let mut window = window(state);
    window.get_by_role_and_label(Role::ListBoxOption, "By hand…").click();
    window.run_steps(4);
    type_into(&mut window, Role::TextInput, "Name", "Own");
    window.get_by_label("Give its base URL");
    type_into(&mut window, Role::TextInput, "Base URL", "http://llm.example.com/v1");
    assert_eq!(window.get_all_by_label_contains("nyone on the way could read your key").count(), 1);
}

#[test]
fn a_key_that_was_not_typed_yet_is_no_mistake() {
    let mut state = states::full();
    state.connections.selected = Some(states::LOCAL);
    let mut window = window(state);
    window.get_by_label("System keychain").click();
    window.run_steps(4);
    window.get_by_label("Paste the key, or choose another place for it");
    assert!(window.query_by_label_contains("✗").is_none());
}
