//! Judging by key, and what the answers are compared with.

use assay::app::BenchView;
use assay::domain::{Cell, Judgement, Thumb};
use assay::ui::Shell;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::run_state as runs;
use crate::run_view::with_view;
use crate::window::{SIZES, alive};

/// The judgement of the answer of a target to the third case.
fn judgement_of(harness: &Harness<'_, Shell>, target_index: u32) -> Judgement {
    let cell = Cell { case_index: 2, target_index, repeat: 0 };
    let Some(row) = harness.state().state().run_in_view().and_then(|run| run.row(cell)) else { panic!("no trial at {cell:?}") };
    row.judgement.clone()
}

/// The index of the current column, as the screen reader is told.
fn current_column(harness: &Harness<'_, Shell>) -> usize {
    let names =
        ["Column 1, current: Qwen3-Max · official", "Column 2, current: Qwen3-Max · HolySheep", "Column 3, current: GPT-4.1 · OpenAI"];
    let current: Vec<usize> = (0..3).filter(|index| harness.query_by_label(names[*index]).is_some()).collect();
    assert_eq!(current.len(), 1, "{current:?}");
    current[0]
}

#[test]
fn the_current_column_is_named_and_moves_by_key_and_by_mouse() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    assert_eq!(current_column(&harness), 0);
    for (key, now) in [(Key::ArrowLeft, 0), (Key::ArrowRight, 1), (Key::ArrowRight, 2), (Key::ArrowRight, 2), (Key::ArrowLeft, 1)] {
        harness.key_press(key);
        harness.run_ok();
        assert_eq!(current_column(&harness), now, "{key:?}");
    }
    harness.get_by_label("Column 1: Qwen3-Max · official").click();
    harness.run_ok();
    assert_eq!(current_column(&harness), 0);
}

#[test]
fn the_current_column_is_brought_into_view() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[0]);
    let right = harness.get_by_label("Ways to look at the run").rect().left() + 1.0;
    for _ in 0..2 {
        harness.key_press(Key::ArrowRight);
    }
    harness.run_ok();
    let edge = harness.ctx.content_rect().right();
    let column = harness.get_by_label("Column 3, current: GPT-4.1 · OpenAI").rect();
    assert!(column.right() <= edge + 1.0 && column.left() >= right - 1.0, "{column:?} of {edge}");
}

#[test]
fn an_answer_that_is_scrolled_away_is_not_scored_before_it_is_back_in_view() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[0]);
    for _ in 0..2 {
        harness.key_press(Key::ArrowRight);
    }
    harness.run_ok();
    let place = harness.get_by_label("Column 3, current: GPT-4.1 · OpenAI").rect();
    harness.hover_at(egui::pos2(place.center().x - 40.0, place.bottom() + 60.0));
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(2_000.0, 0.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: egui::MouseWheelSource::Unknown,
    });
    harness.run_ok();
    let edge = harness.ctx.content_rect().right();
    assert!(harness.get_by_label("Column 3, current: GPT-4.1 · OpenAI").rect().left() > edge - 100.0, "it is scrolled away");
    let before = judgement_of(&harness, 2).score;
    for (key, score) in [(Key::Num2, before), (Key::Num2, Some(2))] {
        harness.key_press(key);
        harness.run_ok();
        assert_eq!(judgement_of(&harness, 2).score, score);
        let column = harness.get_by_label("Column 3, current: GPT-4.1 · OpenAI").rect();
        assert!(column.right() <= edge + 1.0, "{column:?} of {edge}");
    }
}

#[test]
fn answers_are_scored_by_key() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    let mut pressed = |keys: &[Key]| {
        for key in keys {
            harness.key_press(*key);
            harness.run_ok();
        }
        [0, 1, 2].map(|target| judgement_of(&harness, target).score)
    };
    assert_eq!(pressed(&[Key::Num2]), [Some(2), Some(4), Some(4)]);
    assert_eq!(pressed(&[Key::Num2]), [None, Some(4), Some(4)], "the same again takes it back");
    assert_eq!(pressed(&[Key::Num6]), [None, Some(4), Some(4)], "there is no score of 6");
    assert_eq!(pressed(&[Key::ArrowRight, Key::Num0]), [None, None, Some(4)]);
    assert_eq!(pressed(&[Key::ArrowRight, Key::Num1, Key::Backspace]), [None, None, None]);
    assert_eq!(pressed(&[Key::Num5]), [None, None, Some(5)]);
    assert_eq!(judgement_of(&harness, 2).thumb, Some(Thumb::Up), "the rest stays");
}

#[test]
fn a_note_is_written_by_key_and_left_by_escape() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    harness.key_press(Key::ArrowRight);
    harness.run_ok();
    harness.key_press(Key::N);
    harness.run_ok();
    let name = "Note on the answer of Qwen3-Max · HolySheep";
    let before = judgement_of(&harness, 1).note;
    assert_eq!(harness.get_by_role_and_label(Role::MultilineTextInput, name).value().as_deref(), Some(before.as_str()));
    harness.get_by_role_and_label(Role::MultilineTextInput, name).type_text(" 3 stars");
    // While the field has the focus, its keys are its own.
    for key in [Key::Num1, Key::Backspace, Key::ArrowRight, Key::J] {
        harness.key_press(key);
    }
    harness.run_ok();
    assert_eq!(current_column(&harness), 1);
    assert_eq!((judgement_of(&harness, 1).score, harness.state().state().bench.case_index), (Some(4), 2));
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Role::MultilineTextInput, name).is_none());
    assert_eq!(judgement_of(&harness, 1).note, format!("{before} 3 star"));
    assert_eq!(harness.state().state().bench.noting, None);
    // Now the keys judge again.
    harness.key_press(Key::Num1);
    harness.run_ok();
    assert_eq!(judgement_of(&harness, 1).score, Some(1));
}

#[test]
fn no_key_judges_while_a_search_is_typed_or_answers_are_out_of_sight() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Search answers").focus();
    harness.run_ok();
    for key in [Key::Num1, Key::Num0, Key::Backspace, Key::N, Key::ArrowRight] {
        harness.key_press(key);
    }
    harness.run_ok();
    assert_eq!([0, 1, 2].map(|target| judgement_of(&harness, target).score), [Some(4); 3]);
    assert_eq!((harness.state().state().bench.noting, harness.state().state().bench.column), (None, 0));

    for view in [BenchView::Table, BenchView::Summary] {
        let mut harness = alive(with_view(runs::state_of(runs::judged()), view), Theme::Dark, SIZES[2]);
        for key in [Key::Num1, Key::N, Key::ArrowRight] {
            harness.key_press(key);
        }
        harness.key_press_modifiers(Modifiers::SHIFT, Key::Num2);
        harness.key_press_modifiers(Modifiers::ALT, Key::Num1);
        harness.run_ok();
        assert_eq!(judgement_of(&harness, 0).score, Some(4));
        assert_eq!([0, 1].map(|target| judgement_of(&harness, target).thumb), [Some(Thumb::Up), Some(Thumb::Down)], "{view:?}");
        assert_eq!((harness.state().state().bench.noting, harness.state().state().bench.column), (None, 0));
    }
}

#[test]
fn another_baseline_is_compared_with_at_once() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    let place = |harness: &Harness<'_, Shell>| {
        let badges: Vec<f32> = harness.get_all_by_label("baseline").map(|badge| badge.rect().left()).collect();
        let lefts = ["Column 1", "Column 2", "Column 3"].map(|name| harness.get_by_label_contains(name).rect());
        (0..3).rfind(|index: &usize| badges.iter().any(|left| lefts[*index].x_range().contains(*left)))
    };
    assert_eq!(place(&harness), Some(0));
    harness.get_by_label("More: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_label("Make baseline").click();
    harness.run_ok();
    let state = harness.state().state();
    assert_eq!((state.run_in_view().unwrap().baseline_index(), state.bench.baseline), (2, 2));
    assert_eq!(place(&harness), Some(2));
    harness.key_press(Key::S);
    harness.run_ok();
    harness.get_by_label("GPT-4.1 · OpenAI; baseline");
    assert!(harness.query_by_label("Qwen3-Max · official; baseline").is_none());
}
