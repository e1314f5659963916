//! The Settings screen.

use assay::app::{AppState, BenchCommand, Command, PreferenceCommand, Screen};
use assay::domain::ThemeChoice;
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::sets_state as states;
use crate::window::{press, settles, still};

fn settings() -> AppState {
    states::on(Screen::Settings, states::full(2))
}

#[test]
fn it_settles_at_every_size_in_both_themes() {
    settles(&[settings], |window| {
        window.get_by_role_and_label(Role::TextInput, "Vantage");
    });
}

#[test]
fn each_setting_is_wished_for() {
    let mut harness = still(settings(), Theme::Dark, [1000.0, 1800.0]);
    harness.get_by_role_and_label(Role::RadioButton, "Light").click();
    harness.run_steps(3);
    let wishes = harness.state().take_wishes();
    assert!(matches!(wishes[..], [Command::Preferences(PreferenceCommand::SetTheme(ThemeChoice::Light))]));
    assert!(matches!(press(&mut harness, "More: Zoom")[..], [Command::Preferences(PreferenceCommand::SetZoom(110))]));
    let wishes = press(&mut harness, "Fewer: Requests at once");
    assert!(matches!(wishes[..], [Command::Preferences(PreferenceCommand::SetEngine { concurrency: 15, retries: 5 })]));
    let wishes = press(&mut harness, "More: Retries");
    assert!(matches!(wishes[..], [Command::Preferences(PreferenceCommand::SetEngine { concurrency: 16, retries: 6 })]));
    harness.get_by_role_and_label(Role::TextInput, "Vantage").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Vantage").type_text("office");
    harness.run_steps(2);
    match &harness.state().take_wishes()[..] {
        [Command::Preferences(PreferenceCommand::SetVantage(vantage))] => assert_eq!(vantage, "office"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_demo_is_run_again() {
    let mut harness = still(settings(), Theme::Dark, [1000.0, 2000.0]);
    assert!(matches!(press(&mut harness, "Run the demo")[..], [Command::Bench(BenchCommand::RunDemo)]));
    let mut starting = settings();
    starting.demo_starting = true;
    let harness = still(starting, Theme::Dark, [1000.0, 2000.0]);
    assert!(harness.get_by_label("Starting the demo…").accesskit_node().is_disabled());
}

#[test]
fn it_says_which_hosts_are_contacted_and_where_things_are() {
    let harness = still(settings(), Theme::Light, [1000.0, 1800.0]);
    for host in ["api.openai.com", "api.holysheep.ai", "127.0.0.1", "inside this program"] {
        harness.get_by_label(host);
    }
    harness.get_by_label("OpenAI, OpenAI, team key");
    harness.get_by_label("/home/ada/.local/share/assay");
    harness.get_by_label(env!("CARGO_PKG_VERSION"));
    harness.get_by_label("Copy the path of the data folder");
}
