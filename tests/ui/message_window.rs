//! The window that says why the program does not go on.

#![expect(clippy::unwrap_used, reason = "a message that cannot be made fails its test")]

use assay::app::backend::{OpenError, ProgramFault, WorldConfig, open_world};
use assay::platform::{LockError, Places, WindowLock};
use assay::ui::{Message, MessageWindow, WindowError, theme};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// The window, and whether it asked to be closed.
type Window = Harness<'static, (MessageWindow, bool)>;

fn window(message: Message, theme: Theme) -> Window {
    let mut harness = Harness::builder().with_size([480.0, 240.0]).with_theme(theme).with_context_setup(theme::install).build_ui_state(
        |ui, (window, closed): &mut (MessageWindow, bool)| *closed |= window.draw(ui),
        (MessageWindow::new(message), false),
    );
    harness.run();
    harness
}

fn already_open() -> Message {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::locate(Some(folder.path())).unwrap();
    let _first = WindowLock::acquire(&places).unwrap();
    let config = WorldConfig { window: true, process_hooks: false, ..WorldConfig::new(Some(folder.path().to_owned())) };
    let Err(refused) = open_world(config) else { panic!("a second window was let in") };
    Message::of(&WindowError::Open(refused)).unwrap()
}

#[test]
fn a_second_window_says_what_happened_and_what_to_do() {
    for theme in [Theme::Dark, Theme::Light] {
        let window = window(already_open(), theme);
        window.get_by_label("Assay is already open");
        window.get_by_label_contains("use that window or close it");
        assert!(window.get_by_role_and_label(Role::Button, "Close").accesskit_node().is_focused());
        assert!(!window.state().1);
    }
}

#[test]
fn it_is_closed_by_click_enter_and_escape() {
    let closes: [fn(&mut Window); 3] =
        [|window| window.get_by_label("Close").click(), |window| window.key_press(Key::Enter), |window| window.key_press(Key::Escape)];
    for close in closes {
        let mut window = window(already_open(), Theme::Dark);
        close(&mut window);
        window.run();
        assert!(window.state().1);
    }
}

#[test]
fn an_archive_that_cannot_be_opened_and_a_fault_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("assay.db"), "not a database, but long enough to look like one".repeat(40)).unwrap();
    let config = WorldConfig { window: true, process_hooks: false, ..WorldConfig::new(Some(folder.path().to_owned())) };
    let Err(refused) = open_world(config) else { panic!("that is no archive") };
    let shown = window(Message::of(&WindowError::Open(refused)).unwrap(), Theme::Light);
    shown.get_by_label("The archive cannot be opened");
    shown.get_by_label_contains("choose another data folder");

    let shown = window(Message::of_fault(&ProgramFault { report: Some("/tmp/crash-1.txt".into()) }), Theme::Dark);
    shown.get_by_label("Assay had to close");
    shown.get_by_label_contains("stays on this computer unless you send it: /tmp/crash-1.txt");
}

#[test]
fn without_a_display_there_is_no_second_window_to_say_so() {
    assert_eq!(Message::of(&WindowError::Display), None);
    assert_eq!(Message::of(&WindowError::Fault(ProgramFault { report: None })), None);
    let locked = LockError::Failed { source: std::io::ErrorKind::Unsupported.into(), path: "/net/window.lock".into() };
    assert!(Message::of(&WindowError::Open(OpenError::Lock(locked))).is_some());
}
