//! From a file to a set, an edit and a file again, through the real archive.

use std::fs;
use std::time::{Duration, Instant};

use assay::app::backend::{WorldConfig, open_world};
use assay::app::{AppState, Command, Screen};
use assay::domain::PromptBody;
use assay::interchange::import::preview;
use assay::ui::{Shell, shell};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// Lets the window run until `done`; the archive's thread answers within milliseconds.
fn until(harness: &mut Harness<'_, Shell>, what: &str, done: impl Fn(&AppState) -> bool) {
    let began = Instant::now();
    while !done(harness.state().state()) {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::yield_now();
        harness.step();
    }
    harness.run_steps(8);
}

fn fill(harness: &mut Harness<'_, Shell>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_label(field).type_text(text);
    harness.run_steps(2);
}

#[test]
fn a_file_becomes_a_set_that_is_edited_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("questions.csv");
    fs::write(&file, "question;level\nWhy is the sky blue?;1\n;2\nWho am I?;3\n").unwrap();
    let config = WorldConfig { window: true, process_hooks: false, ..WorldConfig::new(Some(folder.path().join("data"))) };
    let opened = open_world(config).unwrap();
    let mut opened = Some(opened);
    let mut harness = Harness::builder().with_size([1200.0, 800.0]).with_max_steps(40).build_eframe(|creation| {
        let ctx = creation.egui_ctx.clone();
        shell(&ctx, opened.take().unwrap()).unwrap()
    });
    until(&mut harness, "the start", |state| state.ready);
    harness.state().send(Command::Go(Screen::Sets));
    harness.run_steps(3);
    harness.get_by_label("Import prompts…").click();
    harness.run_steps(3);
    fill(&mut harness, "Path of the file", &file.display().to_string());
    harness.get_by_label("Read").click();
    until(&mut harness, "the reading", |state| state.exchange.import.as_ref().is_some_and(|sheet| sheet.error.is_some()));
    harness.get_by_label("Column question is taken as").click();
    harness.run_steps(3);
    harness.get_by_label("Prompt").click();
    until(&mut harness, "the reading anew", |state| state.exchange.import.as_ref().is_some_and(|sheet| sheet.preview.is_some()));
    harness.get_by_label("Import 2 cases (1 skipped)").click();
    until(&mut harness, "the import", |state| state.prompts.selected.is_some_and(|id| state.prompts.open.contains_key(&id)));

    harness.get_by_label("Prompt of case 1").click();
    harness.run_steps(3);
    fill(&mut harness, "Edit Prompt of case 1", "Why is grass green?");
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    until(&mut harness, "the saving", |state| state.prompts.saved_at.is_some() && !state.prompts.unsaved());

    let target = folder.path().join("out.jsonl");
    harness.get_by_label("More for this set").click();
    harness.run_steps(3);
    harness.get_by_label("Export as JSON Lines…").click();
    harness.run_steps(3);
    fill(&mut harness, "Path of the exported set", &target.display().to_string());
    harness.get_by_label("Write set").click();
    until(&mut harness, "the writing", |_| target.exists());
    let written = preview(&fs::read(&target).unwrap(), "out.jsonl").unwrap();
    let prompts: Vec<_> = written.cases.iter().map(|case| case.body.clone()).collect();
    let single = |prompt: &str| PromptBody::Template { system: String::new(), prompt: prompt.to_owned() };
    assert_eq!(prompts, [single("Why is grass green?"), single("Who am I?")]);
    harness.state_mut().close();
}
