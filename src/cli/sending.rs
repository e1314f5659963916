//! A run on its way: the engine sends, this waits and counts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::{format_counted, format_ms};
use crate::app::{
    AppState, Effect, Fact, OpenRun, RunFact, Unaskable, breaker_words, pace_words, unaskable_words, used_up_words, warm_up_words,
};
use crate::domain::{BreakerTurn, Failure, PaceCause, RunEventKind, RunId, StopReason};

use super::console::Console;
use super::diagnosis::diagnoses;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Outputs;
use super::progress::Progress;
use super::report::{run_json, run_text, warnings};
use super::session::Session;

/// Waits from this length on are told one by one.
const LONG_WAIT: Duration = Duration::from_secs(30);

/// Has a run sent (`effect` launches or resumes it) and waits until its last trial is stored.
fn send(session: &mut Session<'_>, effect: Effect) -> Result<Sent, CliError> {
    let is_new = matches!(effect, Effect::Launch(_));
    let mut progress = None;
    let mut unreachable = None;
    let mut planned = None;
    let mut refused = BTreeSet::new();
    let sent = session.follow(effect, |console, fact| {
        let Fact::Runs(fact) = fact else { return None };
        match fact {
            RunFact::Launched { plan, asked, .. } => {
                begin(console, plan, *asked, is_new);
                progress = Some(Progress::begin(console, plan, *asked));
                planned = Some(Arc::clone(plan));
                None
            }
            RunFact::NotSent { target, failure, later } => {
                console.warn(&format!("not sent to {target}: {}", failure.message));
                unreachable = unreachable.take().or_else(|| Some((failure.clone(), *later)));
                None
            }
            RunFact::CannotAsk { run_id, targets, others } => Some(Err(cannot_ask(*run_id, targets, *others))),
            RunFact::LaunchFailed { message } => Some(Err(CliError::Run(message.clone()))),
            RunFact::Event(event) => match &event.kind {
                RunEventKind::Ended { trial } => {
                    if let Some(progress) = &mut progress {
                        progress.ended(&trial.row);
                    }
                    if let Some(plan) = &planned {
                        console.stored(plan, &trial.row);
                    }
                    None
                }
                RunEventKind::WarmedUp(warm_up) => {
                    console.note(&format!("{}; not counted", warm_up_words(warm_up)));
                    None
                }
                RunEventKind::RetryScheduled { after, failure, .. } if *after >= LONG_WAIT => {
                    let wait = format_ms(after.as_secs_f64() * 1e3);
                    console.note(&format!("waiting {wait} before a trial is sent again: {}", failure.message));
                    None
                }
                RunEventKind::Money { spent, reserved } => {
                    if let Some(progress) = &mut progress {
                        progress.money(*spent, *reserved);
                    }
                    None
                }
                RunEventKind::Breaker { connection, model, turn } => {
                    let words = planned.as_ref().and_then(|plan| breaker_words(plan, *connection, model, turn));
                    match (words, turn) {
                        (Some(words), BreakerTurn::Closed) => console.note(&words),
                        (Some(words), _) => console.warn(&words),
                        (None, _) => {}
                    }
                    None
                }
                RunEventKind::Paced { connection, at_once, most, held, cause } => {
                    let is_first = *cause == PaceCause::Refused && refused.insert(*connection);
                    if let Some(plan) = planned.as_ref().filter(|_| is_first || held.is_some_and(|held| held >= LONG_WAIT)) {
                        console.note(&pace_words(plan, *connection, (*at_once, *most), *held));
                    }
                    None
                }
                RunEventKind::UsedUp { connection, model, held } => {
                    if let Some(plan) = planned.as_ref().filter(|_| *held >= LONG_WAIT) {
                        console.note(&used_up_words(plan, *connection, model, *held));
                    }
                    None
                }
                RunEventKind::Stopped { reason } => Some(Ok((event.run_id, *reason))),
                _ => None,
            },
            _ => None,
        }
    });
    session.console.end_bar();
    sent.map(|(run_id, reason)| Sent { run_id, reason, unreachable })
}

/// What became of a run.
struct Sent {
    run_id: RunId,
    reason: StopReason,
    /// Why the first target that could not be asked could not, and whether a resume can once that is mended.
    unreachable: Option<(Failure, bool)>,
}

fn begin(console: &Console, plan: &crate::domain::RunPlan, asked: u64, is_new: bool) {
    console.note(&format!("run {}: sending {asked} of {} trials", plan.id, plan.cell_count()));
    if !is_new {
        // It keeps the prices that it was planned with.
        return;
    }
    for target in plan.targets.iter().filter(|target| target.price.is_none()) {
        console.note(&format!("the price of {} is unknown, and so will be its cost (`assay price set` sets one)", target.label));
    }
}

/// Sends a run, writes its files and its report, and gives the exit code. Files are written whatever became of the run.
pub(super) fn run_to_end(
    session: &mut Session<'_>,
    effect: Effect,
    outputs: &Outputs,
    more_text: impl FnOnce(&OpenRun) -> String,
) -> Result<Exit, CliError> {
    let basis = outputs.basis();
    (session.state.bench.times_of, session.state.bench.cases) = (basis.times_of, basis.cases);
    let Sent { run_id, reason, unreachable } = send(session, effect)?;
    let written = outputs.write(session, run_id);
    let run = open_run(&session.state, run_id)?;
    if !session.console.is_json() {
        for line in warnings(run) {
            session.console.warn(&line);
        }
    }
    let diagnoses = diagnoses(&session.state, run);
    session.console.answer(|| run_json(run, &diagnoses), || run_text(run, &diagnoses) + &more_text(run));
    let exit = Exit::of_run(run, reason);
    written?;
    let (finished, failed, _) = run.counts();
    let unsent = run.plan.cell_count().saturating_sub(finished + failed);
    match exit {
        Exit::Error => return Err(unsent_error(run_id, reason, unsent, unreachable)),
        _ if reason == StopReason::StorageFailed => session.console.warn(&unsaved_words(run_id)),
        _ => {}
    }
    Ok(exit)
}

fn unsaved_words(run_id: RunId) -> String {
    format!("some answers could not be saved before the end; free some disk space, then `assay resume {run_id}` sends them again")
}

fn unsent_error(run_id: RunId, reason: StopReason, unsent: u64, unreachable: Option<(Failure, bool)>) -> CliError {
    let trials = format_counted(unsent, "trial was", "trials were");
    match unreachable {
        _ if reason == StopReason::StorageFailed => CliError::Run(unsaved_words(run_id)),
        Some((failure, later)) => {
            let then = if later { format!("; then `assay resume {run_id}` sends what is missing") } else { String::new() };
            CliError::Provider { kind: failure.kind.as_str(), message: format!("{trials} not sent: {}{then}", failure.message) }
        }
        None => CliError::Run(format!("{trials} not sent; `assay resume {run_id}` sends what is missing")),
    }
}

/// Why nothing was sent, and how to go on.
fn cannot_ask(run_id: Option<RunId>, targets: &[Unaskable], others: bool) -> CliError {
    let labels = targets.iter().map(|target| target.target.as_str()).collect::<Vec<_>>().join(", ");
    let then = match run_id {
        Some(run_id) if targets.iter().all(|target| target.later) => format!("; then `assay resume {run_id}` sends what is missing"),
        None if others => format!("; or leave out {labels}"),
        Some(_) | None => String::new(),
    };
    let kind = targets.first().map_or("run", |target| target.failure.kind.as_str());
    CliError::Provider { kind, message: format!("nothing was sent: {}{then}", unaskable_words(targets)) }
}

fn open_run(state: &AppState, id: RunId) -> Result<&OpenRun, CliError> {
    state.runs.open.get(&id).ok_or(CliError::Ended)
}
