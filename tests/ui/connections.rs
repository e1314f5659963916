//! The connections screen: cards, details, check, keys, and its sheets.

use assay::app::{AppState, Command, ConnectionCommand, ConnectionFact, DoctorCommand, Fact, Patient};
use assay::domain::{KeySource, KeyState, Remedy, WireFormat};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::connections_state as states;
use crate::window::{SIZES, Window, press, settles, still};

pub(crate) fn window(state: AppState) -> Window {
    still(state, Theme::Dark, SIZES[2])
}

/// Presses, and lets the wish happen.
pub(crate) fn press_and_grant(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(3);
    window.state_mut().grant_wishes();
    window.run_steps(3);
}

/// Chooses a card, and lets it happen.
fn choose(window: &mut Window, name: &str) {
    window.get_by_role_and_label(Role::ListBoxOption, name).click();
    window.run_steps(3);
    window.state_mut().grant_wishes();
    window.run_steps(3);
}

/// As [`press`], where a text of the same words stands beside it.
fn press_the(window: &mut Window, role: Role, label: &str) -> Vec<Command> {
    window.get_by_role_and_label(role, label).click();
    window.run_steps(3);
    window.state().take_wishes()
}

pub(crate) fn type_into(window: &mut Window, role: Role, label: &str, text: &str) {
    window.get_by_role_and_label(role, label).focus();
    window.run_steps(2);
    window.get_by_role_and_label(role, label).type_text(text);
    window.run_steps(2);
}

/// Everything that a screen reader could say.
fn told(window: &Window) -> String {
    let texts = window.root().children_recursive().flat_map(|node| [node.accesskit_node().label(), node.value()]).flatten();
    texts.collect::<Vec<_>>().join("\n")
}

fn remedies(wishes: Vec<Command>) -> Vec<Remedy> {
    wishes
        .into_iter()
        .map(|wish| match wish {
            Command::Doctor(DoctorCommand::Apply { patient: Patient::Check(_), remedy }) => remedy,
            other => panic!("{other:?}"),
        })
        .collect()
}

pub(crate) fn connection_wishes(wishes: Vec<Command>) -> Vec<ConnectionCommand> {
    wishes
        .into_iter()
        .map(|wish| match wish {
            Command::Connections(wish) => wish,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let states: [fn() -> AppState; 10] = [
        crate::basics::unread,
        states::empty,
        states::full,
        states::failed_check,
        states::wrong_key,
        states::server_down,
        states::checking,
        states::troubled,
        states::many_models,
        adding,
    ];
    settles(&states, |_| ());
}

fn adding() -> AppState {
    let mut state = states::with_environment();
    state.connections.adding = true;
    state
}

#[test]
fn without_connections_there_is_one_thing_to_do() {
    let wishes = connection_wishes(press(&mut window(states::empty()), "Add a connection…"));
    assert!(matches!(wishes[..], [ConnectionCommand::BeginAdd]));
}

#[test]
fn cards_say_where_the_key_is_and_what_the_check_said() {
    let mut window = window(states::troubled());
    for words in [
        "api.holysheep.ai",
        "· key cannot be read",
        "· key missing",
        "· not set: $OPENAI_API_KEY",
        "· this session",
        "· no key",
        "127.0.0.1:8091",
        "inside Assay",
        "gemma-3-270m answered · just now",
    ] {
        assert!(window.query_all_by_label(words).next().is_some(), "{words}");
    }
    let wishes = connection_wishes(press_the(&mut window, Role::ListBoxOption, "llama.cpp here"));
    assert!(matches!(wishes[..], [ConnectionCommand::Select(id)] if id == states::LOCAL));
}

#[test]
fn a_key_that_cannot_be_read_is_looked_for_again() {
    let mut window = window(states::troubled());
    window.get_by_label_contains("The keychain is locked; unlock it and look again");
    let wishes = connection_wishes(press(&mut window, "Look again"));
    assert!(matches!(wishes[..], [ConnectionCommand::RefreshKey(id)] if id == states::HOLYSHEEP));
}

#[test]
fn the_check_asks_the_model_that_is_named() {
    let mut window = window(states::full());
    let wishes = connection_wishes(press_the(&mut window, Role::Button, "Check"));
    assert!(matches!(&wishes[..], [ConnectionCommand::Check { model: None, .. }]));
    type_into(&mut window, Role::TextInput, "Model to ask", "qwen-max");
    let wishes = connection_wishes(press_the(&mut window, Role::Button, "Check"));
    assert!(matches!(&wishes[..], [ConnectionCommand::Check { model: Some(model), .. }] if model == "qwen-max"));
}

#[test]
fn a_running_check_shows_its_steps_and_is_not_started_twice() {
    let window = window(states::checking());
    window.get_by_label("TLS: finished, 52.4 ms");
    window.get_by_label("Models: running, …");
    window.get_by_label_contains("Answer: waiting");
    assert!(window.get_by_role_and_label(Role::Button, "Check").accesskit_node().is_disabled());
}

#[test]
fn a_failed_check_names_the_cause_and_the_button_mends_it() {
    let mut window = window(states::failed_check());
    window.get_by_label("just now · nothing was charged");
    window.get_by_label("Answer from qwen3-max: failed, model not found");
    window.get_by_label("Error: The relay has no model called “qwen3-max”.");
    window.get_by_label("Your side");
    // What the relay says about the model stays its claim.
    window.get_by_label_contains("claimed by the relay, identity not verified");
    assert_eq!(remedies(press(&mut window, "Use qwen-max")), [Remedy::UseModel("qwen-max".into())]);
    assert!(window.query_by_label("Filter models").is_none());
    press(&mut window, "Show all 31 models");
    window.get_by_label("Filter models");
}

#[test]
fn a_server_that_does_not_run_is_started_by_a_command_and_tried_again() {
    let mut window = window(states::server_down());
    window.get_by_label("llama-server --model MODEL.gguf --port 8091");
    window.get_by_label("Copy the command that starts the server").click();
    window.step();
    let copied = egui::OutputCommand::CopyText("llama-server --model MODEL.gguf --port 8091".to_owned());
    assert!(window.output().platform_output.commands.contains(&copied));
    assert_eq!(remedies(press(&mut window, "Try again")), [Remedy::Retry(None)]);
}

#[test]
fn a_key_that_was_not_accepted_is_entered_again() {
    let mut window = window(states::wrong_key());
    assert!(window.query_by_role_and_label(Role::PasswordInput, "Key").is_none());
    let wishes = press(&mut window, "Enter the key again…");
    window.state_mut().send(wishes[0].clone());
    window.state_mut().grant_wishes();
    window.run_steps(4);
    assert!(window.get_by_role_and_label(Role::PasswordInput, "Key").is_focused());
    assert!(window.query_by_label("Show all 31 models").is_none());
}

#[test]
fn a_replaced_key_is_saved_and_then_forgotten() {
    let mut window = window(states::full());
    assert!(window.query_by_label("Save connection").is_none(), "nothing was changed yet");
    press(&mut window, "Replace the key…");
    type_into(&mut window, Role::PasswordInput, "Key", " Bearer sk-ant-CANARY-1234567890 ");
    window.get_by_label("Spaces, quotes or “Bearer” around it were removed");
    window.get_by_label_contains("are usually Anthropic's; only a hint");
    assert!(!told(&window).contains("CANARY"));

    window.get_by_label("Save connection").click();
    window.run_steps(3);
    let wishes = connection_wishes(window.state().take_wishes());
    let [ConnectionCommand::Save { connection, key: Some(key) }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((key.reveal(), &connection.key_source), ("sk-ant-CANARY-1234567890", &KeySource::Keychain));

    window.state_mut().send(Command::Connections(wishes[0].clone()));
    window.state_mut().grant_wishes();
    window.run_steps(2);
    assert!(window.get_by_label("Save connection").accesskit_node().is_disabled(), "a save is under way");
    let saved = ConnectionFact::Saved { connection: connection.clone(), key_state: KeyState::InKeychain, added: false };
    window.state_mut().tell(Fact::Connections(saved));
    window.run_steps(4);
    assert!(window.query_by_role_and_label(Role::PasswordInput, "Key").is_none());
    assert!(window.query_by_label("Save connection").is_none());
    // The field that opens next is another one, without a history to undo into.
    press(&mut window, "Replace the key…");
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
    window.run_steps(3);
    assert!(window.query_by_label("Save connection").is_none(), "undo brought nothing back");
}

#[test]
fn a_keychain_that_fails_offers_the_other_places() {
    let mut window = window(states::full());
    press(&mut window, "Replace the key…");
    type_into(&mut window, Role::PasswordInput, "Key", "sk-CANARY-1234567890");
    press_and_grant(&mut window, "Save connection");
    let message = "No keychain answers on this computer".to_owned();
    window.state_mut().tell(Fact::Connections(ConnectionFact::SaveFailed { message }));
    window.run_steps(3);
    window.get_by_label("Error: Nothing was saved");
    let wishes = connection_wishes(press(&mut window, "Keep for this session only"));
    let [ConnectionCommand::Save { connection, key: Some(key) }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((key.reveal(), &connection.key_source), ("sk-CANARY-1234567890", &KeySource::Session));
}

#[test]
fn a_key_is_not_taken_to_another_address() {
    let mut window = window(states::full());
    window.get_by_role_and_label(Role::TextInput, "Base URL").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.get_by_role_and_label(Role::TextInput, "Base URL").type_text("https://api.example.com/v1");
    window.run_steps(3);
    window.get_by_label_contains("the key was saved for api.holysheep.ai and is sent nowhere else");
    assert!(window.get_by_label("Save connection").accesskit_node().is_disabled());
    type_into(&mut window, Role::PasswordInput, "Key", "sk-other-1234567890");
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    assert!(
        matches!(&wishes[..], [ConnectionCommand::Save { connection, key: Some(_) }] if connection.base_url == "https://api.example.com/v1")
    );
}

#[test]
fn edits_wait_while_another_connection_is_looked_at() {
    let mut window = window(states::full());
    type_into(&mut window, Role::TextInput, "Requests at once", "0");
    window.get_by_label("Not saved yet");
    assert!(window.query_by_label("saved").is_none(), "beside it");
    choose(&mut window, "OpenAI");
    assert!(window.query_by_label("Save connection").is_none());
    window.get_by_label("edited");
    choose(&mut window, "HolySheep");
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    assert!(matches!(&wishes[..], [ConnectionCommand::Save { connection, key: None }] if connection.limits.max_in_flight == Some(80)));
    press(&mut window, "Revert");
    assert!(window.query_by_label("edited").is_none());
}

#[test]
fn the_role_is_changed_and_saved() {
    let mut window = window(states::full());
    assert!(press_the(&mut window, Role::RadioButton, "Local").is_empty(), "an edit is no wish before it is saved");
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    let [ConnectionCommand::Save { connection, key: None }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((connection.id, connection.role), (states::HOLYSHEEP, assay::domain::Role::Local));
}

#[test]
fn another_wire_format_brings_the_address_of_the_provider_with_it() {
    let mut state = states::full();
    state.connections.selected = Some(states::ALIBABA);
    let mut window = window(state);
    window.get_by_role_and_label(Role::ComboBox, "Wire format").click();
    window.run_steps(3);
    press(&mut window, "Anthropic Messages");
    let url = window.get_by_role_and_label(Role::TextInput, "Base URL").value();
    assert_eq!(url.as_deref(), Some("https://dashscope-intl.aliyuncs.com/apps/anthropic/v1"));
    let wishes = connection_wishes(press(&mut window, "Save connection"));
    let [ConnectionCommand::Save { connection, key: None }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((connection.id, connection.wire), (states::ALIBABA, WireFormat::AnthropicMessages));
}

#[test]
fn a_new_connection_takes_the_makers_format_and_the_compatible_one_by_choice() {
    let mut window = window(adding());
    window.get_by_role_and_label(Role::ListBoxOption, "Google Gemini").click();
    window.run_steps(4);
    type_into(&mut window, Role::PasswordInput, "Key", "AIza1234567890abcdef");
    let added = |window: &mut Window| {
        window.get_all_by_label("Add connection").last().unwrap().click();
        window.run_steps(3);
        let wishes = connection_wishes(window.state().take_wishes());
        let [ConnectionCommand::Add { connection, .. }] = &wishes[..] else { panic!("{wishes:?}") };
        (connection.wire, connection.base_url.clone())
    };
    assert_eq!(added(&mut window), (WireFormat::Gemini, "https://generativelanguage.googleapis.com/v1beta".to_owned()));
    window.get_by_role_and_label(Role::ComboBox, "Wire format").click();
    window.run_steps(3);
    press(&mut window, "OpenAI chat completions");
    assert_eq!(added(&mut window), (WireFormat::OpenAiChat, "https://generativelanguage.googleapis.com/v1beta/openai".to_owned()));
}

#[test]
fn a_region_is_chosen_from_a_menu() {
    let mut state = states::full();
    state.connections.selected = Some(states::ALIBABA);
    let mut window = window(state);
    window.get_by_role_and_label(Role::ComboBox, "Region").click();
    window.run_steps(3);
    press(&mut window, "Beijing");
    let url = window.get_by_role_and_label(Role::TextInput, "Base URL").value();
    assert_eq!(url.as_deref(), Some("https://dashscope.aliyuncs.com/compatible-mode/v1"));
    window.get_by_label_contains("the key was saved for dashscope-intl.aliyuncs.com");
}

#[test]
fn removing_says_what_happens_and_asks_first() {
    let mut window = window(states::full());
    assert_eq!(press(&mut window, "Remove…").len(), 0);
    window.get_by_label_contains("Its key is erased from the system keychain");
    window.get_by_label_contains("History keeps its name");
    let wishes = connection_wishes(press(&mut window, "Remove the connection"));
    assert!(matches!(wishes[..], [ConnectionCommand::Remove(id)] if id == states::HOLYSHEEP));
    assert!(window.query_by_label("Remove the connection").is_none());
}

#[test]
fn the_question_has_the_focus_on_the_safe_answer() {
    let mut window = window(states::full());
    window.get_by_label("Remove…").focus();
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(3);
    assert!(window.get_by_role_and_label(Role::Button, "Cancel").is_focused());
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_role_and_label(Role::Button, "Cancel").is_none());
    assert!(window.state().take_wishes().is_empty());
}

#[test]
fn a_preset_needs_a_key_and_a_name() {
    let mut window = window(states::empty());
    press_and_grant(&mut window, "Add connection");
    type_into(&mut window, Role::SearchInput, "Filter providers", "alibaba");
    assert!(window.query_by_role_and_label(Role::ListBoxOption, "OpenAI").is_none());
    window.get_by_role_and_label(Role::ListBoxOption, "Alibaba Model Studio").click();
    window.run_steps(4);
    let add = |window: &Window| window.get_all_by_label("Add connection").last().unwrap().accesskit_node().is_disabled();
    assert!(add(&window), "there is no key yet");
    window.get_by_label("https://www.alibabacloud.com/help/en/model-studio/get-api-key");
    type_into(&mut window, Role::PasswordInput, "Key", "sk-1234567890abcdef");
    window.get_by_role_and_label(Role::ComboBox, "Region").click();
    window.run_steps(3);
    press(&mut window, "Virginia");
    assert!(!add(&window));
    window.get_all_by_label("Add connection").last().unwrap().click();
    window.run_steps(3);
    let wishes = connection_wishes(window.state().take_wishes());
    let [ConnectionCommand::Add { connection, key: Some(key) }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(key.reveal(), "sk-1234567890abcdef");
    assert_eq!((connection.name.as_str(), connection.preset.as_deref()), ("Alibaba Model Studio", Some("alibaba")));
    assert_eq!((connection.host().as_str(), &connection.key_source), ("dashscope-us.aliyuncs.com", &KeySource::Keychain));

    window.state_mut().send(Command::Connections(wishes[0].clone()));
    window.state_mut().grant_wishes();
    window.run_steps(2);
    let saved = ConnectionFact::Saved { connection: connection.clone(), key_state: KeyState::InKeychain, added: true };
    window.state_mut().tell(Fact::Connections(saved));
    window.run_steps(2);
    let wishes = connection_wishes(window.state().take_wishes());
    assert!(wishes.iter().all(|wish| matches!(wish, ConnectionCommand::EndAdd)) && !wishes.is_empty(), "{wishes:?}");
}

#[test]
fn a_local_server_needs_no_key() {
    let mut window = window(adding());
    window.get_by_role_and_label(Role::ListBoxOption, "llama.cpp").click();
    window.run_steps(4);
    window.get_all_by_label("Add connection").last().unwrap().click();
    window.run_steps(3);
    let wishes = connection_wishes(window.state().take_wishes());
    assert!(matches!(&wishes[..], [ConnectionCommand::Add { connection, key: None }] if connection.key_source == KeySource::None));
}

#[test]
fn a_key_in_the_environment_is_used_by_name() {
    let mut window = window(adding());
    window.get_by_role_and_label(Role::ListBoxOption, "DeepSeek").click();
    window.run_steps(4);
    press(&mut window, "Use $DEEPSEEK_API_KEY");
    window.get_all_by_label("Add connection").last().unwrap().click();
    window.run_steps(3);
    let wishes = connection_wishes(window.state().take_wishes());
    let [ConnectionCommand::Add { connection, key: None }] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(connection.key_source, KeySource::Environment("DEEPSEEK_API_KEY".into()));
}

#[test]
fn closing_the_sheet_forgets_the_key() {
    let mut window = window(adding());
    window.get_by_role_and_label(Role::ListBoxOption, "OpenAI").click();
    window.run_steps(4);
    type_into(&mut window, Role::PasswordInput, "Key", "sk-CANARY-1234567890");
    press_and_grant(&mut window, "Cancel");
    window.state_mut().send(Command::Connections(ConnectionCommand::BeginAdd));
    window.state_mut().grant_wishes();
    window.run_steps(3);
    window.get_by_role_and_label(Role::ListBoxOption, "OpenAI").click();
    window.run_steps(4);
    assert!(window.get_all_by_label("Add connection").last().unwrap().accesskit_node().is_disabled(), "the field is empty");
}

#[test]
fn keys_of_the_environment_are_imported_by_choice() {
    let mut window = window(states::with_environment());
    press(&mut window, "Import from environment…");
    press(&mut window, "OpenAI");
    let wishes = connection_wishes(press(&mut window, "Add 1 connection"));
    let [ConnectionCommand::AddFromEnvironment(keys)] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(keys, &[("deepseek".to_owned(), "DEEPSEEK_API_KEY".to_owned())]);
}

#[test]
fn an_own_price_stands_beside_the_catalog_and_is_removed() {
    let mut window = window(states::troubled());
    window.get_by_label("$1.10 in, $5.00 out");
    window.get_by_label_contains("catalog: $0.12 in, $0.42 out (claimed by vendor, ");
    let wishes = connection_wishes(press(&mut window, "Remove your price of qwen-max"));
    assert!(matches!(&wishes[..], [ConnectionCommand::RemovePrice { host, model }] if host == "api.holysheep.ai" && model == "qwen-max"));
}

#[test]
fn an_own_price_is_a_number_and_a_currency() {
    let mut window = window(states::full());
    type_into(&mut window, Role::TextInput, "Priced model", "vendor/m");
    type_into(&mut window, Role::TextInput, "Input price per million tokens", "free");
    assert_eq!(press(&mut window, "Set price").len(), 0);
    window.get_by_label_contains("The input price is a number from 0");
    window.get_by_role_and_label(Role::TextInput, "Input price per million tokens").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    type_into(&mut window, Role::TextInput, "Input price per million tokens", "0,5");
    type_into(&mut window, Role::TextInput, "Output price per million tokens", "2");
    type_into(&mut window, Role::TextInput, "Currency of the price", "cny");
    type_into(&mut window, Role::TextInput, "Cached input price per million tokens", "much");
    assert_eq!(press(&mut window, "Set price").len(), 0);
    window.get_by_label_contains("The price of cached input is a number from 0");
    window.get_by_role_and_label(Role::TextInput, "Cached input price per million tokens").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    type_into(&mut window, Role::TextInput, "Cached input price per million tokens", "0.05");
    let wishes = connection_wishes(press(&mut window, "Set price"));
    let [ConnectionCommand::SetPrice(own)] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((own.host.as_str(), own.model.as_str(), own.price.currency.code()), ("api.holysheep.ai", "vendor/m", "CNY"));
    assert_eq!(own.price.tiers[0].input_per_million.to_string(), "0.5");
    let rates = (own.price.tiers[0].cached_input_per_million.map(|rate| rate.to_string()), own.price.tiers[0].cache_write_per_million);
    assert_eq!(rates, (Some("0.05".to_owned()), None));
}

#[test]
fn of_ten_thousand_models_only_those_in_view_are_drawn() {
    let mut window = window(states::many_models());
    press(&mut window, "All models");
    let shown = window.get_all_by_label_contains("Ask vendor/model-").count();
    assert!((1..40).contains(&shown), "{shown}");
    type_into(&mut window, Role::SearchInput, "Filter models", "09999");
    press(&mut window, "Ask vendor/model-09999<U+202E>");
    assert_eq!(window.get_by_role_and_label(Role::TextInput, "Model to ask").value().as_deref(), Some("vendor/model-09999\u{202e}"));
}
