//! What a newcomer sees first: three doors.

use eframe::egui::{self, Align, FontId, Key, Layout, Ui, UiBuilder, vec2};

use crate::app::{BenchCommand, Command, ConnectionCommand, ExchangeCommand};
use crate::ui::cx::Cx;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::text::{heading, quiet, small, title};
use crate::ui::theme::{HasTokens as _, Tokens};
use crate::ui::widgets::{Card, PushButton, picture, progress_line, visible};

use super::bench::add_connection;
use super::screen_frame::screen_frame;

/// Size of a door, and the gap between two, points.
const DOOR: egui::Vec2 = vec2(300.0, 206.0);
const GAP: f32 = 18.0;
/// Line height of a door's sentence, points.
const SENTENCE_LINE: f32 = 18.0;
/// Height of everything together: it stands a little above the middle.
const WHOLE_HEIGHT: f32 = 330.0;

/// Room for the words of the link, points.
const LINK_WIDTH: f32 = 60.0;

/// Draws the screen.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui) {
    screen_frame(
        ui,
        "Bench",
        |_| (),
        |_| (),
        |ui| {
            let tokens = ui.tokens();
            egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                ui.with_layout(Layout::top_down(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.y = tokens.gap.s;
                    ui.add_space(((ui.available_height() - WHOLE_HEIGHT) * 0.48).max(tokens.gap.xl));
                    ui.label(title("Which model deserves this workload?", tokens));
                    ui.add(
                        egui::Label::new(quiet(
                            "Send the same prompts to several models at once; compare answers, latency and cost.",
                            tokens,
                        ))
                        .wrap(),
                    );
                    ui.add_space(tokens.gap.xl);
                    doors(cx, ui);
                    ui.add_space(tokens.gap.xl);
                    in_environment(cx, ui);
                });
            });
        },
    );
}

/// A narrow door needs room for a line more.
fn door_height(width: f32) -> f32 {
    if width < 270.0 { DOOR.y + SENTENCE_LINE } else { DOOR.y }
}

/// A door: where it leads, and the button that opens it.
fn door(ui: &mut Ui, width: f32, outlined: bool, icon: Icon, name: &str, sentence: &str, button: impl FnOnce(&mut Ui)) {
    let tokens = ui.tokens();
    let size = vec2(width, door_height(width));
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let mut ui = ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect).layout(Layout::top_down(Align::Min)));
    Card::new().outlined(outlined).padding(egui::Margin { left: 24, right: 20, top: 22, bottom: 20 }).show(&mut ui, |ui| {
        ui.set_min_size(size - vec2(44.0, 42.0));
        ui.set_max_size(size - vec2(44.0, 42.0));
        ui.spacing_mut().item_spacing.y = tokens.gap.s;
        picture(ui, icon, 24.0, tokens.accent);
        ui.label(heading(name, tokens));
        ui.add(egui::Label::new(quiet(sentence, tokens).line_height(Some(SENTENCE_LINE))).wrap());
        ui.with_layout(Layout::bottom_up(Align::Min), button);
    });
}

fn doors(cx: &Cx<'_>, ui: &mut Ui) {
    let width = ((ui.available_width() - 2.0 * GAP - 48.0) / 3.0).clamp(200.0, DOOR.x);
    ui.allocate_ui_with_layout(vec2(3.0 * width + 2.0 * GAP, door_height(width)), Layout::left_to_right(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        let sentence = "Three simulated models answer ten prompts, inside this program. No key, no network.";
        door(ui, width, true, icons::BENCH, "Try the demo", sentence, |ui| demo_button(cx, ui));
        let sentence = "OpenAI, Alibaba, DeepSeek, a relay, or a server on this computer. Kept in the system keychain.";
        door(ui, width, false, icons::CONNECTIONS, "Add a key", sentence, |ui| {
            if ui.add(PushButton::secondary("Add a connection…")).clicked() {
                add_connection(cx);
            }
        });
        let sentence = "CSV, TSV, JSON, JSONL or promptfoo YAML. Or drop a file anywhere in this window.";
        door(ui, width, false, icons::SETS, "Import prompts", sentence, |ui| {
            if ui.add(PushButton::secondary("Choose files…")).clicked() {
                cx.send(Command::Exchange(ExchangeCommand::BeginImport));
                cx.send(Command::Exchange(ExchangeCommand::BrowseImport));
            }
        });
    });
}

fn demo_button(cx: &Cx<'_>, ui: &mut Ui) {
    if cx.state.demo_starting || cx.state.bench.starting {
        ui.add_enabled(false, PushButton::primary("Starting the demo…"));
        progress_line(ui, "Starting the demo", None);
        return;
    }
    let clicked = ui.add(PushButton::primary("Run the demo").shortcut("⏎")).clicked();
    let free = ui.memory(|memory| memory.focused().is_none()) && cx.state.exchange.import.is_none();
    if clicked || (free && ui.input(|input| input.modifiers.is_none() && input.key_pressed(Key::Enter))) {
        cx.send(Command::Bench(BenchCommand::RunDemo));
    }
}

fn in_environment(cx: &Cx<'_>, ui: &mut Ui) {
    let keys = &cx.state.connections.in_environment;
    if keys.is_empty() {
        return;
    }
    let tokens: &Tokens = ui.tokens();
    let found: Vec<String> = keys.iter().map(|key| format!("{} {}", visible(&key.variable).text, key.masked)).collect();
    let words = small(format!("Found in your environment: {}", found.join(", ")), tokens);
    let width = ui.painter().layout_no_wrap(words.text().to_owned(), FontId::proportional(tokens.text.small), tokens.text3).size().x;
    let room = vec2((width + tokens.gap.s + LINK_WIDTH).min(ui.available_width()), tokens.row.compact);
    let clicked = ui
        .allocate_ui_with_layout(room, Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
            ui.add(egui::Label::new(words).wrap());
            ui.add(egui::Link::new(small("Use them", tokens).color(tokens.accent)))
        })
        .inner
        .on_hover_text("Adds their connections; the keys stay in the environment")
        .clicked();
    if clicked {
        let keys = keys.iter().map(|key| (key.preset_id.clone(), key.variable.clone())).collect();
        cx.send(Command::Connections(ConnectionCommand::AddFromEnvironment(keys)));
    }
}
