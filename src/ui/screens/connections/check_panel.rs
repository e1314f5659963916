//! The check of a connection: its steps as a waterfall, what it cost, and for a failure the cause and the buttons that mend it.

use eframe::egui::{Align, Label, Layout, Ui};

use super::words::{cost_words, report_text, step_definition, step_words, steps_of};
use crate::analysis::{format_counted, format_ms};
use crate::app::{CheckState, Command, ConnectionCommand, ModelList};
use crate::domain::{CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, Failure, Remedy};
use crate::ui::cx::Cx;
use crate::ui::local_time::how_long_ago;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{mono, small, strong};
use crate::ui::widgets::{
    Alert, Card, Emphasis, IconButton, Level, Mark, MenuButton, PushButton, TextField, WaterfallStep, bar, menu_item, visible,
    waterfall_row,
};

/// What the panel asks of the details around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckWish {
    /// Type the key again.
    ReenterKey,
    /// Show the list of models.
    ShowModels,
}

/// Models in the menu beside the field; the list below has all.
const MENU_MODELS: usize = 40;

/// Draws the panel. `model` is the text of the field that names the model to ask; `unsaved` says that edits are not part of a check.
pub(super) fn check_panel(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, model: &mut String, unsaved: bool) -> Option<CheckWish> {
    let tokens = ui.tokens();
    let connections = &cx.state.connections;
    let nothing = CheckState::default();
    let check = connections.checks.get(&connection.id).unwrap_or(&nothing);
    let report = check.report.as_deref().filter(|_| !check.running);
    Card::new()
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = tokens.gap.xs;
            head(cx, ui, connection, check, model);
            ui.add(Label::new(small(head_words(cx, connection, check, report, unsaved), tokens).color(tokens.text2)).wrap());
            let steps = report.map_or(check.steps.as_slice(), |report| report.steps.as_slice());
            if check.running || !steps.is_empty() {
                ui.add_space(tokens.gap.xs);
                ui.spacing_mut().item_spacing.y = 0.0;
                waterfall(ui, connection, steps, check.running, report.and_then(|report| report.model.as_deref()));
                ui.spacing_mut().item_spacing.y = tokens.gap.xs;
            }
            report.and_then(|report| verdict(cx, ui, connection, report))
        })
        .inner
}

fn head(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, check: &CheckState, model: &mut String) {
    let tokens = ui.tokens();
    let known = match cx.state.connections.models.get(&connection.id) {
        Some(ModelList::Known(models)) => models.as_slice(),
        _ => &[],
    };
    bar(ui, |ui| {
        ui.label(strong("Check", tokens));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = match (check.running, check.report.is_some()) {
                (true, _) => "Checking…",
                (false, true) => "Check again",
                (false, false) => "Check",
            };
            if ui.add_enabled(!check.running, PushButton::secondary(label).name("Check")).clicked() {
                let model = Some(model.trim().to_owned()).filter(|model| !model.is_empty());
                cx.send(Command::Connections(ConnectionCommand::Check { id: connection.id, model }));
            }
            if !known.is_empty() {
                MenuButton::new("Models", Emphasis::Quiet).name("Models to ask").show(ui, |ui| {
                    for offered in known.iter().take(MENU_MODELS) {
                        if menu_item(ui, None, &visible(offered).text, Some(offered == model)).clicked() {
                            model.clone_from(offered);
                        }
                    }
                });
            }
            let hint =
                connection.last_model.as_deref().map_or_else(|| "asks the first it lists".to_owned(), |model| format!("asks {model}"));
            let width = (ui.available_width() - tokens.gap.s).min(220.0);
            TextField::new(model, "Model to ask").mono().hint(&hint).char_limit(200).width(width).show(ui);
        });
    });
}

fn head_words(cx: &Cx<'_>, connection: &Connection, check: &CheckState, report: Option<&CheckReport>, unsaved: bool) -> String {
    let mut words = match report {
        _ if check.running => "Resolving, connecting, listing models, and one answer of at most 16 tokens".to_owned(),
        None => "Resolves, connects, lists the models and asks for one answer of at most 16 tokens".to_owned(),
        Some(report) => {
            let price = report.model.as_deref().and_then(|model| cx.state.price_of(connection, model));
            format!("{} · {}", how_long_ago(report.at, cx.state.now), cost_words(report, price.as_ref().map(|price| &price.currency)))
        }
    };
    if unsaved {
        words.push_str(" · checks what is saved, without your edits");
    }
    words
}

fn waterfall(ui: &mut Ui, connection: &Connection, steps: &[CheckStep], running: bool, model: Option<&str>) {
    let end_ms = |step: &CheckStep| (step.started_us + step.took_us) as f64 / 1e3;
    let so_far_ms = steps.iter().map(end_ms).fold(0.0, f64::max);
    // While it runs, the step under way takes room of its own at the end.
    let total_ms = if running { so_far_ms * 1.4 + 1.0 } else { so_far_ms };
    for step in steps {
        ui.push_id(("step", step.kind.label()), |ui| ended_step(ui, step, total_ms, model));
    }
    if !running {
        return;
    }
    let left: Vec<CheckStepKind> = steps_of(connection).into_iter().filter(|kind| steps.iter().all(|step| step.kind != *kind)).collect();
    for (index, kind) in left.into_iter().enumerate() {
        let (mark, result, took_ms) = if index == 0 { (Mark::Running, "…", total_ms - so_far_ms) } else { (Mark::Waiting, "", 0.0) };
        let name = step_words(kind, None);
        ui.push_id(("step", kind.label()), |ui| {
            waterfall_row(ui, &WaterfallStep { mark, name: &name, started_ms: so_far_ms, took_ms, result }, total_ms);
        });
    }
}

fn ended_step(ui: &mut Ui, step: &CheckStep, total_ms: f64, model: Option<&str>) {
    let name = step_words(step.kind, model);
    let took_ms = step.took_us as f64 / 1e3;
    let (mark, result) = match &step.outcome {
        CheckOutcome::Passed => (Mark::Finished, format_ms(took_ms)),
        CheckOutcome::Failed(failure) => (Mark::Failed, failure.kind.label().to_owned()),
        CheckOutcome::Skipped(_) => (Mark::Cancelled, "skipped".to_owned()),
    };
    let row = WaterfallStep { mark, name: &visible(&name).text, started_ms: step.started_us as f64 / 1e3, took_ms, result: &result };
    let response = waterfall_row(ui, &row, total_ms);
    match &step.outcome {
        CheckOutcome::Passed => {
            response.on_hover_text(step_definition(step.kind));
        }
        CheckOutcome::Failed(failure) => {
            response.on_hover_text(format!("{} ({})", visible(&failure.message).text, format_ms(took_ms)));
        }
        CheckOutcome::Skipped(reason) => {
            response.on_hover_text(visible(reason).text);
        }
    }
}

fn verdict(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, report: &CheckReport) -> Option<CheckWish> {
    let tokens = ui.tokens();
    let Some(cause) = &report.cause else {
        // All is well; what the relay says about the model that answered stays a claim.
        if let Some(claim) = report.model.as_deref().and_then(|model| claim_of(cx, connection, model)) {
            ui.add_space(tokens.gap.s);
            Alert::new(Level::Info, "Who answered is a claim").text(&claim).show(ui);
        }
        return None;
    };
    ui.add_space(tokens.gap.s);
    let mut words = report.advice.clone().unwrap_or_default();
    for remedy in &report.remedies {
        if let Remedy::UseModel(model) = remedy
            && let Some(claim) = claim_of(cx, connection, model)
        {
            words = format!("{words} {claim}.");
        }
    }
    let (cause, words) = (visible(cause).text, visible(&words).text);
    let wish = Alert::new(Level::Bad, &cause).text(&words).show_with(ui, |ui| remedy_buttons(cx, ui, connection, report)).inner;
    if report.remedies.contains(&Remedy::StartServer) {
        start_row(cx, ui, connection);
    }
    if let Some(failure) = answered_failure(report).filter(|failure| !cause.contains(&failure.message) && !words.contains(&failure.message))
    {
        ui.horizontal(|ui| {
            ui.add_space(tokens.gap.l);
            ui.add(Label::new(small(visible(&failure.message).text, tokens)).selectable(true).wrap());
        });
    }
    wish
}

/// The failure of a step that the server had a part in: its message holds what the server said.
fn answered_failure(report: &CheckReport) -> Option<&Failure> {
    report.steps.iter().find_map(|step| match (step.kind, &step.outcome) {
        (CheckStepKind::Models | CheckStepKind::Answer, CheckOutcome::Failed(failure)) => Some(failure),
        _ => None,
    })
}

/// How the server on this computer is started, as text to copy: nothing is started from here.
fn start_row(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
    let Some(command) = cx.state.presets.start_command(connection) else { return };
    let tokens = ui.tokens();
    bar(ui, |ui| {
        ui.add_space(tokens.gap.l);
        ui.label(small("To start it", tokens));
        ui.add(Label::new(mono(&command, tokens)).selectable(true).truncate());
        if ui.add(IconButton::new(icons::COPY, "Copy the command that starts the server").small()).clicked() {
            ui.ctx().copy_text(command.clone());
        }
        if command.contains("MODEL") {
            ui.add(Label::new(small("MODEL stands for yours", tokens)).truncate());
        }
    });
}

fn claim_of(cx: &Cx<'_>, connection: &Connection, model: &str) -> Option<String> {
    let entry = cx.state.catalog.find(&connection.price_host(), model)?;
    entry.claim.as_ref().map(|claim| claim.replace('`', ""))
}

fn remedy_buttons(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, report: &CheckReport) -> Option<CheckWish> {
    let mut wish = None;
    // The server is started outside of this program; the row below says how.
    let remedies = report.remedies.iter().filter(|remedy| **remedy != Remedy::StartServer);
    for (index, remedy) in remedies.enumerate() {
        let emphasis = if index == 0 { Emphasis::Primary } else { Emphasis::Secondary };
        let label = match remedy {
            Remedy::UseModel(model) => format!("Use {}", visible(model).text),
            Remedy::UseBaseUrl(url) => format!("Use {}", visible(url).text),
            Remedy::ReenterKey => "Enter the key again…".to_owned(),
            Remedy::Retry(_) | Remedy::StartServer => "Try again".to_owned(),
        };
        let mut button = ui.push_id(("remedy", index), |ui| ui.add(PushButton::new(&label, emphasis).max_width(380.0))).inner;
        if let Remedy::Retry(Some(seconds)) = remedy {
            button = button.on_hover_text(format!("The server asked to wait {}", format_counted(*seconds, "second", "seconds")));
        }
        if !button.clicked() {
            continue;
        }
        match remedy {
            Remedy::ReenterKey => wish = Some(CheckWish::ReenterKey),
            remedy => cx.send(Command::Connections(ConnectionCommand::Apply { id: connection.id, remedy: remedy.clone() })),
        }
    }
    if !report.models.is_empty() {
        let label = match report.models.len() {
            1 => "Show its one model".to_owned(),
            count => format!("Show all {count} models"),
        };
        if ui.add(PushButton::secondary(&label)).clicked() {
            wish = Some(CheckWish::ShowModels);
        }
    }
    if ui.add(PushButton::quiet("Copy report for support")).clicked() {
        ui.ctx().copy_text(report_text(connection, report));
    }
    wish
}
