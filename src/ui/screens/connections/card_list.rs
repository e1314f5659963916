//! The connections as cards: name, role, host, key, and what the last check said.

use eframe::egui::{Id, Label, ScrollArea, Ui};

use super::form::plain_http_badge;
use super::words::{check_words, host_words, key_is_lacking, key_words};
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, ConnectionId};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{Mark, SelectCard, badge, mark, role_badge, simulated_badge, visible};

/// Draws the cards; `is_edited` says which have edits that are not saved.
pub(super) fn card_list(cx: &Cx<'_>, ui: &mut Ui, selected: Option<ConnectionId>, is_edited: impl Fn(ConnectionId) -> bool) {
    let tokens = ui.tokens();
    ScrollArea::vertical().id_salt("connections").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        for connection in &cx.state.connections.list {
            let card = SelectCard::new(Id::unique(("connection card", connection.id)), &connection.name, selected == Some(connection.id));
            let response = card.show(ui, |ui| content(cx, ui, connection, is_edited(connection.id))).response;
            if response.clicked() {
                cx.send(Command::Connections(ConnectionCommand::Select(connection.id)));
            }
        }
    });
}

fn content(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, edited: bool) {
    let tokens = ui.tokens();
    let connections = &cx.state.connections;
    ui.horizontal(|ui| {
        let badges = if connection.is_simulated() { 88.0 } else { 62.0 } + if edited { 56.0 } else { 0.0 };
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - badges).max(60.0));
            ui.add(Label::new(strong(visible(&connection.name).text, tokens)).truncate());
        });
        if connection.is_simulated() {
            simulated_badge(ui);
        } else {
            role_badge(ui, connection.role);
        }
        if edited {
            badge(ui, "edited");
        }
    });
    let key = connections.key_states.get(&connection.id);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.xs;
        if key_is_lacking(key) {
            mark(ui, Mark::Failed);
        }
        plain_http_badge(ui, connection);
        let ink = if key_is_lacking(key) { tokens.bad } else { tokens.text2 };
        // The host gives way first: where the key is says whether anything works.
        let key = key_words(key);
        let key_width = 7.0 * key.chars().count() as f32;
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - key_width).max(80.0));
            ui.add(Label::new(small(visible(&host_words(connection)).text, tokens).color(tokens.text2)).truncate());
        });
        ui.add(Label::new(small(format!("· {}", visible(&key).text), tokens).color(ink)).truncate());
    });
    let (sign, words) = check_words(connections.checks.get(&connection.id), cx.state.now);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.xs;
        mark(ui, sign);
        let ink = if sign == Mark::Waiting { tokens.text3 } else { sign.color(tokens) };
        ui.add(Label::new(small(visible(&words).text, tokens).color(ink)).truncate());
    });
}
