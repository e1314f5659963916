//! Addresses that can be asked on request, what is sent to them, and what came of it.

use egui::{Label, Ui};

use super::buttons::named;
use super::view::DoctorView;
use crate::analysis::{format_ms, probe_words};
use crate::app::{Command, DoctorCommand};
use crate::domain::{KeySource, Origin, Probe, ProbeOutcome, ProbeResult};
use crate::ui::cx::Cx;
use crate::ui::theme::icons;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{PushButton, key_value, visible};

const KEY_WIDTH: f32 = 88.0;

/// Draws the probes of a diagnosis.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui, view: &DoctorView<'_>) {
    let tokens = ui.tokens();
    let probes = &view.diagnosis.probes;
    ui.add_space(tokens.gap.s);
    ui.add(Label::new(text::small(offer(view), tokens)).wrap());
    let round = cx.state.doctor.rounds.get(&view.patient);
    let running = round.is_some_and(|round| round.running);
    let ask = |key_elsewhere| Command::Doctor(DoctorCommand::Probe { patient: view.patient, key_elsewhere });
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        let label = match (running, probes.len()) {
            (true, _) => "Asking…",
            (false, 1) => "Ask it",
            (false, _) => "Ask them",
        };
        let name = named("Ask nearby addresses", view.of);
        if ui.add_enabled(!running, PushButton::secondary(label).name(&name).icon(icons::SEARCH).compact()).clicked() {
            cx.send(ask(false));
        }
        if has_key(view) && probes.iter().any(|probe| is_elsewhere(view, probe)) {
            let name = named("Ask nearby addresses with the key", view.of);
            let button = PushButton::quiet("Ask them with the key").name(&name).compact();
            let hint = format!("Sends the key to {} too: only if you trust them with it", elsewhere(view).join(", "));
            if ui.add_enabled(!running, button).on_hover_text(hint).clicked() {
                cx.send(ask(true));
            }
        }
    });
    for result in round.into_iter().flat_map(|round| &round.results) {
        row(ui, result);
    }
}

/// What would be asked, and what is sent.
fn offer(view: &DoctorView<'_>) -> String {
    let asked: Vec<String> = view.diagnosis.probes.iter().map(|probe| visible(&probe.base_url).text.into_owned()).collect();
    let elsewhere = elsewhere(view);
    let key = match (has_key(view), elsewhere.is_empty()) {
        (false, _) => "No key is sent.".to_owned(),
        (true, true) => format!("The key goes along, to {} only.", view.connection.host()),
        (true, false) => "No key is sent, unless you say so: it was saved for another address.".to_owned(),
    };
    format!("Nearby addresses can be asked for their model list, which costs nothing: {}. {key}", asked.join(", "))
}

fn has_key(view: &DoctorView<'_>) -> bool {
    view.connection.key_source != KeySource::None
}

fn is_elsewhere(view: &DoctorView<'_>, probe: &Probe) -> bool {
    Origin::of(&probe.base_url) != Origin::of(&view.connection.base_url)
}

/// Hosts of other origins than the connection's.
fn elsewhere(view: &DoctorView<'_>) -> Vec<String> {
    let others = view.diagnosis.probes.iter().filter(|probe| is_elsewhere(view, probe));
    let mut hosts: Vec<String> = others.filter_map(|probe| Some(Origin::of(&probe.base_url).ok()?.host)).collect();
    hosts.dedup();
    hosts
}

fn row(ui: &mut Ui, result: &ProbeResult) {
    let sign = match result.outcome {
        ProbeOutcome::Listed(_) => "✓",
        ProbeOutcome::WantsKey(_) if !result.key_sent => "·",
        _ => "✗",
    };
    let words = format!("{sign} {} · {}", visible(&probe_words(result)).text, format_ms(result.took_ms as f64));
    key_value(ui, KEY_WIDTH, &result.probe.name, words);
}
