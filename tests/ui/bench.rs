//! The bench's frame and edit side: bars, targets, picker, cases, composer.

use assay::app::{
    AppState, BenchCommand, BenchTarget, Command, ConnectionCommand, ExchangeCommand, Fact, PreferenceCommand, PromptCommand, PromptFact,
    RunCommand,
};
use assay::domain::{Effort, Failure, FailureKind, Image, PromptBody};
use assay::ui::{Shell, theme};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::basics::{SCRATCH, SUPPORT, now, unread};
use crate::bench_state as states;
use crate::window::{SIZES, press, settles, still};

/// One pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let states: [fn() -> AppState; 10] = [
        unread,
        states::empty,
        || states::full(1),
        || states::full(10),
        states::live,
        states::ended,
        states::foreign,
        states::interrupted,
        states::unpriced,
        states::conversation,
    ];
    settles(&states, |_| ());
}

#[test]
fn the_run_button_runs_and_says_why_it_cannot() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    assert!(matches!(press(&mut harness, "Run")[..], [Command::Bench(BenchCommand::Run)]));
    harness.get_by_label("Forecast: 60 requests · about $0.31, at most $0.62 · 1 min");

    let mut state = states::empty();
    let _effects = state.tick(jiff::Timestamp::from_second(now().as_second() + 1).unwrap());
    let harness = still(state, Theme::Dark, SIZES[2]);
    assert!(harness.get_by_role_and_label(Role::Button, "Run").accesskit_node().is_disabled());
    harness.get_by_label("What stands in the way of a run");
    harness.get_by_label("Not yet: no target is chosen; add a model at one of your connections.");
}

#[test]
fn the_forecast_is_told_in_full_on_demand() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Forecast: 60 requests · about $0.31, at most $0.62 · 1 min");
    harness.get_by_label_contains("claimed by vendor · USD · 2026-11-22");
    harness.get_by_label_contains("about $0.18, at most $0.36");
    assert_eq!(harness.get_all_by_label("a guess: no earlier answers").count(), 3);
}

#[test]
fn a_live_run_is_held_and_ended_from_the_bar() {
    let mut harness = still(states::live(), Theme::Dark, SIZES[1]);
    assert!(harness.query_by_label("Run").is_none());
    assert!(matches!(press(&mut harness, "Pause")[..], [Command::Runs(RunCommand::Pause(id))] if id == states::RUN));
    assert!(matches!(press(&mut harness, "Cancel")[..], [Command::Runs(RunCommand::Cancel(id))] if id == states::RUN));
    // The third target has ended 6 of its 20 in 30 s.
    harness.get_by_label("22 of 60 · about 1 min left");
}

#[test]
fn a_run_that_has_ended_is_exported_retried_and_completed() {
    let mut harness = still(states::ended(), Theme::Dark, SIZES[2]);
    assert!(matches!(press(&mut harness, "Export…")[..], [Command::Exchange(ExchangeCommand::BeginExport(_))]));
    assert!(matches!(press(&mut harness, "Retry failed")[..], [Command::Runs(RunCommand::RetryFailed(_))]));
    assert!(matches!(press(&mut harness, "Send the rest")[..], [Command::Runs(RunCommand::SendMissing(_))]));
    assert!(matches!(press(&mut harness, "Run again")[..], [Command::Bench(BenchCommand::Run)]));
}

#[test]
fn an_interrupted_run_is_offered() {
    let mut harness = still(states::interrupted(), Theme::Light, SIZES[0]);
    harness.get_by_role_and_label(Role::Alert, "Warning: A run was interrupted: Contracts, 312 of 500 stored");
    assert!(matches!(press(&mut harness, "Resume")[..], [Command::Runs(RunCommand::SendMissing(id))] if id == states::RUN));
    assert!(matches!(press(&mut harness, "Show")[..], [Command::Runs(RunCommand::Open(_))]));
    assert!(matches!(press(&mut harness, "Leave it")[..], [Command::Runs(RunCommand::LeaveUnfinished(_))]));
}

#[test]
fn a_run_of_other_prompts_is_read_only_and_can_be_taken_up() {
    let mut harness = still(states::foreign(), Theme::Dark, SIZES[2]);
    assert!(harness.query_by_label("New case").is_none());
    assert!(harness.query_by_role_and_label(Role::MultilineTextInput, "User").is_none());
    harness.get_by_label_contains("as sent with version 3");
    assert!(matches!(press(&mut harness, "Edit these prompts")[..], [Command::Bench(BenchCommand::EditRun(id))] if id == states::RUN));
    assert!(matches!(press(&mut harness, "Leave this run")[..], [Command::Bench(BenchCommand::CloseRun)]));
}

#[test]
fn a_run_that_was_opened_says_when_it_was_made_and_from_where() {
    let mut state = states::ended();
    let mut window = still(state, Theme::Dark, SIZES[2]);
    assert!(window.query_by_label("Leave this run").is_none(), "what was just sent is plain");
    window.get_by_label_contains("run of ");
    state = states::ended();
    let run = state.runs.open.get_mut(&states::RUN).unwrap();
    let mut plan = assay::domain::RunPlan::clone(&run.plan);
    "the office in Oslo".clone_into(&mut plan.settings.vantage);
    run.plan = plan.into();
    "the office in Oslo".clone_into(&mut state.bench.settings.vantage);
    let _effects = state.update(Command::Runs(RunCommand::Open(states::RUN)), now());
    window = still(state, Theme::Dark, SIZES[2]);
    let told = window.get_by_label_contains("measured from the office in Oslo").accesskit_node().value().unwrap();
    assert!(told.starts_with("run of ") && told.contains(" · cancelled · 22 of 60 trials · $"), "{told}");
    assert!(!told.contains("next run"), "{told}");
    assert!(matches!(press(&mut window, "Leave this run")[..], [Command::Bench(BenchCommand::CloseRun)]));
}

#[test]
fn what_the_next_run_has_otherwise_is_said() {
    let mut state = states::ended();
    let _effects = state.update(Command::Bench(BenchCommand::RemoveTarget(2)), now());
    state.bench.forecast.stale_since = None;
    let window = still(state, Theme::Light, SIZES[2]);
    window.get_by_label_contains(" · other targets than the next run");
    window.get_by_label("TARGETS OF THE NEXT RUN");

    let mut state = states::ended();
    state.bench.settings.repeats = 5;
    let window = still(state, Theme::Light, SIZES[2]);
    window.get_by_label_contains(" · other settings than the next run");
    window.get_by_label("TARGETS");
}

#[test]
fn what_is_typed_becomes_an_edit_of_the_case() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[1]);
    harness.get_by_role_and_label(Role::MultilineTextInput, "User").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::MultilineTextInput, "User").type_text(" Thanks!");
    harness.run_steps(2);
    let wishes = harness.state().take_wishes();
    let Some(Command::Prompts(PromptCommand::EditCase { id, index: 2, case })) = wishes.last() else { panic!("{wishes:?}") };
    assert_eq!(*id, SUPPORT);
    let PromptBody::Template { prompt, .. } = &case.body else { panic!("{case:?}") };
    assert_eq!(prompt, "Explain {{topic}} in simple terms, for {{reader}}. Thanks!");
}

#[test]
fn the_run_key_works_while_typing_and_types_nothing() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[1]);
    harness.get_by_role_and_label(Role::MultilineTextInput, "User").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Enter);
    harness.run_steps(2);
    let wishes = harness.state().take_wishes();
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::Run)]), "{wishes:?}");
}

#[test]
fn edits_made_letter_by_letter_are_all_kept() {
    let mut harness = Harness::builder().with_size(SIZES[1]).with_max_steps(12).with_context_setup(theme::install).build_ui_state(
        |ui, shell: &mut Shell| {
            shell.advance(ui.ctx());
            shell.draw(ui);
        },
        Shell::detached(states::full(10)),
    );
    harness.run_steps(3);
    harness.get_by_label("Value of reader").focus();
    harness.run_steps(2);
    for letter in ["!", "?", "…"] {
        harness.get_by_label("Value of reader").type_text(letter);
        harness.run_steps(2);
    }
    let case = &harness.state().state().bench_cases()[2];
    assert_eq!(case.vars["reader"], "a curious 12-year-old!?…");
}

#[test]
fn a_variable_gets_a_field_and_a_case_its_details() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    harness.get_by_label("Value of topic");
    press(&mut harness, "Title, id, expected, tags");
    harness.get_by_role_and_label(Role::TextInput, "Tags");
    harness.get_by_role_and_label(Role::TextInput, "Id").focus();
    harness.run_steps(2);
    harness.key_press(Key::Backspace);
    harness.run_steps(2);
    harness.get_by_label("A case needs an id");
    assert!(harness.state().take_wishes().is_empty());
}

#[test]
fn a_conversation_is_shown_turn_by_turn() {
    let harness = still(states::conversation(), Theme::Dark, SIZES[2]);
    harness.get_by_label("What is {{this}}?");
    assert!(harness.query_by_role_and_label(Role::MultilineTextInput, "User").is_none());
}

#[test]
fn what_will_be_sent_is_shown_rendered() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "What will be sent");
    harness.get_by_label_contains("Explain quantum entanglement in simple terms");
}

#[test]
fn cases_are_chosen_added_and_removed() {
    let mut harness = still(states::live(), Theme::Dark, SIZES[2]);
    let wishes = press(&mut harness, "4 Extract order as JSON: finished, failed, finished");
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::SelectCase(3))]));
    harness.get_by_label("3 Quantum entanglement, simply: finished, finished, running");
    let wishes = press(&mut harness, "New case");
    assert!(matches!(wishes[..], [Command::Prompts(PromptCommand::AddCase(_)), Command::Bench(BenchCommand::SelectCase(10))]));
    let wishes = press(&mut harness, "Remove case");
    assert!(matches!(wishes[0], Command::Prompts(PromptCommand::RemoveCase { index: 2, .. })));
}

#[test]
fn only_the_cases_in_view_are_drawn() {
    let harness = still(states::full(10_000), Theme::Dark, SIZES[2]);
    let rows = harness.query_all_by_role(Role::ListBoxOption).count();
    assert!((5..40).contains(&rows), "{rows}");
}

#[test]
fn the_filter_narrows_the_list() {
    let mut state = states::ended();
    let _effects = state.update(Command::Bench(BenchCommand::SetFilter(assay::analysis::Filter::Failed)), now());
    let mut harness = still(state, Theme::Dark, SIZES[2]);
    assert_eq!(harness.query_all_by_role(Role::ListBoxOption).count(), 1);
    harness.get_by_label("1 OF 10 CASES");
    press(&mut harness, "Show which cases");
    harness.get_by_label("Differing").click();
    harness.run_steps(2);
    assert!(matches!(harness.state().take_wishes()[..], [Command::Bench(BenchCommand::SetFilter(_))]));
}

#[test]
fn a_target_is_picked_from_the_models_of_a_connection() {
    let mut state = states::full(10);
    states::models(&mut state, 13, Ok(["gpt-4.1", "gpt-4.1-mini", "o4-mini"].map(str::to_owned).to_vec()));
    let mut harness = still(state, Theme::Dark, SIZES[2]);
    press(&mut harness, "Add target");
    harness.get_by_role_and_label(Role::TextInput, "Model").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Model").type_text("4.1");
    harness.run_steps(2);
    assert!(harness.query_by_label("o4-mini").is_none());
    harness.get_by_label("Use “4.1” as typed");
    harness.get_by_label("gpt-4.1, $2.00 / $8.00").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Ecosystem, reliability");
    harness.get_by_label_contains("list price · USD · 2026-11-22");
    harness.get_by_label("Use this target").click();
    harness.run_steps(3);
    let wishes = harness.state().take_wishes();
    let [Command::Bench(BenchCommand::AddTarget(target))] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(target.model, "gpt-4.1");
    assert!(harness.query_by_label("Add a target").is_none());
}

#[test]
fn a_relays_word_is_worded_as_a_claim() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Add target");
    harness.get_by_role_and_label(Role::ListBoxOption, "HolySheep").click();
    harness.run_steps(3);
    assert!(harness.state().take_wishes().iter().any(|wish| matches!(wish, Command::Connections(ConnectionCommand::LoadModels(_)))));
    harness.get_by_label("qwen-max, $0.12 / $0.42").click();
    harness.run_steps(3);
    harness.get_by_label_contains("identity not verified");
    harness.get_by_label_contains("claimed by vendor");
}

#[test]
fn a_price_is_set_by_hand() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Add target");
    harness.get_by_role_and_label(Role::TextInput, "Model").type_text("my#model?v=%23");
    harness.get_by_role_and_label(Role::TextInput, "Model").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Model").type_text("my#model?v=%23");
    harness.run_steps(2);
    harness.get_by_label("Use “my#model?v=%23” as typed").click();
    harness.run_steps(3);
    press(&mut harness, "Set price…");
    for (field, text) in [("Input price per million tokens", "0.5"), ("Output price per million tokens", "1,5")] {
        harness.get_by_label(field).focus();
        harness.run_steps(2);
        harness.get_by_label(field).type_text(text);
        harness.run_steps(2);
    }
    let wishes = press(&mut harness, "Keep price");
    let [Command::Connections(ConnectionCommand::SetPrice(price))] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((price.host.as_str(), price.model.as_str()), ("api.openai.com", "my#model?v=%23"));
    assert_eq!(price.price.tiers[0].output_per_million.to_string(), "1.5");
}

#[test]
fn a_list_of_models_that_does_not_come_is_told_and_asked_for_again() {
    let mut state = states::full(10);
    let failure = Failure { kind: FailureKind::Unauthorized, message: "401: the key was not accepted.".to_owned() };
    states::models(&mut state, 13, Err(failure));
    let mut harness = still(state, Theme::Dark, SIZES[2]);
    press(&mut harness, "Add target");
    harness.get_by_role_and_label(Role::Alert, "Warning: The list of models did not come: key not accepted");
    assert!(matches!(press(&mut harness, "Try again")[..], [Command::Connections(ConnectionCommand::LoadModels(_))]));
}

#[test]
fn a_target_is_made_baseline_edited_and_removed_from_its_chip() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "GPT-4.1 · OpenAI");
    assert!(matches!(press(&mut harness, "Make baseline")[..], [Command::Bench(BenchCommand::SetBaseline(2))]));
    press(&mut harness, "GPT-4.1 · OpenAI");
    assert!(matches!(press(&mut harness, "Remove")[..], [Command::Bench(BenchCommand::RemoveTarget(2))]));
    press(&mut harness, "GPT-4.1 · OpenAI");
    press(&mut harness, "Edit model, label, parameters…");
    harness.get_by_role_and_label(Role::TextInput, "Temperature").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Temperature").type_text("0.2");
    harness.run_steps(2);
    let wishes = press(&mut harness, "Use this target");
    let [Command::Bench(BenchCommand::ChangeTarget { index: 2, target })] = &wishes[..] else { panic!("{wishes:?}") };
    let BenchTarget { params, label, .. } = &**target;
    assert_eq!((params.temperature, label.as_deref()), (Some(0.2), Some("GPT-4.1 · OpenAI")));
}

#[test]
fn a_target_gets_a_fallback_from_its_chip_and_says_so() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "GPT-4.1 · OpenAI");
    harness.get_by_role_and_label(Role::MenuItemRadio, "No fallback");
    let wishes = press(&mut harness, "Fall back to Qwen3-Max · official");
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::SetFallback { index: 2, fallback: Some(0) })]), "{wishes:?}");
    let mut state = states::full(10);
    state.bench.targets[2].fallback = Some(0);
    let harness = still(state, Theme::Dark, SIZES[2]);
    harness.get_by_label_contains("with fallback");
}

#[test]
fn without_a_connection_the_picker_offers_ways_to_one() {
    let mut state = states::full(1);
    state.connections.list.clear();
    state.bench.targets.clear();
    let mut harness = still(state, Theme::Dark, SIZES[1]);
    press(&mut harness, "Add target");
    let wishes = press(&mut harness, "Try the demo");
    assert!(wishes.iter().any(|wish| matches!(wish, Command::Bench(BenchCommand::RunDemo))));
    press(&mut harness, "Add target");
    let wishes = press(&mut harness, "Add a connection…");
    assert!(wishes.iter().any(|wish| matches!(wish, Command::Connections(ConnectionCommand::BeginAdd))));
}

#[test]
fn effort_and_schema_are_set_and_broken_json_is_told_in_place() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Run settings");
    press(&mut harness, "Reasoning, schema and tools");
    let last = |wishes: Vec<Command>| match wishes.into_iter().last() {
        Some(Command::Bench(BenchCommand::SetSettings(settings))) => settings.params,
        other => panic!("{other:?}"),
    };
    harness.get_by_role_and_label(Role::TextInput, "Reasoning effort").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Reasoning effort").type_text("high");
    harness.run_steps(2);
    assert_eq!(last(harness.state().take_wishes()).effort, Some(Effort::High));
    assert_eq!(last(press(&mut harness, "Off")).thinking, Some(false));
    let field = |harness: &Harness<'_, _>| harness.get_by_role_and_label(Role::MultilineTextInput, "JSON schema").focus();
    field(&harness);
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::MultilineTextInput, "JSON schema").type_text("{\"type\":");
    harness.run_steps(3);
    assert!(harness.state().take_wishes().is_empty(), "half a schema is no parameter");
    harness.get_by_label_contains("Not valid JSON");
    harness.get_by_role_and_label(Role::MultilineTextInput, "JSON schema").type_text("\"object\"}");
    harness.run_steps(3);
    let params = last(harness.state().take_wishes());
    assert_eq!(params.schema.map(|schema| schema.schema.to_string()).as_deref(), Some("{\"type\":\"object\"}"));
}

#[test]
fn a_picture_is_attached_by_its_path_and_taken_off_its_chip() {
    let mut state = states::full(10);
    let set_id = state.bench.set_id.unwrap();
    let dot = Image::from_data_url("dot.png", &format!("data:image/png;base64,{PNG}")).unwrap();
    let at = state.bench.case_index;
    let case_id = state.prompts.open[&set_id].cases[at].id.clone();
    let fact = PromptFact::ImageRead { id: set_id, case_id, result: Ok(dot) };
    let _effects = state.apply(Fact::Prompts(fact), now());
    let mut harness = still(state, Theme::Dark, SIZES[2]);
    press(&mut harness, "Attach image…");
    harness.get_by_role_and_label(Role::TextInput, "Path of the image").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Path of the image").type_text("/tmp/cat.webp");
    harness.run_steps(2);
    let wishes = press(&mut harness, "Attach the image");
    let [Command::Prompts(PromptCommand::AttachImage { id, index, path: Some(path) })] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(*index, at);
    assert_eq!((*id, path.to_str()), (set_id, Some("/tmp/cat.webp")));
    let wishes = press(&mut harness, "Remove dot.png · PNG · 1 × 1 · 1 KB");
    let [Command::Prompts(PromptCommand::EditCase { case, .. })] = &wishes[..] else { panic!("{wishes:?}") };
    assert!(case.images.is_empty());
}

#[test]
fn run_settings_are_changed_in_their_form() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Run settings");
    harness.get_by_role_and_label(Role::TextInput, "Max tokens").focus();
    harness.run_steps(2);
    harness.key_press(Key::Backspace);
    harness.run_steps(2);
    let wishes = harness.state().take_wishes();
    let Some(Command::Bench(BenchCommand::SetSettings(settings))) = wishes.last() else { panic!("{wishes:?}") };
    assert_eq!(settings.params.max_tokens, Some(50));
    harness.get_by_role_and_label(Role::TextInput, "Spending cap").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Spending cap").type_text("x");
    harness.run_steps(2);
    harness.get_by_label("An amount above 0, such as 2.50");
    assert!(harness.state().take_wishes().is_empty());
}

#[test]
fn opening_the_run_settings_changes_nothing() {
    // The second is what no run can have: shown as it is, until somebody changes it.
    for (concurrency, fewer) in [(600, 599), (5_000, 1_024)] {
        let mut state = states::full(10);
        state.bench.settings.concurrency = concurrency;
        let mut harness = still(state, Theme::Dark, SIZES[2]);
        let wishes = press(&mut harness, "Run settings");
        assert!(wishes.is_empty(), "{wishes:?}");
        let wishes = press(&mut harness, "Fewer: Requests in flight");
        let [Command::Preferences(PreferenceCommand::SetEngine { concurrency, retries: 5 })] = wishes[..] else { panic!("{wishes:?}") };
        assert_eq!(concurrency, fewer);
    }
}

#[test]
fn sets_are_chosen_from_the_menu() {
    let mut harness = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Prompt set");
    assert!(matches!(press(&mut harness, "Composer")[..], [Command::Bench(BenchCommand::ChooseSet(id))] if id == SCRATCH));
    press(&mut harness, "Prompt set");
    assert!(matches!(press(&mut harness, "Import…")[..], [Command::Exchange(ExchangeCommand::BeginImport)]));
    press(&mut harness, "Prompt set");
    let wishes = press(&mut harness, "New set");
    assert!(matches!(&wishes[..], [Command::Prompts(PromptCommand::Create { name })] if name == "New set"));
    press(&mut harness, "Prompt set");
    assert!(matches!(press(&mut harness, "Run the demo")[..], [Command::Bench(BenchCommand::RunDemo)]));
    press(&mut harness, "Repeats");
    let wishes = press(&mut harness, "5 repeats");
    assert!(matches!(&wishes[..], [Command::Bench(BenchCommand::SetSettings(settings))] if settings.repeats == 5));
}
