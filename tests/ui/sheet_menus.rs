//! Menus in sheets open over their sheet, the second time as the first, however fast the clicks are.

use assay::app::{AppState, ColumnRole, Command, ExchangeCommand};
use egui::accesskit::Role;
use egui::{Event, Modifiers, Order, PointerButton, Pos2, Theme};
use egui_kittest::kittest::Queryable as _;

use crate::gallery::{Gallery, Page};
use crate::window::{SIZES, Window, still};
use crate::{connections_state, kit, sets_state};

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::default() }
}

/// A click of which both halves come in one frame, as they do where a frame takes long.
fn click_within_a_frame(window: &mut Window, role: Role, label: &str) {
    let pos = window.get_by_role_and_label(role, label).rect().center();
    window.hover_at(pos);
    window.run_steps(2);
    window.input_mut().events.extend([button(pos, true), button(pos, false)]);
    window.run_steps(4);
}

fn click(window: &mut Window, role: Role, label: &str) {
    window.get_by_role_and_label(role, label).click();
    window.run_steps(4);
}

/// Opens the menu called `menu` again and again, each time over the sheet, and chooses by clicking.
fn choose_in_turn(window: &mut Window, menu: &str, choices: &[&str], mut arrived: impl FnMut(&mut Window, &str)) {
    let mut orders = Vec::new();
    for click in [click, click_within_a_frame] {
        for choice in choices {
            click(window, Role::ComboBox, menu);
            let item = window.get_by_role_and_label(Role::MenuItemRadio, choice).rect().center();
            let on_top = window.ctx.layer_id_at(item);
            let sheet = window.ctx.memory(|memory| memory.top_modal_layer());
            assert_ne!(on_top, sheet, "{menu}: {choice} is under the sheet");
            click(window, Role::MenuItemRadio, choice);
            assert!(window.query_by_role_and_label(Role::MenuItemRadio, choice).is_none(), "{menu} is still open");
            arrived(window, choice);
            orders.push((sheet.map(|layer| layer.order), on_top.map(|layer| layer.order)));
        }
    }
    // By their kind, and not by which came last.
    assert!(orders.iter().all(|orders| *orders == (Some(Order::Middle), Some(Order::Foreground))), "{menu}: {orders:?}");
}

fn chosen(window: &Window, menu: &str) -> Option<String> {
    window.get_by_role_and_label(Role::ComboBox, menu).value()
}

fn adding(provider: &str, size: [f32; 2]) -> Window {
    let mut state = connections_state::empty();
    state.connections.adding = true;
    let mut window = still(state, Theme::Dark, size);
    window.get_by_role_and_label(Role::SearchInput, "Filter providers").type_text(provider);
    window.run_steps(4);
    let card = window
        .query_by_role_and_label(Role::ListBoxOption, provider)
        .unwrap_or_else(|| window.get_by_role_and_label(Role::ListBoxOption, "By hand…"));
    card.click();
    // The sheet finds its new size and place.
    window.run_steps(8);
    window
}

#[test]
fn a_wire_format_is_chosen_in_the_sheet_that_adds_a_connection() {
    let mut window = adding("none of them", SIZES[1]);
    let choices = ["Anthropic Messages", "Gemini", "OpenAI chat completions"];
    choose_in_turn(&mut window, "Wire format", &choices, |window, choice| {
        assert_eq!(chosen(window, "Wire format").as_deref(), Some(choice));
    });
}

#[test]
fn a_region_is_chosen_in_the_sheet_that_adds_a_connection() {
    let mut window = adding("Alibaba Model Studio", SIZES[1]);
    choose_in_turn(&mut window, "Region", &["Beijing", "Virginia"], |window, choice| {
        assert_eq!(chosen(window, "Region").as_deref(), Some(choice));
    });
}

#[test]
fn what_a_column_is_taken_as_is_chosen_in_the_import_sheet() {
    let importing: fn() -> AppState = || sets_state::importing("q.csv", b"question;answer\nWhy is the sky blue?;It scatters.\n");
    let mut window = still(importing(), Theme::Light, SIZES[1]);
    let menu = "Column question is taken as";
    choose_in_turn(&mut window, menu, &["Prompt", "System"], |window, choice| match &window.state().take_wishes()[..] {
        [Command::Exchange(ExchangeCommand::Remap(mapping))] => {
            assert_eq!(mapping.roles[0], if choice == "Prompt" { ColumnRole::Prompt } else { ColumnRole::System });
        }
        other => panic!("{other:?}"),
    });
}

/// A sheet over a menu that is open when it comes: the menu goes.
#[test]
fn a_sheet_closes_what_was_open_under_it() {
    let mut harness = kit::harness(Gallery::new(Page::Bench), Theme::Dark);
    harness.get_by_label("Prompt set").click();
    harness.run();
    harness.get_by_label("Contracts · v1");
    harness.state_mut().sheet = true;
    harness.run();
    assert!(harness.query_by_label("Contracts · v1").is_none());
}
