//! The buttons of a diagnosis.

use egui::Ui;

use super::view::DoctorView;
use crate::analysis::format_ms;
use crate::app::{Command, DoctorCommand, Patient};
use crate::domain::{KeySource, Remedy};
use crate::ui::cx::Cx;
use crate::ui::theme::icons;
use crate::ui::widgets::{Emphasis, PushButton, visible};

/// The longest button, points.
const WIDEST: f32 = 380.0;
/// What a button has around its words, points.
const PADDING: f32 = 20.0;

/// One button a remedy, then the report. A trial can be sent again whatever the remedies are, unless that would ask where nothing is any more.
pub(super) fn remedies(cx: &Cx<'_>, ui: &mut Ui, view: &DoctorView<'_>) {
    let is_check = matches!(view.patient, Patient::Check(_));
    // The server is started outside of this program; a row below says how.
    let moved = view.moved_words(cx).is_some() && cx.state.doctor.seconds_left(view.patient, cx.state.now).is_none();
    let asks_again =
        |remedy: &Remedy| matches!(remedy, Remedy::Retry(_) | Remedy::UseWire { .. } | Remedy::UseBaseUrl(_) | Remedy::UseRegion { .. });
    let shown = view.diagnosis.remedies.iter().filter(|remedy| **remedy != Remedy::StartServer && !(moved && asks_again(remedy)));
    for (index, remedy) in shown.enumerate() {
        // In a grid of answers nothing shall shout.
        let emphasis = if index == 0 && is_check { Emphasis::Primary } else { Emphasis::Secondary };
        one(cx, ui, view, remedy, emphasis);
    }
    let has_retry = view.diagnosis.remedies.iter().any(|remedy| matches!(remedy, Remedy::Retry(_)));
    if !is_check && !has_retry && !moved {
        one(cx, ui, view, &Remedy::Retry(None), Emphasis::Secondary);
    }
    let name = named("Copy report for support", view.of);
    let button = PushButton::quiet("Copy report for support").name(&name).icon(icons::COPY).compact();
    if ui.add(button).on_hover_text("Times, request id, headers and the request, without the key and without your texts").clicked() {
        cx.send(Command::Doctor(DoctorCommand::CopyReport(view.patient)));
    }
}

fn one(cx: &Cx<'_>, ui: &mut Ui, view: &DoctorView<'_>, remedy: &Remedy, emphasis: Emphasis) {
    if let Remedy::Retry(seconds) = remedy {
        return retry(cx, ui, view, *seconds, emphasis);
    }
    let (label, hint) = words(view, remedy);
    let name = named(&label, view.of);
    let button = PushButton::new(&label, emphasis).name(&name).max_width(WIDEST.min(ui.max_rect().width() - PADDING)).compact();
    if ui.add(button).on_hover_text(hint).clicked() {
        cx.send(Command::Doctor(DoctorCommand::Apply { patient: view.patient, remedy: remedy.clone() }));
    }
}

/// What a button says, and what it will do.
fn words(view: &DoctorView<'_>, remedy: &Remedy) -> (String, String) {
    let name = visible(&view.connection.name).text;
    let is_check = matches!(view.patient, Patient::Check(_));
    match remedy {
        Remedy::UseModel(model) => {
            let then = if is_check { "Saves it as the model to ask, and checks again" } else { "Puts it into the targets of the next run" };
            (format!("Use {}", visible(model).text), then.to_owned())
        }
        Remedy::UseBaseUrl(url) => {
            let then = if is_check { ", and checks again" } else { "; the next run goes there" };
            (format!("Use {}", visible(url).text), format!("Saves it as the base URL of {name}{then}"))
        }
        Remedy::UseWire { wire, base_url } => {
            let then = if is_check { ", and checks again" } else { "; the next run is asked so" };
            (format!("Speak {}", wire.label()), format!("Saves it in {name}, at {}{then}", visible(base_url).text))
        }
        Remedy::UseRegion { region, base_url } => {
            let kept = matches!(view.connection.key_source, KeySource::Keychain | KeySource::Session);
            let (dots, then) =
                if kept { ("…", "; paste the key there: it is sent only where it was saved for") } else { ("", " as its base URL") };
            (format!("Switch to {region}{dots}"), format!("Puts {base_url} into {name}{then}"))
        }
        Remedy::ReenterKey => ("Enter the key again…".to_owned(), format!("Opens {name}")),
        Remedy::ListModels => ("Ask for its models".to_owned(), format!("One request to {name}, which costs nothing")),
        Remedy::LowerConcurrency(1) => ("Send one at a time".to_owned(), format!("Saves it as a limit of {name}; can be undone")),
        Remedy::LowerConcurrency(most) => (format!("Send at most {most} at once"), format!("Saves it as a limit of {name}; can be undone")),
        Remedy::RaiseTimeout { timeout, to_ms } => {
            let to = format_ms(*to_ms as f64);
            (format!("Raise timeout to {to}"), format!("Saves it as the {} of {name}; can be undone", timeout.label()))
        }
        Remedy::DropStreamOptions => ("Send no stream_options".to_owned(), format!("Saves it in {name}; can be undone")),
        Remedy::Retry(_) | Remedy::StartServer => (String::new(), String::new()),
    }
}

fn retry(cx: &Cx<'_>, ui: &mut Ui, view: &DoctorView<'_>, seconds: Option<u64>, emphasis: Emphasis) {
    let is_check = matches!(view.patient, Patient::Check(_));
    let again = if is_check { "Try again" } else { "Send again" };
    if let Some(left) = cx.state.doctor.seconds_left(view.patient, cx.state.now) {
        let label = format!("Stop waiting ({left} s)");
        let name = named("Stop waiting", view.of);
        if ui.add(PushButton::secondary(&label).name(&name).icon(icons::CLOCK).compact()).clicked() {
            cx.send(Command::Doctor(DoctorCommand::StopWaiting(view.patient)));
        }
        return;
    }
    let free = is_check || (cx.state.runs.live.is_none() && !cx.state.bench.starting);
    let wait = seconds.filter(|_| !view.is_over(cx, seconds));
    let (label, hint) = match wait {
        Some(seconds) => (format!("Wait {seconds} s, then {}", again.to_lowercase()), "Counted from the failure, as the server asked"),
        None => (again.to_owned(), "Sends this one request again"),
    };
    let name = named(again, view.of);
    let button = PushButton::new(&label, emphasis).name(&name).icon(icons::RETRY).compact();
    if ui.add_enabled(free, button).on_hover_text(hint).on_disabled_hover_text("A run is in flight").clicked() {
        cx.send(Command::Doctor(DoctorCommand::Apply { patient: view.patient, remedy: Remedy::Retry(seconds) }));
    }
}

pub(super) fn named(label: &str, of: &str) -> String {
    if of.is_empty() { label.to_owned() } else { format!("{label}: {of}") }
}
