//! The import and export sheets: they say what will happen, and do that.

use std::path::Path;

use assay::analysis::{Basis, TimesOf};
use assay::app::{AppState, ColumnRole, Command, ExchangeCommand, ExchangeFact, ExportKind, Fact};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::basics::now;
use crate::sets_state::{self as states, DEMO_RUN, RUN};
use crate::window::{SIZES, press, settles, still};

const PROMPTS: &[u8] = b"id,prompt,topic\na,Write about {{topic}},pens\nb,,ink\na,Write on {{topic}},paper\n";
const QUESTIONS: &[u8] = b"question;answer\nWhy is the sky blue?;It scatters.\n";

type State = fn() -> AppState;

fn before_a_file() -> AppState {
    let mut state = states::full(5);
    let _effects = state.update(Command::Exchange(ExchangeCommand::BeginImport), now());
    state
}

fn reading() -> AppState {
    let mut state = before_a_file();
    let _effects = state.update(Command::Exchange(ExchangeCommand::ReadImport("/tmp/a.csv".into())), now());
    state
}

fn written() -> AppState {
    let mut state = states::exporting(RUN);
    let path = "/home/ada/Documents/run.csv".into();
    let _effects = state.apply(Fact::Exchange(ExchangeFact::Exported { path }), now());
    state
}

fn failed() -> AppState {
    let mut state = states::exporting(RUN);
    let message = "Nothing was written to /root/x.csv: permission denied".to_owned();
    let _effects = state.apply(Fact::Exchange(ExchangeFact::ExportFailed { message }), now());
    state
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let all: [(State, &str); 8] = [
        (before_a_file, "Import prompts"),
        (reading, "Import prompts"),
        (|| states::importing("a.csv", PROMPTS), "Import prompts"),
        (|| states::importing("a.csv", QUESTIONS), "Import prompts"),
        (|| states::importing("a.json", b"{"), "Import prompts"),
        (|| states::exporting(RUN), "Export the run"),
        (written, "Export the run"),
        (failed, "Export the run"),
    ];
    for (state, title) in all {
        settles(&[state], |window| {
            window.get_by_role_and_label(Role::Dialog, title);
        });
    }
}

#[test]
fn a_path_can_always_be_typed() {
    let mut state = before_a_file();
    let _effects = state.apply(Fact::Exchange(ExchangeFact::DialogMissing), now());
    let mut harness = still(state, Theme::Dark, SIZES[1]);
    harness.get_by_label("Note: No file was chosen");
    harness.get_by_label("Path of the file").type_text("/tmp/a b.csv");
    harness.run_steps(2);
    match &press(&mut harness, "Read")[..] {
        [Command::Exchange(ExchangeCommand::ReadImport(path))] => assert_eq!(path, Path::new("/tmp/a b.csv")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(press(&mut harness, "Choose file…")[..], [Command::Exchange(ExchangeCommand::BrowseImport)]));
}

#[test]
fn the_button_says_what_will_happen() {
    let mut harness = still(states::importing("support.csv", PROMPTS), Theme::Light, SIZES[1]);
    harness.get_by_label_contains("CSV  ·  UTF-8  ·  “,” between cells  ·  3 rows");
    harness.get_by_label("Case a: Write about {{topic}}");
    harness.get_by_label("Case a-2: Write on {{topic}}");
    press(&mut harness, "Skipped 1");
    harness.get_by_label_contains("row 3: ");
    press(&mut harness, "Warnings 1");
    harness.get_by_label_contains("a-2");
    assert!(matches!(press(&mut harness, "Import 2 cases (1 skipped)")[..], [Command::Exchange(ExchangeCommand::CommitImport)]));
}

#[test]
fn the_new_set_can_be_named() {
    let mut harness = still(states::importing("support.csv", PROMPTS), Theme::Light, SIZES[1]);
    harness.get_by_label("Name of the new set").focus();
    harness.run_steps(2);
    harness.get_by_label("Name of the new set").type_text(" 2");
    harness.run_steps(2);
    match &harness.state().take_wishes()[..] {
        [Command::Exchange(ExchangeCommand::NameImport(name))] => assert_eq!(name, "support 2"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_without_a_prompt_column_asks_for_it() {
    let mut harness = still(states::importing("questions.csv", QUESTIONS), Theme::Dark, SIZES[1]);
    assert!(harness.get_by_label("Import").accesskit_node().is_disabled());
    press(&mut harness, "Column question is taken as");
    harness.get_by_role_and_label(Role::MenuItemRadio, "Prompt").click();
    harness.run_steps(4);
    match &harness.state().take_wishes()[..] {
        [Command::Exchange(ExchangeCommand::Remap(mapping))] => {
            assert_eq!(mapping.roles, [ColumnRole::Prompt, ColumnRole::Variable("answer".into())]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_variable_is_renamed() {
    let mut harness = still(states::importing("support.csv", PROMPTS), Theme::Dark, SIZES[1]);
    press(&mut harness, "Columns 3");
    harness.get_by_label("Name of the variable in column topic").focus();
    harness.run_steps(2);
    harness.get_by_label("Name of the variable in column topic").type_text(" of the day");
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    match &harness.state().take_wishes()[..] {
        [Command::Exchange(ExchangeCommand::Remap(mapping))] => {
            assert_eq!(mapping.roles[2], ColumnRole::Variable("topic_of_the_day".into()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_broken_file_is_refused_with_its_reason() {
    let mut harness = still(states::importing("a.json", b"{\"prompt\": "), Theme::Dark, SIZES[1]);
    harness.get_by_label("Error: Nothing of this file can be imported");
    harness.get_by_label_contains("not valid JSON");
    assert!(harness.get_by_label("Import").accesskit_node().is_disabled());
    assert!(matches!(press(&mut harness, "Cancel")[..], [Command::Exchange(ExchangeCommand::CancelImport)]));
}

#[test]
fn a_kind_and_a_path_are_chosen_and_written() {
    let mut harness = still(states::exporting(RUN), Theme::Light, SIZES[1]);
    for (name, kind) in [
        ("Summary", ExportKind::Summary { basis: Basis::in_common(TimesOf::AllTrials) }),
        ("Side by side", ExportKind::SideBySide { all_repeats: false }),
        ("JSON", ExportKind::Json),
    ] {
        harness.get_by_role_and_label(Role::ListBoxOption, name).click();
        harness.run_steps(3);
        match &harness.state().take_wishes()[..] {
            [Command::Exchange(ExchangeCommand::SetExportKind(chosen))] => assert_eq!(*chosen, kind),
            other => panic!("{other:?}"),
        }
    }
    harness.get_by_label("Export path").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label("Export path").type_text("/tmp/x.csv");
    harness.run_steps(2);
    match &harness.state().take_wishes()[..] {
        [Command::Exchange(ExchangeCommand::SetExportPath(path))] => assert_eq!(path, "/tmp/x.csv"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(press(&mut harness, "Browse…")[..], [Command::Exchange(ExchangeCommand::BrowseExport)]));
    assert!(matches!(press(&mut harness, "Write file")[..], [Command::Exchange(ExchangeCommand::CommitExport)]));
}

#[test]
fn the_path_has_the_focus_and_enter_writes() {
    let mut harness = still(states::exporting(RUN), Theme::Dark, SIZES[2]);
    assert!(harness.get_by_label("Export path").is_focused());
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    assert!(matches!(harness.state().take_wishes()[..], [Command::Exchange(ExchangeCommand::CommitExport)]));
}

#[test]
fn all_repeats_are_an_option_of_side_by_side() {
    let mut state = states::exporting(RUN);
    let _effects = state.update(Command::Exchange(ExchangeCommand::SetExportKind(ExportKind::SideBySide { all_repeats: false })), now());
    let mut harness = still(state, Theme::Light, SIZES[1]);
    let wishes = press(&mut harness, "All repeats");
    assert!(matches!(wishes[..], [Command::Exchange(ExchangeCommand::SetExportKind(ExportKind::SideBySide { all_repeats: true }))]));
}

#[test]
fn a_simulated_run_says_so() {
    let harness = still(states::exporting(DEMO_RUN), Theme::Dark, SIZES[1]);
    harness.get_by_label("simulated");
    harness.get_by_label_contains("This run is simulated, and the file says so.");
    assert!(still(states::exporting(RUN), Theme::Dark, SIZES[1]).query_by_label_contains("simulated").is_none());
}

#[test]
fn the_end_is_told() {
    let mut harness = still(written(), Theme::Dark, SIZES[1]);
    assert!(harness.query_all_by_label_contains("Written to /home/ada/Documents/run.csv").next().is_some());
    assert!(matches!(press(&mut harness, "Done")[..], [Command::Exchange(ExchangeCommand::CancelExport)]));
    let harness = still(failed(), Theme::Dark, SIZES[1]);
    harness.get_by_label("Error: The file was not written");
    harness.get_by_label_contains("permission denied");
    harness.get_by_label("Write file");
}
