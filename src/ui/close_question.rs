//! Asks before closing the window stops what runs or loses what was typed.

use eframe::egui::{Context, Id};

use crate::app::AppState;

use super::cx::Cx;
use super::screens::Views;
use super::widgets::{PushButton, Sheet, visible};

/// What closing would stop or lose.
pub(super) struct AtStake<'a> {
    run: bool,
    /// Names of the connections whose form has edits that are not saved.
    edited: Vec<&'a str>,
    /// A connection that is not added yet.
    adding: bool,
}

impl<'a> AtStake<'a> {
    /// By what the window shows.
    pub(super) fn of(state: &'a AppState, views: &Views) -> Self {
        let connections = state.connections.list.iter().filter(|connection| views.connections.is_edited(connection.id));
        Self {
            run: state.runs.live.is_some(),
            edited: connections.map(|connection| connection.name.as_str()).collect(),
            adding: views.connections.is_adding(),
        }
    }

    /// It can be closed without a question.
    pub(super) fn is_nothing(&self) -> bool {
        !self.run && !self.loses_edits()
    }

    fn loses_edits(&self) -> bool {
        !self.edited.is_empty() || self.adding
    }

    fn title(&self) -> &'static str {
        match (self.run, self.loses_edits()) {
            (true, true) => "A run is in flight, and edits are not saved",
            (true, false) => "A run is in flight",
            (false, _) => "Edits are not saved",
        }
    }

    fn words(&self) -> Vec<String> {
        let run = "Closing stops it. Answers that have come are kept, requests in flight are cancelled, and the next start offers to send the rest.";
        let mut words: Vec<String> = self.run.then(|| run.to_owned()).into_iter().collect();
        let names: Vec<String> = self.edited.iter().map(|name| format!("“{}”", visible(name).text)).collect();
        if !names.is_empty() {
            words.push(format!("What was changed at {} in Connections is lost unless it is saved there.", names.join(", ")));
        }
        if self.adding {
            words.push("The connection that is being added is lost unless it is added.".to_owned());
        }
        words
    }
}

/// Asks; true when the window shall close.
pub(super) fn close_question(cx: &Cx<'_>, views: &mut Views, ctx: &Context) -> bool {
    if !views.close_question {
        return false;
    }
    let at_stake = AtStake::of(cx.state, views);
    if at_stake.is_nothing() {
        views.close_question = false;
        return true;
    }
    let (close, stay) = if at_stake.run { ("Stop and close", "Keep running") } else { ("Close without saving", "Stay") };
    let answer = Sheet::new(Id::unique("close-question"), at_stake.title()).width(440.0).show(
        ctx,
        |ui| {
            for words in at_stake.words() {
                ui.label(words);
            }
        },
        |ui| {
            let close = ui.add(PushButton::danger(close)).clicked();
            (close, ui.add(PushButton::secondary(stay)))
        },
    );
    let (close, stay) = answer.foot;
    if answer.opened {
        stay.request_focus();
    }
    views.close_question = !(close || stay.clicked() || answer.closed);
    close
}
