//! `assay connection check`: step by step, with times, what it cost, and for a failure the cause and what to do.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::analysis::format_ms;
use crate::app::{Command, ConnectionCommand, ConnectionFact, Fact};
use crate::domain::{CheckOutcome, CheckReport, CheckStep, Diagnosis, Money};

use super::connection::find;
use super::diagnosis::{diagnosis_json, diagnosis_lines};
use super::error::CliError;
use super::exit::Exit;
use super::outputs::number;
use super::session::Session;
use super::table::{Align, Table};
use super::terminal_text::one_line;

/// Checks a connection, with this model or the usual one.
pub(super) fn check(session: &mut Session<'_>, name: &str, model: Option<String>) -> Result<Exit, CliError> {
    let connection = find(session, name)?;
    let effects = session.wish(Command::Connections(ConnectionCommand::Check { id: connection.id, model }));
    let report = session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::Checked(report)) => Some(Ok(report.clone())),
        _ => None,
    })?;
    // What was heard is folded in by now.
    let diagnosis = session.state.connections.checks.get(&connection.id).and_then(|check| check.diagnosis.clone());
    let diagnosis = diagnosis.as_deref();
    let price = report.model.as_deref().and_then(|model| session.state.price_of(&connection, model));
    let cost = report.cost.zip(price).map(|(amount, price)| Money { amount, currency: price.currency });
    session.console.answer(
        || report_json(&connection.name, &report, cost.as_ref(), diagnosis),
        || report_text(&connection.name, &report, cost.as_ref(), diagnosis),
    );
    Ok(if report.passed() { Exit::Done } else { Exit::Error })
}

fn step_json(step: &CheckStep) -> Value {
    let (outcome, kind, message) = match &step.outcome {
        CheckOutcome::Passed => ("passed", None, None),
        CheckOutcome::Failed(failure) => ("failed", Some(failure.kind.as_str()), Some(&failure.message)),
        CheckOutcome::Skipped(reason) => ("skipped", None, Some(reason)),
    };
    json!({
        "step": step.kind,
        "outcome": outcome,
        "took_ms": step.took_us as f64 / 1e3,
        "error_kind": kind,
        "message": message,
    })
}

fn report_json(name: &str, report: &CheckReport, cost: Option<&Money>, diagnosis: Option<&Diagnosis>) -> Value {
    json!({
        "connection": name,
        "passed": report.passed(),
        "model": report.model,
        "steps": report.steps.iter().map(step_json).collect::<Vec<_>>(),
        "models": report.models.len(),
        "cost": cost.map(|cost| cost.amount).or_else(|| report.cost.filter(Decimal::is_zero)).and_then(number),
        "currency": cost.map(|cost| cost.currency.code()),
        "cause": diagnosis.map(|diagnosis| &diagnosis.happened),
        "advice": diagnosis.map(|diagnosis| &diagnosis.to_do),
        "diagnosis": diagnosis.map(diagnosis_json),
    })
}

fn report_text(name: &str, report: &CheckReport, cost: Option<&Money>, diagnosis: Option<&Diagnosis>) -> String {
    let mut table = Table::new([(name, Align::Left), ("", Align::Left), ("Time", Align::Right), ("", Align::Left)]);
    for step in &report.steps {
        let (outcome, about) = match &step.outcome {
            CheckOutcome::Passed => ("passed", String::new()),
            CheckOutcome::Failed(failure) => ("failed", failure.kind.label().to_owned()),
            CheckOutcome::Skipped(reason) => ("skipped", reason.clone()),
        };
        table.row([step.kind.label().to_owned(), outcome.to_owned(), format_ms(step.took_us as f64 / 1e3), about]);
    }
    let mut text = table.render();
    let mut line = |line: String| text.push_str(&(one_line(&line) + "\n"));
    for step in &report.steps {
        if let CheckOutcome::Failed(failure) = &step.outcome {
            line(format!("{}: {}", step.kind.label(), failure.message));
        }
    }
    if report.passed() {
        let model = report.model.as_deref().unwrap_or("the model");
        line(match cost {
            Some(cost) => format!("All steps passed; {model} answered, which cost {cost}"),
            None => format!("All steps passed; {model} answered; its price is unknown"),
        });
    }
    if !report.passed() {
        line(match (report.cost, cost) {
            (Some(amount), _) if amount.is_zero() => "Nothing was charged".to_owned(),
            (_, Some(cost)) => format!("The check cost {cost}"),
            _ => "What the check cost is unknown".to_owned(),
        });
    }
    for told in diagnosis.map(diagnosis_lines).into_iter().flatten() {
        line(told);
    }
    text
}
