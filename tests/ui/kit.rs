//! The kit: every widget settles in both themes, has a name, and does what it says.

use assay::domain::ThemeChoice;
use assay::ui::theme;
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::gallery::{Gallery, Page};

pub(crate) fn harness(gallery: Gallery, theme: Theme) -> Harness<'static, Gallery> {
    let mut harness = Harness::builder()
        .with_size([1600.0, 1000.0])
        .with_theme(theme)
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(|ui, gallery: &mut Gallery| gallery.ui(ui), gallery);
    harness.run();
    harness
}

#[test]
fn every_page_settles_in_both_themes() {
    for theme in [Theme::Dark, Theme::Light] {
        for page in Page::ALL {
            let mut harness = harness(Gallery::new(page), theme);
            harness.run();
            harness.get_by_label("Settings");
        }
    }
}

#[test]
fn buttons_are_pressed_by_mouse_and_by_key() {
    let mut harness = harness(Gallery::new(Page::Connections), Theme::Dark);
    harness.get_by_label("Use qwen-max").click();
    harness.run();
    harness.get_by_label("Run").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_role_and_label(Role::ListBoxOption, "Alibaba Model Studio").click();
    harness.run();
    assert_eq!(harness.state().pressed, ["remedy", "run", "card"]);
}

#[test]
fn one_of_several_is_chosen() {
    let mut harness = harness(Gallery::new(Page::Bench), Theme::Light);
    harness.get_by_role_and_label(Role::Tab, "Summary").click();
    harness.get_by_role_and_label(Role::RadioButton, "Raw").click();
    harness.run();
    assert_eq!((harness.state().tab, harness.state().view), (2, 2));
    harness.get_by_label("Remove GPT-4.1 · OpenAI").click();
    harness.run();
    assert_eq!(harness.state().pressed, ["removed"]);
}

#[test]
fn a_menu_opens_and_closes_on_a_choice() {
    let mut harness = harness(Gallery::new(Page::Bench), Theme::Dark);
    assert!(harness.query_by_label("Contracts · v1").is_none());
    harness.get_by_label("Prompt set").click();
    harness.run();
    harness.get_by_label("Contracts · v1");
    harness.get_by_role_and_label(Role::MenuItemRadio, "Support replies · v3").click();
    harness.run();
    assert_eq!(harness.state().pressed, ["set"]);
    assert!(harness.query_by_label("Contracts · v1").is_none());
}

#[test]
fn a_dropdown_takes_the_choice() {
    let mut harness = harness(Gallery::new(Page::Connections), Theme::Dark);
    harness.get_by_role_and_label(Role::ComboBox, "Wire format").click();
    harness.run();
    harness.get_by_label("Other").click();
    harness.run();
    assert_eq!(harness.state().wire, 1);
}

#[test]
fn a_stepper_stays_within_its_range() {
    let mut harness = harness(Gallery::new(Page::Connections), Theme::Dark);
    for _ in 0..3 {
        harness.get_by_label("Fewer: Repeats").click();
        harness.run();
    }
    assert_eq!(harness.state().repeats, 1);
    harness.get_by_label("More: Repeats").click();
    harness.run();
    assert_eq!(harness.state().repeats, 2);
}

#[test]
fn text_is_typed_into_the_field_of_that_name() {
    let mut harness = harness(Gallery::new(Page::Parts), Theme::Dark);
    harness.get_by_label("Search cases").focus();
    harness.run();
    harness.get_by_label("Search cases").type_text("refund");
    harness.run();
    assert_eq!(harness.state().search, "refund");
    harness.get_by_label("Clear: Search cases").click();
    harness.run();
    assert_eq!(harness.state().search, "");
}

#[test]
fn a_key_is_told_to_nobody() {
    let mut harness = harness(Gallery::new(Page::Connections), Theme::Dark);
    harness.get_by_role_and_label(Role::PasswordInput, "Key").focus();
    harness.run();
    harness.get_by_role_and_label(Role::PasswordInput, "Key").type_text("-typed");
    harness.run();
    assert!(harness.state().key.contains("-typed"));
    let told: Vec<_> =
        harness.root().children_recursive().flat_map(|node| [node.accesskit_node().label(), node.value()]).flatten().collect();
    assert!(!told.iter().any(|text| text.contains("canary") || text.contains("typed")), "the accessibility tree holds the key");
    let id = egui::Id::unique("the key");
    assay::ui::widgets::forget_typed(&harness.ctx, id);
    let state = egui::text_edit::TextEditState::load(&harness.ctx, id).unwrap();
    let current = (state.cursor.char_range().unwrap_or_default(), harness.state().key.clone());
    assert!(!state.undoer().has_undo(&current), "the undo history is gone");
}

#[test]
fn a_sheet_is_announced_and_closed_by_escape() {
    let mut gallery = Gallery::new(Page::Empty);
    gallery.sheet = true;
    let mut harness = harness(gallery, Theme::Light);
    harness.get_by_label("New key");
    harness.get_by_label("Add connection");
    assert_eq!(harness.state().pressed, ["opened"]);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().sheet);
    assert!(harness.query_by_label("New key").is_none());
}

#[test]
fn a_notice_offers_its_action_and_goes_by_itself() {
    let mut harness = harness(Gallery::new(Page::Empty).with_toasts(), Theme::Dark);
    harness.get_by_label("Undo").click();
    harness.run_steps(2);
    assert_eq!(harness.state().pressed, ["undo"]);
    assert!(harness.query_all_by_label_contains("Exported 600 trials").count() > 0);
    harness.remove_cursor();
    // A quarter of a second each; five seconds and the fade are over after that.
    harness.run_steps(24);
    assert!(harness.query_all_by_label_contains("Exported 600 trials").count() == 0);
    assert!(harness.state().toasts.is_empty());
}

#[test]
fn a_point_of_a_chart_opens_its_run() {
    let mut harness = harness(Gallery::new(Page::Charts), Theme::Dark);
    let plot = harness.get_by_label_contains("Chart: Time to first token (ms · p50 solid").rect();
    harness.hover_at(plot.center());
    harness.run();
    harness.get_by_label("Click to open the run");
    harness.drag_at(plot.center());
    harness.run();
    harness.drop_at(plot.center());
    harness.run();
    assert_eq!(harness.state().pressed, ["point"]);
    harness.get_all_by_label("Save picture: Time to first token").next().unwrap().click();
    harness.run();
    assert_eq!(harness.state().pressed, ["point", "save"]);
}

#[test]
fn every_chart_with_axes_tells_its_values_to_the_keyboard() {
    let mut harness = harness(Gallery::new(Page::Charts), Theme::Dark);
    for (chart, told) in [
        ("Chart: Time to first token (ms · share", "Chart: Time to first token: 30 ms or less: "),
        ("Chart: Total time against cost (", "Chart: Total time against cost: Qwen3-Max · official: up "),
    ] {
        harness.get_by_label_contains(chart).focus();
        harness.run();
        harness.key_press(Key::ArrowRight);
        harness.run();
        let named: Vec<String> = harness
            .root()
            .children_recursive()
            .filter_map(|node| node.accesskit_node().label())
            .filter(|label| label.starts_with("Chart: "))
            .collect();
        assert!(named.iter().any(|label| label.starts_with(told)), "{named:?}");
    }
    harness.get_by_label("Qwen3-Max · official: $0.81, n = 200");
}

#[test]
fn hostile_answers_are_shown_for_what_they_are() {
    let harness = harness(Gallery::new(Page::Parts), Theme::Dark);
    harness.get_by_label_contains("a<U+202E>b");
    harness.get_by_label_contains("the paper (arxiv.test)");
    harness.get_by_label_contains("[picture: chart · track.test, not loaded]");
}

#[test]
fn the_choice_of_theme_and_zoom_is_followed() {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    theme::apply_choice(&ctx, ThemeChoice::Light, 5);
    one_frame(&ctx);
    assert_eq!((ctx.theme(), ctx.zoom_factor()), (Theme::Light, 0.5));
    theme::apply_choice(&ctx, ThemeChoice::Dark, 125);
    one_frame(&ctx);
    assert_eq!((ctx.theme(), ctx.zoom_factor()), (Theme::Dark, 1.25));
}

fn one_frame(ctx: &egui::Context) {
    ctx.run_ui(egui::RawInput::default(), |_| ()).textures_delta.clear();
}
