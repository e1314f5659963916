//! What answers say besides their texts: sources, the provider's own cost, and where reasoning was taken from.

use assay::app::{BenchView, OpenRun};
use assay::domain::REASONING_FROM_TAGS;
use egui::Theme;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rust_decimal::Decimal;

use crate::run_state as runs;
use crate::run_view::with_view;
use crate::window::{SIZES, alive, still};

/// The first target names three sources and states its costs, the second's reasoning comes from tags; the third's price is unknown, and its provider
/// states what it took.
fn cited() -> OpenRun {
    let mut plan = runs::plan(2, 1);
    plan.targets[2].price = None;
    runs::run_of(plan, |plan, cell| {
        let (mut row, mut body) = runs::finished(plan, cell);
        match cell.target_index {
            0 => {
                for (url, title) in [
                    ("https://a.test/1", "Entanglement, explained"),
                    ("https://b.test/\u{202e}gpj.exe", ""),
                    ("javascript:alert(1)", "**Bold** \u{200b}[link](https://c.test)"),
                ] {
                    assert!(body.citations.add(url, title).is_ok());
                }
                row.stated_cost = Some(Decimal::new(123, 5));
                body.attempts[0].stated_cost = row.stated_cost;
            }
            1 => {
                row.warnings = vec![REASONING_FROM_TAGS.to_owned()];
                "Let me think.".clone_into(&mut body.reasoning);
            }
            _ => {
                row.cost = None;
                row.stated_cost = Some(Decimal::new(5, 1));
            }
        }
        Some((row, body))
    })
}

#[test]
fn sources_unfold_as_text_that_can_be_copied_and_opens_nothing() {
    let mut harness = alive(runs::state_of(cited()), Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label("Sources 3").count(), 1, "nothing where no sources are");
    assert!(harness.query_by_label_contains("a.test").is_none(), "they are folded");
    harness.get_by_label("Sources 3").click();
    harness.run_ok();
    harness.get_by_label("1. Entanglement, explained");
    harness.get_by_label("https://a.test/1");
    harness.get_by_label("2. https://b.test/<U+202E>gpj.exe");
    harness.get_by_label("3. **Bold** <U+200B>[link](https://c.test)");
    harness.get_by_label("Copy address 3: Qwen3-Max · official").click();
    harness.run_steps(1);
    let commands = &harness.output().platform_output.commands;
    assert_eq!(*commands, [egui::OutputCommand::CopyText("javascript:alert(1)".to_owned())]);
}

#[test]
fn the_providers_own_cost_is_told_beside_ours() {
    for (column, words) in
        [(0, "The provider itself says $0.00123 (ours $"), (2, "Unknown here; the provider itself says $0.50.\nThe price of this model")]
    {
        let mut harness = still(runs::state_of(cited()), Theme::Light, SIZES[2]);
        harness.get_all_by_label_contains("cost: ").nth(column).unwrap().hover();
        harness.run_steps(60);
        harness.get_by_label_contains(words);
    }
    let harness = still(with_view(runs::state_of(cited()), BenchView::Summary), Theme::Light, SIZES[2]);
    let told = |label: &str| harness.get_by_label_contains(label).accesskit_node().label().unwrap();
    let (known, unknown) = (told("Cost, Qwen3-Max · official"), told("Cost, GPT-4.1 · OpenAI"));
    assert!(known.contains("\nThe provider itself says $0.00246 (ours $"), "{known}");
    assert!(unknown.contains("\nUnknown here; the provider itself says $1.00"), "{unknown}");
    assert!(!told("Cost, Qwen3-Max · HolySheep").contains("itself says"));
}

#[test]
fn reasoning_that_came_in_tags_says_so_once() {
    let harness = still(runs::state_of(cited()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Reasoning from tags, 13 characters");
    assert!(harness.query_by_label_contains("was taken from").is_none(), "the head says it");
    let bare = runs::run_of(runs::plan(2, 1), |plan, cell| {
        let (mut row, body) = runs::finished(plan, cell);
        row.warnings = vec![REASONING_FROM_TAGS.to_owned()];
        Some((row, body))
    });
    let harness = still(runs::state_of(bare), Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label_contains("was taken from").count(), 3, "without a head it stands by itself");
}

#[test]
fn answers_with_sources_settle_at_every_size_in_both_themes() {
    for theme in [Theme::Dark, Theme::Light] {
        for size in SIZES {
            for view in [BenchView::Answers, BenchView::Table, BenchView::Summary] {
                still(with_view(runs::state_of(cited()), view), theme, size).run_ok();
            }
        }
    }
}
