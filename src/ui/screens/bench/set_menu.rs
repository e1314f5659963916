//! The menu of prompt sets.

use eframe::egui::{ScrollArea, Ui};

use crate::analysis::format_counted;
use crate::app::{BenchCommand, Command, ExchangeCommand, PromptCommand, Prompts, Screen};
use crate::domain::{PromptSetHead, PromptSetKind};
use crate::ui::cx::Cx;
use crate::ui::theme::icons;
use crate::ui::widgets::{Emphasis, MenuButton, menu_item, visible};

/// What the scratch set is called.
pub(super) const COMPOSER: &str = "Composer";

/// The name of a set with its version, as menus and bars show it.
pub(super) fn set_words(head: &PromptSetHead) -> String {
    match head.kind {
        PromptSetKind::Scratch => COMPOSER.to_owned(),
        PromptSetKind::Listed | PromptSetKind::Sample | PromptSetKind::File => format!("{} · v{}", visible(&head.name).text, head.version),
    }
}

/// A name that no set has yet.
fn free_name(prompts: &Prompts) -> String {
    let taken = |name: &str| prompts.listed().any(|head| head.name.eq_ignore_ascii_case(name));
    let wanted = "New set";
    if !taken(wanted) {
        return wanted.to_owned();
    }
    (2u32..=u32::MAX).map(|n| format!("{wanted} {n}")).find(|name| !taken(name)).unwrap_or_default()
}

/// Draws the button and its menu. Names wider than `max_width` points end in an ellipsis.
pub(super) fn set_menu(cx: &Cx<'_>, max_width: f32, ui: &mut Ui) {
    let prompts = &cx.state.prompts;
    let current = cx.state.bench.set_id;
    let head =
        current.and_then(|id| prompts.open.get(&id).map(|set| &set.head).or_else(|| prompts.heads.iter().find(|head| head.id == id)));
    let label = head.map_or_else(|| "Loading…".to_owned(), set_words);
    MenuButton::new(&label, Emphasis::Secondary).name("Prompt set").max_width(max_width).show(ui, |ui| {
        if let Some(scratch) = prompts.scratch()
            && menu_item(ui, None, COMPOSER, Some(current == Some(scratch.id))).clicked()
        {
            cx.send(Command::Bench(BenchCommand::ChooseSet(scratch.id)));
        }
        ScrollArea::vertical().max_height(ui.spacing().combo_height).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for listed in prompts.listed() {
                let label = format!("{} · {}", set_words(listed), format_counted(listed.case_count.into(), "case", "cases"));
                let clicked = ui.push_id(listed.id, |ui| menu_item(ui, None, &label, Some(current == Some(listed.id))).clicked()).inner;
                if clicked {
                    cx.send(Command::Bench(BenchCommand::ChooseSet(listed.id)));
                }
            }
        });
        ui.separator();
        if menu_item(ui, Some(icons::UPLOAD), "Import…", None).clicked() {
            cx.send(Command::Exchange(ExchangeCommand::BeginImport));
        }
        if menu_item(ui, Some(icons::PLUS), "New set", None).clicked() {
            cx.send(Command::Prompts(PromptCommand::Create { name: free_name(prompts) }));
        }
        let free = !cx.state.demo_starting && cx.state.runs.live.is_none();
        if ui.add_enabled_ui(free, |ui| menu_item(ui, Some(icons::PLAY), "Run the demo", None).clicked()).inner {
            cx.send(Command::Bench(BenchCommand::RunDemo));
        }
        if menu_item(ui, Some(icons::SETS), "Manage sets", None).clicked() {
            cx.send(Command::Go(Screen::Sets));
        }
    });
}
