//! What is the real limit? Its cost first, then rung by rung, then what was found.

use eframe::egui::{Align, Label, Layout, Ui};

use crate::analysis::capitalised;
use crate::app::{
    Command, ConnectionCommand, RAMP_CEILINGS, RampForecast, RampState, USUAL_RAMP_CEILING, bound_words, outcome_words, rung_words,
};
use crate::domain::{Connection, FoundBound, FoundLimit, Money, RampOutcome};
use crate::ui::cx::Cx;
use crate::ui::local_time::how_long_ago;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{Card, FormRow, PushButton, TextField, bar, segmented, visible};

/// What the panel remembers for itself.
pub(super) struct RampPanel {
    is_open: bool,
    model: String,
    ceiling: u32,
}

impl Default for RampPanel {
    fn default() -> Self {
        Self { is_open: false, model: String::new(), ceiling: USUAL_RAMP_CEILING }
    }
}

impl RampPanel {
    /// Draws it. Gives what was found when that shall be the connection's limit.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) -> Option<FoundBound> {
        let tokens = ui.tokens();
        let ramp = cx.state.connections.ramps.get(&connection.id);
        let running = ramp.filter(|ramp| ramp.end.is_none());
        let mut wish = None;
        Card::new().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = tokens.gap.xs;
            bar(ui, |ui| {
                ui.label(strong("Real limit", tokens));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(ramp) = running {
                        stop_button(cx, ui, connection, ramp);
                    } else {
                        wish = self.buttons(ui, connection);
                    }
                });
            });
            let words = match (running, &connection.found_limit) {
                (Some(ramp), _) => format!("Asking {}, more and more at once", ramp.model),
                (None, Some(found)) => found_words(cx, found),
                (None, None) => {
                    "Not known. Tiny requests, more and more at once, show where refusals begin; the forecast uses it".to_owned()
                }
            };
            ui.add(Label::new(small(visible(&words).text, tokens).color(tokens.text2)).wrap());
            if running.is_none() && self.is_open {
                self.question(cx, ui, connection);
            } else if let Some(ramp) = ramp {
                climbed(cx, ui, connection, ramp);
            }
        });
        wish
    }

    /// What can be done while nothing runs.
    fn buttons(&mut self, ui: &mut Ui, connection: &Connection) -> Option<FoundBound> {
        let found = connection.found_limit.as_ref();
        let label = if found.is_some() { "Find it again…" } else { "Find it…" };
        if !self.is_open && ui.add(PushButton::secondary(label).name("Find the real limit")).clicked() {
            self.is_open = true;
            let known = found.map(|found| &found.model).or(connection.last_model.as_ref());
            self.model = known.cloned().unwrap_or_default();
        }
        let bound = found.map(|found| found.bound).filter(|bound| can_be_set(connection, *bound))?;
        ui.add(PushButton::quiet("Use as limit")).clicked().then_some(bound)
    }

    /// What it costs, and whether it shall be sent.
    fn question(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
        let tokens = ui.tokens();
        ui.add_space(tokens.gap.xs);
        FormRow::new("Model").show(ui, |ui| {
            TextField::new(&mut self.model, "Model of the ramp").mono().hint("the model to ask").char_limit(200).width(300.0).show(ui);
        });
        FormRow::new("Up to, at once").show(ui, |ui| {
            let ceilings = RAMP_CEILINGS.map(|ceiling| (ceiling, ceiling.to_string()));
            let options: Vec<(u32, &str)> = ceilings.iter().map(|(ceiling, words)| (*ceiling, words.as_str())).collect();
            segmented(ui, "Requests at once, at most", &mut self.ceiling, &options);
        });
        let model = self.model.trim();
        let price = cx.state.price_of(connection, model);
        let cost = capitalised(&RampForecast::new(price.as_ref(), self.ceiling).words());
        let hindrance = cx.state.hindrance_of(connection.id);
        let words = match &hindrance {
            Some(hindrance) => hindrance.words(),
            None if model.is_empty() => "Name the model to ask".to_owned(),
            None => format!("{cost}. It stops at the first refusal"),
        };
        FormRow::new("").show(ui, |ui| {
            let ready = hindrance.is_none() && !model.is_empty() && !cx.state.connections.ramps() && cx.state.runs.live.is_none();
            if ui.add_enabled(ready, PushButton::primary("Send them").name("Send the ramp's requests")).clicked() {
                let asked = ConnectionCommand::Ramp { id: connection.id, model: model.to_owned(), ceiling: self.ceiling };
                cx.send(Command::Connections(asked));
                self.is_open = false;
            }
            if ui.add(PushButton::quiet("Not now")).clicked() {
                self.is_open = false;
            }
            ui.add(Label::new(small(words, tokens).color(tokens.text2)).wrap());
        });
    }
}

fn stop_button(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, ramp: &RampState) {
    let label = if ramp.stopping { "Stopping…" } else { "Stop" };
    if ui.add_enabled(!ramp.stopping, PushButton::secondary(label).name("Stop looking for the limit")).clicked() {
        cx.send(Command::Connections(ConnectionCommand::StopRamp(connection.id)));
    }
}

/// The connection has no such limit, or another one.
fn can_be_set(connection: &Connection, bound: FoundBound) -> bool {
    match bound {
        FoundBound::AtOnce(most) => connection.limits.max_in_flight != Some(most),
        FoundBound::PerMinute(most) => connection.limits.max_per_minute != Some(most),
        FoundBound::NotBelow(_) => false,
    }
}

fn found_words(cx: &Cx<'_>, found: &FoundLimit) -> String {
    format!("{} · found {} with {}", capitalised(&bound_words(found.bound)), how_long_ago(found.at, cx.state.now), found.model)
}

/// The rungs, and how it ended.
fn climbed(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, ramp: &RampState) {
    let tokens = ui.tokens();
    for rung in &ramp.rungs {
        let ink = if rung.refused > 0 { tokens.warn } else { tokens.text2 };
        ui.label(small(rung_words(rung), tokens).color(ink));
    }
    let Some(end) = &ramp.end else {
        ui.label(small(if ramp.stopping { "stopping…" } else { "asking…" }, tokens));
        return;
    };
    let price = cx.state.price_of(connection, &ramp.model);
    let cost = end.cost.zip(price).map(|(amount, price)| Money { amount, currency: price.currency });
    let requests = crate::analysis::format_counted(end.requests.into(), "request", "requests");
    let spent = match cost {
        Some(cost) if cost.amount.is_zero() => "nothing was charged".to_owned(),
        Some(cost) => format!("at most {cost}"),
        None => "cost unknown".to_owned(),
    };
    let ink = if matches!(end.outcome, RampOutcome::Failed(_)) { tokens.bad } else { tokens.text1 };
    // What was found stands above.
    let words = match &end.outcome {
        RampOutcome::Found(_) => format!("Sent {requests}, {spent}"),
        other => format!("{} · {requests}, {spent}", capitalised(&outcome_words(other))),
    };
    ui.add(Label::new(small(visible(&words).text, tokens).color(ink)).wrap());
}
