//! Long answers: what is out of view costs nothing, and all of it can be reached.

use std::fmt::Write as _;

use assay::ui::theme;
use assay::ui::widgets::{DiffPart, MARKDOWN_CAP_BYTES, diff_view, markdown, raw_text};
use egui::{CentralPanel, Id, ScrollArea, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// Shows `content` in a window of 400 × 300 points, scrolled down by `offset`.
fn scrolled(offset: f32, mut content: impl FnMut(&mut Ui) + 'static) -> Harness<'static> {
    let mut frames = 0;
    let mut harness =
        Harness::builder().with_size([400.0, 300.0]).with_max_steps(60).with_context_setup(theme::install).build_ui(move |ui| {
            frames += 1;
            CentralPanel::no_frame().show(ui, |ui| {
                let area = ScrollArea::vertical();
                // Forced once only: the area then springs back from past the end, which takes some frames.
                let area = if frames == 2 { area.vertical_scroll_offset(offset) } else { area };
                area.show(ui, |ui| content(ui));
            });
        });
    harness.run();
    harness
}

fn texts(harness: &Harness<'_>) -> Vec<String> {
    harness.root().children_recursive().filter_map(|node| node.value()).filter(|text| text.contains("item")).collect()
}

#[test]
fn only_what_is_in_view_of_a_long_answer_is_laid_out() {
    let mut answer = String::new();
    for number in 0..5000 {
        writeln!(answer, "item {number} of many\n").unwrap();
    }
    assert!(answer.len() < MARKDOWN_CAP_BYTES);
    let source = answer.clone();
    let top = scrolled(0.0, move |ui| markdown(ui, Id::unique("long"), &source));
    top.get_by_label("item 0 of many");
    assert!(texts(&top).len() < 60, "{} blocks were drawn", texts(&top).len());
    let bottom = scrolled(1e7, move |ui| markdown(ui, Id::unique("long"), &answer));
    bottom.get_by_label("item 4999 of many");
    assert!(texts(&bottom).len() < 60);
}

#[test]
fn an_answer_past_the_cap_is_shown_raw() {
    let answer = format!("# item\n{}", "x ".repeat(MARKDOWN_CAP_BYTES / 2));
    let harness = scrolled(0.0, move |ui| markdown(ui, Id::unique("huge"), &answer));
    harness.get_by_label("# item");
}

#[test]
fn megabytes_are_shown_line_by_line() {
    let mut text = String::new();
    for number in 0..300_000 {
        writeln!(text, "item {number}").unwrap();
    }
    let source = text.clone();
    let top = scrolled(0.0, move |ui| raw_text(ui, Id::unique("raw"), &source));
    assert!(texts(&top).len() < 40, "{} lines were drawn", texts(&top).len());
    let bottom = scrolled(1e8, move |ui| raw_text(ui, Id::unique("raw"), &text));
    bottom.get_by_label("item 299999");
}

#[test]
fn a_long_diff_is_cut_to_the_view_too() {
    let lines: Vec<String> = (0..4000).map(|number| format!("item {number}\n")).collect();
    let harness = scrolled(0.0, move |ui| diff_view(ui, lines.iter().map(|line| (DiffPart::Added, line.as_str()))));
    harness.get_by_label("item 0");
    assert!(texts(&harness).len() < 60);
}
