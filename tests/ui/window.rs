//! The window over a made-up state, with nothing behind it.

use assay::app::{AppState, Command};
use assay::ui::{Shell, theme};
use egui::{Theme, Ui, Vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};

pub(crate) type Window = Harness<'static, Shell>;

/// The smallest window, a usual one and a large one.
pub(crate) const SIZES: [[f32; 2]; 3] = [[900.0, 600.0], [1000.0, 700.0], [1600.0, 1000.0]];

/// What every window of the tests has.
pub(crate) fn builder(theme: Theme, size: impl Into<Vec2>) -> HarnessBuilder<Shell> {
    Harness::builder().with_size(size).with_theme(theme).with_max_steps(24).with_context_setup(theme::install)
}

fn opened(state: AppState, theme: Theme, size: impl Into<Vec2>, draw: impl FnMut(&mut Ui, &mut Shell) + 'static) -> Window {
    let mut window = builder(theme, size).build_ui_state(draw, Shell::detached(state));
    window.run_ok();
    window
}

/// The window over `state`; wishes are kept.
pub(crate) fn still(state: AppState, theme: Theme, size: impl Into<Vec2>) -> Window {
    let window = opened(state, theme, size, |ui, shell| shell.draw(ui));
    let _opening = window.state().take_wishes();
    window
}

/// The window over `state`, in which wishes are done as far as the mind alone can do them.
pub(crate) fn alive(state: AppState, theme: Theme, size: impl Into<Vec2>) -> Window {
    opened(state, theme, size, |ui, shell| {
        shell.advance(ui.ctx());
        shell.draw(ui);
    })
}

/// Presses what is called `label`, lets the window settle, and gives what was wished by that.
pub(crate) fn press(window: &mut Window, label: &str) -> Vec<Command> {
    let _before = window.state().take_wishes();
    window.get_by_label(label).click();
    window.run_steps(4);
    window.state().take_wishes()
}

/// Every one of `states` comes to rest, at every size and in both themes; `looks` at each.
pub(crate) fn settles(states: &[fn() -> AppState], looks: impl Fn(&Window)) {
    for theme in [Theme::Dark, Theme::Light] {
        for size in SIZES {
            for state in states {
                let mut window = still(state(), theme, size);
                window.run();
                looks(&window);
            }
        }
    }
}
