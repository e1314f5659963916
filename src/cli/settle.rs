//! `assay settle`.

use crate::app::{Command, Effect, Fact, RunCommand, RunFact};
use crate::domain::{LostReservations, Money};

use super::arguments::SettleOptions;
use super::error::CliError;
use super::exit::Exit;
use super::report::cap_json;
use super::session::Session;

/// Keeps what the requests that a crash lost cost, in the place of their worst case.
pub(super) fn settle(session: &mut Session<'_>, options: &SettleOptions) -> Result<Exit, CliError> {
    let run_id = options.run;
    session.ask(vec![Effect::OpenRun(run_id)], |fact| match fact {
        Fact::Runs(RunFact::Opened { plan, .. }) if plan.id == run_id => Some(if plan.settings.cap.is_some() {
            Ok(())
        } else {
            Err(CliError::Input("the run has no cap: nothing was set aside for it".to_owned()))
        }),
        Fact::Runs(RunFact::OpenFailed { message }) => Some(Err(CliError::Run(message.clone()))),
        _ => None,
    })?;
    let effects = session.wish(Command::Runs(RunCommand::SettleLost { run_id, billed: options.billed }));
    let lost: LostReservations = session.ask(effects, |fact| match fact {
        Fact::Runs(RunFact::Lost { lost, settled: true, .. }) => Some(Ok(*lost)),
        _ => None,
    })?;
    let run = session.state.runs.open.get(&run_id).ok_or(CliError::Ended)?;
    let cap = run.plan.settings.cap.clone().ok_or(CliError::Ended)?;
    session.console.answer(
        || cap_json(run),
        || match lost.count {
            0 => "Nothing was lost in a crash of this run\n".to_owned(),
            count => {
                let requests = crate::analysis::format_counted(count, "lost request counts", "lost requests count");
                format!("{requests} as {}\n", Money { amount: lost.counted, currency: cap.currency })
            }
        },
    );
    Ok(Exit::Done)
}
