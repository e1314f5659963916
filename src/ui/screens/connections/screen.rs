//! The screen: its top bar, the cards, the details, and what stands there while there is nothing.

use eframe::egui::{CentralPanel, Context, Frame, Margin, Panel, Ui};

use super::add_sheet::AddSheet;
use super::card_list::card_list;
use super::details::Details;
use super::environment_sheet::EnvironmentSheet;
use super::remove_sheet::remove_sheet;
use crate::app::{Command, ConnectionCommand};
use crate::domain::ConnectionId;
use crate::ui::cx::Cx;
use crate::ui::screens::screen_frame::screen_frame;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::widgets::{EmptyState, PushButton, progress_line};

/// What the screen remembers for itself.
#[derive(Default)]
pub(crate) struct ConnectionsScreen {
    details: Details,
    add: AddSheet,
    environment: EnvironmentSheet,
    /// The connection that is about to be removed.
    removing: Option<ConnectionId>,
}

impl ConnectionsScreen {
    /// Draws the screen.
    pub(crate) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let mut from_environment = false;
        let Self { details, removing, .. } = self;
        screen_frame(
            ui,
            "Connections",
            |_| (),
            |ui| {
                if ui.add(PushButton::primary("Add connection").icon(icons::PLUS)).clicked() {
                    cx.send(Command::Connections(ConnectionCommand::BeginAdd));
                }
                from_environment = ui.add(PushButton::secondary("Import from environment…")).clicked();
            },
            |ui| content(cx, ui, details, removing),
        );
        self.environment.is_open |= from_environment;
        self.environment.show(cx, ui.ctx());
        if let Some(connection) = self.removing.and_then(|id| cx.state.connections.find(id))
            && !remove_sheet(cx, ui.ctx(), connection)
        {
            self.removing = None;
        }
    }

    /// Something was typed to add a connection.
    pub(crate) fn is_adding(&self) -> bool {
        self.add.is_filled()
    }

    /// A connection's form has edits that are not saved.
    pub(crate) fn is_edited(&self, id: ConnectionId) -> bool {
        self.details.is_edited(id)
    }

    /// Draws the sheet that adds a connection, over whichever screen is in view.
    pub(crate) fn show_add_sheet(&mut self, cx: &Cx<'_>, ctx: &Context) {
        self.add.show(cx, ctx);
    }
}

fn content(cx: &Cx<'_>, ui: &mut Ui, details: &mut Details, removing: &mut Option<ConnectionId>) {
    let connections = &cx.state.connections;
    if !cx.state.ready {
        progress_line(ui, "Reading the archive", None);
        return;
    }
    let Some(shown) = connections.selected.and_then(|id| connections.find(id)).or_else(|| connections.list.first()) else {
        let words = "A connection is a place to send prompts: a provider, a relay, or a server of your own, with its key.";
        if EmptyState::new(icons::CONNECTIONS, "No connections yet", words).action("Add a connection…").show(ui) {
            cx.send(Command::Connections(ConnectionCommand::BeginAdd));
        }
        return;
    };
    let tokens = ui.tokens();
    let width = (ui.available_width() * 0.28).clamp(250.0, 370.0);
    Panel::left("connection-cards")
        .exact_size(width)
        .resizable(false)
        .show_separator_line(true)
        .frame(Frame::new().inner_margin(Margin::same(tokens.gap.m as i8)))
        .show(ui, |ui| card_list(cx, ui, Some(shown.id), |id| details.is_edited(id)));
    CentralPanel::no_frame().show(ui, |ui| {
        if details.show(cx, ui, shown) {
            *removing = Some(shown.id);
        }
    });
}
