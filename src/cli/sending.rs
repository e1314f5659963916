//! A run on its way: the engine sends, this waits and counts.

use std::time::Duration;

use crate::analysis::{format_counted, format_ms};
use crate::app::{AppState, Effect, Fact, OpenRun, RunFact};
use crate::domain::{RunEventKind, RunId, StopReason};

use super::console::Console;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Outputs;
use super::progress::Progress;
use super::report::{run_json, run_text, warnings};
use super::session::Session;

/// Waits from this length on are told one by one.
const LONG_WAIT: Duration = Duration::from_secs(30);

/// Has a run sent (`effect` launches or resumes it) and waits until its last trial is stored.
fn send(session: &mut Session<'_>, effect: Effect) -> Result<(RunId, StopReason), CliError> {
    let mut progress = None;
    let sent = session.follow(effect, |console, fact| {
        let Fact::Runs(fact) = fact else { return None };
        match fact {
            RunFact::Launched { plan, asked, .. } => {
                begin(console, plan, *asked);
                progress = Some(Progress::begin(console, plan, *asked));
                None
            }
            RunFact::LaunchFailed { message } => Some(Err(CliError::Run(message.clone()))),
            RunFact::Event(event) => match &event.kind {
                RunEventKind::Ended { trial } => {
                    if let Some(progress) = &mut progress {
                        progress.ended(&trial.row);
                    }
                    None
                }
                RunEventKind::RetryScheduled { after, failure, .. } if *after >= LONG_WAIT => {
                    let wait = format_ms(after.as_secs_f64() * 1e3);
                    console.note(&format!("waiting {wait} before a trial is sent again: {}", failure.message));
                    None
                }
                RunEventKind::Stopped { reason } => Some(Ok((event.run_id, *reason))),
                _ => None,
            },
            _ => None,
        }
    });
    session.console.end_bar();
    sent
}

fn begin(console: &Console, plan: &crate::domain::RunPlan, asked: u64) {
    console.note(&format!("run {}: sending {asked} of {} trials", plan.id, plan.cell_count()));
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
    let (run_id, reason) = send(session, effect)?;
    let written = outputs.write(session, run_id);
    let run = open_run(&session.state, run_id)?;
    if !session.console.is_json() {
        for line in warnings(run) {
            session.console.warn(&line);
        }
    }
    session.console.answer(|| run_json(run), || run_text(run) + &more_text(run));
    let exit = Exit::of_run(run);
    written?;
    let (finished, failed, cancelled) = run.counts();
    let unsent = run.plan.cell_count().saturating_sub(finished + failed + cancelled);
    let message = if reason == StopReason::StorageFailed {
        format!("some answers could not be saved before the end; free some disk space, then `assay resume {run_id}` sends them again")
    } else {
        let trials = format_counted(unsent, "trial was", "trials were");
        format!("{trials} not sent, for the reason told above; `assay resume {run_id}` sends what is missing")
    };
    match exit {
        Exit::Error => return Err(CliError::Run(message)),
        _ if reason == StopReason::StorageFailed => session.console.warn(&message),
        _ => {}
    }
    Ok(exit)
}

fn open_run(state: &AppState, id: RunId) -> Result<&OpenRun, CliError> {
    state.runs.open.get(&id).ok_or(CliError::Ended)
}
