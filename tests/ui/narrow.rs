//! What stands on the bench of a small window has room.

use assay::app::{AppState, BenchCommand, Command};
use assay::ui::theme;
use assay::ui::widgets::popover;
use egui::accesskit::Role;
use egui::{Rect, Theme, UiKind};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::basics::now;
use crate::bench_state::{self as states, target};
use crate::window::{SIZES, still};

/// The height of a chip and of the space between two lines of them, points.
const LINE: f32 = 30.0 + 8.0;

/// More targets than fit in a line.
fn crowded() -> AppState {
    let mut state = states::full(10);
    for (model, label) in [("relay-a", "A relay of many words in its name, v2"), ("relay-b", "Another relay of many words, too")] {
        let added = target(12, model, label, 3);
        let _effects = state.update(Command::Bench(BenchCommand::AddTarget(Box::new(added))), now());
    }
    state
}

#[test]
fn the_bar_of_targets_is_as_tall_as_its_chips() {
    for (size, most_lines) in [(SIZES[0], 2.0), (SIZES[1], 2.0), (SIZES[2], 1.0)] {
        let window = still(crowded(), Theme::Light, size);
        let place = |label: &str| window.get_by_label_contains(label).rect();
        let chips = ["Qwen3-Max · official", "Qwen3-Max · HolySheep", "A relay of many words", "Another relay", "Add target"];
        let chips: Vec<Rect> = chips.iter().map(|label| place(label)).collect();
        assert!(chips.iter().all(|chip| chip.right() <= size[0]), "{chips:?}");
        let (top, bottom) = (chips[0].top(), chips[4].bottom());
        assert!(bottom - top <= most_lines * LINE, "{chips:?}");
        let case = place("Refund, angry customer");
        assert!((bottom..bottom + 2.5 * LINE).contains(&case.top()), "{case:?} under {bottom}");
    }
}

#[test]
fn a_price_with_cached_input_has_room_before_its_button() {
    for size in SIZES {
        let mut state = crate::connections_state::troubled();
        state.connections.own_prices[0].price.tiers[0].cached_input_per_million = Some("0.275".parse().unwrap());
        let window = still(state, Theme::Light, size);
        let amounts = window.get_by_label("$1.10 in, $5.00 out ($0.275 cached)").rect();
        let (standing, button) = (window.get_by_label("own price").rect(), window.get_by_label("Remove your price of qwen-max").rect());
        assert!(amounts.height() < 24.0 && standing.height() < 24.0, "one line: {amounts:?}, {standing:?}");
        assert!(amounts.right() <= standing.left() && standing.right() <= button.left(), "{amounts:?}, {standing:?}, {button:?}");
    }
}

#[test]
fn the_details_of_a_connection_stay_within_a_small_window() {
    for size in [SIZES[0], SIZES[1]] {
        let mut state = crate::connections_state::troubled();
        let tier = &mut state.connections.own_prices[0].price.tiers[0];
        (tier.input_per_million, tier.output_per_million) = ("3.75".parse().unwrap(), "15".parse().unwrap());
        (tier.cached_input_per_million, tier.cache_write_per_million) = (Some("0.375".parse().unwrap()), Some("3.75".parse().unwrap()));
        let mut window = still(state, Theme::Light, size);
        window.get_by_label("Timeouts, reasoning, headers, note").click();
        window.run_ok();
        let buttons: Vec<(Option<String>, Rect)> =
            window.get_all_by_role(Role::Button).map(|node| (node.accesskit_node().label(), node.rect())).collect();
        assert!(buttons.len() > 15, "{buttons:?}");
        let outside: Vec<_> = buttons.iter().filter(|(_, rect)| rect.left() < 0.0 || rect.right() > size[0]).collect();
        assert!(outside.is_empty(), "{outside:?}");
        let standing = window.get_by_label("own price").rect();
        let remove = window.get_by_label("Remove your price of qwen-max").rect();
        assert!(standing.width() > 40.0 && standing.right() <= remove.left(), "{standing:?}, {remove:?}");
        for unit in ["at once", "per minute", "tokens per minute"] {
            let unit = window.get_by_label(unit).rect();
            assert!(unit.right() <= size[0] && unit.height() < 31.0, "{unit:?}");
        }
    }
}

#[test]
fn the_scroll_bar_of_a_popover_has_room_beside_what_it_holds() {
    let mut harness = Harness::builder().with_size([400.0, 300.0]).with_context_setup(theme::install).build_ui_state(
        |ui, room: &mut f32| {
            let button = ui.button("Open");
            popover(&button, "Tall", 200.0, |ui| {
                ui.set_height(1_000.0);
                let viewport = ui.stack().iter().find(|around| around.kind() == Some(UiKind::ScrollArea)).unwrap();
                *room = viewport.max_rect.right() - ui.max_rect().right();
            });
        },
        0.0,
    );
    harness.get_by_label("Open").click();
    harness.run();
    let bar = harness.ctx.global_style().spacing.scroll.bar_width;
    assert!(*harness.state() > bar + 2.0, "{} beside a bar of {bar}", harness.state());
}
