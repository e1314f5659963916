//! A few pictures of the window, dark and light. Linux with software Vulkan is the truth; without any adapter these tests fail.
//! After a change that was meant: `UPDATE_SNAPSHOTS=1 cargo test --features snapshots --test ui snapshots`, and look at them.

use egui::Theme;
use egui_kittest::SnapshotOptions;

use assay::app::AppState;
use assay::ui::Shell;

use crate::window::{SIZES, builder};
use crate::{bench_state, connections_state, history_state, run_state};

/// Pixels that may differ, because of other driver versions.
const MOST_OTHER_PIXELS: usize = 400;

fn picture(name: &str, theme: Theme, state: AppState) {
    let mut harness = builder(theme, SIZES[1]).wgpu().build_ui_state(|ui, shell: &mut Shell| shell.draw(ui), Shell::detached(state));
    harness.run_ok();
    harness.snapshot_options(name, &SnapshotOptions::new().max_failed_pixels(MOST_OTHER_PIXELS));
}

// One picture a test: the harness counts its pictures by test.

#[test]
fn first_run_dark() {
    picture("first-run-dark", Theme::Dark, bench_state::first(Vec::new()));
}

#[test]
fn first_run_light() {
    picture("first-run-light", Theme::Light, bench_state::first(Vec::new()));
}

#[test]
fn answers_dark() {
    picture("answers-dark", Theme::Dark, run_state::state_of(run_state::judged()));
}

#[test]
fn answers_light() {
    picture("answers-light", Theme::Light, run_state::state_of(run_state::judged()));
}

#[test]
fn history_dark() {
    picture("history-dark", Theme::Dark, history_state::full());
}

#[test]
fn connections_light() {
    picture("connections-light", Theme::Light, connections_state::full());
}
