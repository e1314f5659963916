//! The check of a connection: its steps as a waterfall, what it cost, and for a failure the cause and the buttons that mend it.

use eframe::egui::{Align, Label, Layout, Ui};

use super::words::{cost_words, step_definition, step_words, steps_of};
use crate::analysis::format_ms;
use crate::app::{CheckState, Command, ConnectionCommand, ModelList, Patient};
use crate::domain::{CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, Remedy};
use crate::ui::cx::Cx;
use crate::ui::local_time::how_long_ago;
use crate::ui::screens::doctor::DoctorView;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{
    Alert, Card, Emphasis, Level, Mark, MenuButton, PushButton, TextField, WaterfallStep, bar, menu_item, visible, waterfall_row,
};

/// What the panel asks of the details around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckWish {
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
    let patient = Patient::Check(connection.id);
    let Some(diagnosis) = cx.state.diagnosis_of(patient) else {
        // All is well; what the relay says about the model that answered stays a claim.
        if let Some(claim) = report.model.as_deref().and_then(|model| claim_of(cx, connection, model)) {
            ui.add_space(tokens.gap.s);
            Alert::new(Level::Info, "Who answered is a claim").text(&claim).show(ui);
        }
        return None;
    };
    ui.add_space(tokens.gap.s);
    let view = DoctorView { patient, diagnosis, connection, of: "" };
    let wish = view.show(cx, ui, |ui| models_button(ui, report));
    for remedy in &diagnosis.remedies {
        if let Remedy::UseModel(model) = remedy
            && let Some(claim) = claim_of(cx, connection, model)
        {
            ui.add(Label::new(small(format!("{claim}."), tokens).color(tokens.text2)).wrap());
        }
    }
    wish
}

fn claim_of(cx: &Cx<'_>, connection: &Connection, model: &str) -> Option<String> {
    let entry = cx.state.catalog.find(&connection.price_host(), model)?;
    entry.claim.as_ref().map(|claim| claim.replace('`', ""))
}

fn models_button(ui: &mut Ui, report: &CheckReport) -> Option<CheckWish> {
    let label = match report.models.len() {
        0 => return None,
        1 => "Show its one model".to_owned(),
        count => format!("Show all {count} models"),
    };
    ui.add(PushButton::secondary(&label).compact()).clicked().then_some(CheckWish::ShowModels)
}
