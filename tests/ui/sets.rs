//! The Sets screen: what a click, a key and a paste do, and that no typing is lost.

use assay::app::{AppState, BenchCommand, Command, ExchangeCommand, PromptCommand, PromptFileKind, Screen};
use assay::domain::{Case, PromptBody};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::basics::{SUPPORT, unread};
use crate::sets_state::{self as states, CONTRACTS};
use crate::window::{SIZES, Window, alive, press, settles, still};

fn sets(count: usize) -> Window {
    still(states::full(count), Theme::Dark, [1600.0, 1000.0])
}

/// Opens a cell, replaces what is in it, and leaves the editor open.
fn retype(harness: &mut Window, cell: &str, text: &str) {
    harness.get_by_label(cell).click();
    harness.run_steps(4);
    let editor = format!("Edit {cell}");
    assert!(harness.get_by_label(&editor).is_focused(), "the editor takes the keys");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_label(&editor).type_text(text);
    harness.run_steps(3);
}

fn prompt(case: &Case) -> &str {
    match &case.body {
        PromptBody::Template { prompt, .. } => prompt,
        PromptBody::Messages(_) => "messages",
    }
}

fn support(state: &AppState) -> &[Case] {
    &state.prompts.open[&SUPPORT].cases
}

/// The one case that was edited, with its index.
fn edited(wishes: Vec<Command>) -> (usize, Case) {
    match <[Command; 1]>::try_from(wishes) {
        Ok([Command::Prompts(PromptCommand::EditCase { id: SUPPORT, index, case })]) => (index, *case),
        other => panic!("one edit, not {other:?}"),
    }
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let all: [fn() -> AppState; 5] =
        [|| states::on(Screen::Sets, unread()), states::no_sets, states::reading, || states::full(1), || states::full(200)];
    settles(&all, |window| {
        window.get_by_label("Import…");
    });
}

#[test]
fn an_empty_list_offers_the_import() {
    let mut harness = still(states::no_sets(), Theme::Light, SIZES[0]);
    harness.get_by_label("No prompt sets yet");
    assert!(matches!(press(&mut harness, "Import prompts…")[..], [Command::Exchange(ExchangeCommand::BeginImport)]));
}

#[test]
fn enter_keeps_a_cell_and_escape_leaves_it() {
    let mut harness = sets(20);
    retype(&mut harness, "Variable topic of case case-1", "a lost letter");
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let (index, case) = edited(harness.state().take_wishes());
    assert_eq!((index, case.vars["topic"].as_str()), (0, "a lost letter"));
    retype(&mut harness, "Title of case case-1", "not this");
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert!(harness.state().take_wishes().is_empty());
    assert!(harness.query_by_label("Edit Title of case case-1").is_none());
}

#[test]
fn shift_enter_begins_a_line_and_tab_goes_on() {
    let mut harness = sets(20);
    retype(&mut harness, "Prompt of case case-2", "one");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.get_by_label("Edit Prompt of case case-2").type_text("two");
    harness.run_steps(2);
    harness.key_press(Key::Tab);
    harness.run_steps(4);
    let (index, case) = edited(harness.state().take_wishes());
    assert_eq!((index, prompt(&case)), (1, "one\ntwo"));
    assert!(harness.get_by_label("Edit System of case case-2").is_focused());
}

#[test]
fn another_cell_another_screen_and_closing_keep_what_was_typed() {
    let mut harness = sets(20);
    retype(&mut harness, "Title of case case-1", "First");
    harness.get_by_label("Title of case case-2").click();
    harness.run_steps(4);
    assert_eq!(edited(harness.state().take_wishes()).1.description.as_deref(), Some("First"));
    harness.get_by_label("Edit Title of case case-2");

    let mut harness = alive(states::full(20), Theme::Dark, [1200.0, 800.0]);
    retype(&mut harness, "Title of case case-1", "Second");
    harness.state().send(Command::Go(Screen::History));
    harness.run_steps(4);
    assert_eq!(support(harness.state().state())[0].description.as_deref(), Some("Second"));
}

#[test]
fn a_new_case_waits_for_its_prompt_and_can_be_taken_back() {
    let mut harness = alive(states::full(50), Theme::Dark, [1200.0, 800.0]);
    harness.get_by_label("Add case").click();
    harness.run_steps(6);
    harness.get_by_label("Edit Prompt of case 51").type_text("Say hello.");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(prompt(&support(harness.state().state())[50]), "Say hello.");
    for _ in 0..2 {
        harness.get_by_label("Undo the last edit").click();
        harness.run_steps(4);
    }
    assert_eq!(support(harness.state().state()).len(), 50);
}

#[test]
fn a_removed_case_comes_back() {
    let mut harness = alive(states::full(20), Theme::Dark, [1200.0, 800.0]);
    harness.get_by_label("Remove case case-3").click();
    harness.run_steps(4);
    assert_eq!(support(harness.state().state()).len(), 19);
    harness.get_by_label("Undo").click();
    harness.run_steps(4);
    assert_eq!(support(harness.state().state())[2].id, "case-3");
}

#[test]
fn a_taken_id_is_refused() {
    let mut harness = alive(states::full(20), Theme::Dark, [1200.0, 800.0]);
    retype(&mut harness, "ID of case case-3", "case-1");
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(support(harness.state().state())[2].id, "case-3");
    assert!(harness.query_all_by_label_contains("Another case of this set has the id").next().is_some());
}

#[test]
fn a_table_with_a_header_is_pasted_at_once() {
    let mut harness = sets(20);
    harness.input_mut().events.push(Event::Paste("id\tprompt\ttopic\nx1\tWrite about {{topic}}\tpens\n".to_owned()));
    harness.run_steps(3);
    match &harness.state().take_wishes()[..] {
        [Command::Prompts(PromptCommand::AppendCases { id: SUPPORT, cases })] => {
            assert_eq!((cases.len(), cases[0].id.as_str(), cases[0].vars["topic"].as_str()), (1, "x1", "pens"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_without_a_header_are_looked_at_first() {
    let mut harness = sets(20);
    harness.input_mut().events.push(Event::Paste("q1\tWhat is a quark?\nq2\tWhat is a lepton?\n".to_owned()));
    harness.run_steps(4);
    assert!(harness.state().take_wishes().is_empty());
    harness.get_by_role_and_label(Role::RadioButton, "names the columns").click();
    harness.run_steps(3);
    harness.get_by_label("Which column holds the prompts?");
    harness.get_by_role_and_label(Role::RadioButton, "is a case").click();
    harness.run_steps(3);
    match &press(&mut harness, "Add 2 cases")[..] {
        [Command::Prompts(PromptCommand::AppendCases { cases, .. })] => {
            assert_eq!(
                cases.iter().map(|case| (case.id.as_str(), prompt(case))).collect::<Vec<_>>(),
                [("q1", "What is a quark?"), ("q2", "What is a lepton?")]
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(harness.query_by_label("Rows to paste").is_none(), "the sheet is closed");
}

#[test]
fn text_pasted_into_a_cell_stays_there() {
    let mut harness = sets(20);
    harness.get_by_label("Title of case case-1").click();
    harness.run_steps(4);
    harness.input_mut().events.push(Event::Paste("id\tprompt\na\tb".to_owned()));
    harness.run_steps(3);
    assert!(harness.state().take_wishes().is_empty());
    assert!(harness.query_by_label("Rows to paste").is_none());
}

#[test]
fn a_set_is_renamed_in_place() {
    let mut harness = sets(20);
    harness.get_by_label("Rename this set").click();
    harness.run_steps(4);
    harness.get_by_label("Name of the set").type_text(" to customers");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    match &harness.state().take_wishes()[..] {
        [Command::Prompts(PromptCommand::Rename { id: SUPPORT, name })] => assert_eq!(name, "Support replies to customers"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_menu_does_what_it_says() {
    let mut harness = sets(20);
    assert!(matches!(press(&mut harness, "Use on the bench")[..], [Command::Bench(BenchCommand::ChooseSet(SUPPORT))]));
    press(&mut harness, "More for this set");
    assert!(matches!(press(&mut harness, "Duplicate")[..], [Command::Prompts(PromptCommand::Duplicate(SUPPORT))]));
    press(&mut harness, "More for this set");
    assert!(matches!(press(&mut harness, "Delete")[..], [Command::Prompts(PromptCommand::Delete(SUPPORT))]));
    press(&mut harness, "More for this set");
    assert!(press(&mut harness, "Export as CSV…").is_empty());
    match &press(&mut harness, "Write set")[..] {
        [Command::Exchange(ExchangeCommand::ExportSet { id: SUPPORT, kind: PromptFileKind::Csv, path: Some(path) })] => {
            assert_eq!(path.display().to_string(), "/home/ada/Documents/Support replies.csv");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_set_needs_a_name() {
    let mut harness = sets(20);
    press(&mut harness, "New set…");
    assert!(harness.get_by_label("Create set").accesskit_node().is_disabled());
    harness.get_by_label("Name of the new set").type_text("  Contracts 2 ");
    harness.run_steps(2);
    match &press(&mut harness, "Create set")[..] {
        [Command::Prompts(PromptCommand::Create { name })] => assert_eq!(name, "Contracts 2"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_conversation_is_read_and_shows_what_hides() {
    let mut harness = sets(20);
    press(&mut harness, "Prompt of case case-5");
    harness.get_by_role_and_label(Role::Dialog, "Messages of “Cancel a contract”");
    harness.get_by_label_contains("Then please do. <U+202E>desrever");
    press(&mut harness, "Done");
    assert!(harness.query_by_label("Messages of “Cancel a contract”").is_none());
}

#[test]
fn what_is_wrong_with_the_set_is_said() {
    let harness = sets(20);
    harness.get_by_label("3 cases need a value");
    harness.get_by_label("v3 was used by a run; the next edit starts v4");
    assert_eq!(harness.get_by_label("Variable reader of case case-4").value().as_deref(), Some("needs a value"));
}

#[test]
fn a_set_is_chosen_in_the_list() {
    let mut harness = sets(20);
    let long = "Contracts of the northern branch office, second reading, with all appendices";
    harness.get_by_role_and_label(Role::ListBoxOption, long).click();
    harness.run_steps(3);
    assert!(matches!(harness.state().take_wishes()[..], [Command::Prompts(PromptCommand::Select(CONTRACTS))]));
}

#[test]
fn the_search_narrows_the_table() {
    let mut harness = sets(50);
    harness.get_by_label("Search cases").focus();
    harness.run_steps(2);
    harness.get_by_label("Search cases").type_text("LAWYER");
    harness.run_steps(3);
    // Conversations have no variables here, so that “a lawyer” is found nowhere.
    harness.get_by_label("Nothing found");
    press(&mut harness, "Show all cases");
    harness.get_by_label("Prompt of case case-1");
}

#[test]
fn only_what_is_in_view_is_drawn() {
    let mut harness = alive(states::full(10_000), Theme::Dark, [1200.0, 800.0]);
    let drawn = |harness: &Window| harness.root().children_recursive().filter(|node| node.accesskit_node().role() == Role::Cell).count();
    assert!((50..500).contains(&drawn(&harness)), "{} cells", drawn(&harness));
    harness.get_by_label("Add case").click();
    harness.run_steps(6);
    harness.get_by_label("Prompt of case case-10000");
    assert!((50..500).contains(&drawn(&harness)), "{} cells", drawn(&harness));
}
