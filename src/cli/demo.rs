//! `assay demo`: the sample set on the simulated provider.

use crate::app::{Effect, Fact};
use crate::domain::{Case, PromptSet, RunSettings, TargetSpec};

use super::arguments::{DemoOptions, OutputOptions};
use super::error::CliError;
use super::exit::Exit;
use super::import::created;
use super::outputs::Outputs;
use super::report::answers_table;
use super::sending::run_to_end;
use super::session::Session;
use super::targets::{plan, targets};

/// Runs the demo and prints its comparison.
pub(super) fn demo(session: &mut Session<'_>, options: DemoOptions) -> Result<Exit, CliError> {
    let outputs = Outputs::new(&session.places, &OutputOptions { csv: options.csv, ..OutputOptions::default() }, None)?;
    session.console.note("the demo is simulated: answers, times, tokens and prices are made up on this computer");
    let (specs, sample) = session.ask(vec![Effect::StartDemo], |fact| match fact {
        Fact::DemoReady { targets, sample, .. } => Some(Ok((targets.clone(), sample.clone()))),
        _ => None,
    })?;
    let set = match options.cases {
        Some(count) if count as usize != sample.cases.len() => some_cases(session, &sample, count as usize)?,
        Some(_) | None => *sample,
    };
    let plan = demo_plan(session, &set, &specs)?;
    run_to_end(session, Effect::Launch(Box::new(plan)), &outputs, answers_table)
}

fn demo_plan(session: &Session<'_>, set: &PromptSet, specs: &[TargetSpec]) -> Result<crate::domain::RunPlan, CliError> {
    let settings = RunSettings { vantage: session.state.preferences.settings.vantage.clone(), ..RunSettings::default() };
    plan(&session.state, set, &targets(session, specs)?, &settings)
}

/// A set of its own, so that the sample stays as it is.
fn some_cases(session: &mut Session<'_>, sample: &PromptSet, count: usize) -> Result<PromptSet, CliError> {
    let cases: Vec<Case> =
        (0..count).zip(sample.cases.iter().cycle()).map(|(index, case)| numbered(case, index / sample.cases.len())).collect();
    created(session, vec![Effect::KeepFileSet { name: format!("{} ({count} cases)", sample.head.name), cases }])
}

/// The case of a later round under an id of its own.
fn numbered(case: &Case, round: usize) -> Case {
    if round == 0 { case.clone() } else { Case { id: format!("{}-{}", case.id, round + 1), ..case.clone() } }
}
