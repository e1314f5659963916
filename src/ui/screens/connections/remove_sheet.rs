//! Asks before a connection is removed.

use eframe::egui::{Context, Id, Label};

use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, KeySource};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::quiet;
use crate::ui::widgets::{PushButton, Sheet, visible};

/// Draws the question. False when it was answered.
pub(super) fn remove_sheet(cx: &Cx<'_>, ctx: &Context, connection: &Connection) -> bool {
    let name = visible(&connection.name).text;
    let headline = format!("Remove {name}?");
    let tokens = ctx.tokens();
    let shown = Sheet::new(Id::unique("remove connection"), &headline).width(460.0).show(
        ctx,
        |ui| {
            for words in consequences(cx, connection) {
                ui.add(Label::new(quiet(words, tokens)).wrap());
            }
        },
        |ui| {
            let remove = ui.add(PushButton::danger("Remove").name("Remove the connection")).clicked();
            (remove, ui.add(PushButton::secondary("Cancel")))
        },
    );
    let (remove, cancel) = shown.foot;
    if shown.opened {
        // Not the button that destroys.
        cancel.request_focus();
    }
    if remove {
        cx.send(Command::Connections(ConnectionCommand::Remove(connection.id)));
    }
    !(remove || cancel.clicked() || shown.closed)
}

fn consequences(cx: &Cx<'_>, connection: &Connection) -> Vec<String> {
    let mut told = vec![match &connection.key_source {
        KeySource::Keychain => "Its key is erased from the system keychain. This cannot be undone.".to_owned(),
        KeySource::Session => "Its key is forgotten. This cannot be undone.".to_owned(),
        KeySource::Environment(variable) => format!("The environment variable ${variable} stays as it is."),
        KeySource::None => "It has no key.".to_owned(),
    }];
    let targets = cx.state.bench.targets.iter().filter(|target| target.connection_id == connection.id).count();
    if targets > 0 {
        told.push(match targets {
            1 => "One target on the Bench uses it and cannot run without it.".to_owned(),
            count => format!("{count} targets on the Bench use it and cannot run without it."),
        });
    }
    told.push("History keeps its name, and every answer and number that came from it.".to_owned());
    told
}
