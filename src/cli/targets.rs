//! `--target`: from what a person writes to a plan.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::{AppState, BenchTarget, Command, ConnectionCommand, ConnectionFact, Fact, ModelList, PlanInputs, next_colour};
use crate::domain::{Params, PromptSet, RunId, RunPlan, RunSettings, TargetSpec};

use super::connection::find;
use super::error::CliError;
use super::session::Session;

/// The targets that are meant, each with a colour of its own as on the bench.
pub(super) fn targets(session: &Session<'_>, specs: &[TargetSpec]) -> Result<Vec<BenchTarget>, CliError> {
    let mut targets: Vec<BenchTarget> = Vec::with_capacity(specs.len());
    for spec in specs {
        targets.push(BenchTarget {
            connection_id: find(session, &spec.connection)?.id,
            model: spec.model.clone(),
            params: spec.params.clone(),
            label: spec.label.clone(),
            colour: next_colour(&targets),
            fallback: None,
        });
    }
    Ok(targets)
}

/// A model id with `#` or `?` in it that was not escaped would be cut, and another model asked: refused where the connection is known to have the whole id,
/// told where the label looks like a part of one.
pub(super) fn heed_cut_id(session: &mut Session<'_>, spec: &TargetSpec) -> Result<(), CliError> {
    let Some(whole) = spec.as_one_id() else { return Ok(()) };
    let connection = find(session, &spec.connection)?;
    let looks_like_id = spec.label.as_ref().is_some_and(|label| label.contains('/') && !label.contains(char::is_whitespace));
    if looks_like_id && !matches!(session.state.connections.models.get(&connection.id), Some(ModelList::Known(_))) {
        let effects = session.wish(Command::Connections(ConnectionCommand::LoadModels(connection.id)));
        session.ask(effects, |fact| {
            matches!(fact, Fact::Connections(ConnectionFact::Models { id, .. }) if *id == connection.id).then_some(Ok(()))
        })?;
    }
    let escaped = TargetSpec { model: whole.clone(), params: Params::default(), label: None, connection: spec.connection.clone() };
    if session.state.connections.knows_model(&connection, &whole) {
        let (asked, name) = (&spec.model, &connection.name);
        return Err(CliError::Input(format!(
            "this would ask {asked}, but {name} has the model “{whole}”; write it {escaped} (“#” in an id is %23, “?” is %3F, “%” is %25)"
        )));
    }
    if let Some(label) = spec.label.as_ref().filter(|_| looks_like_id) {
        let asked = &spec.model;
        session.console.warn(&format!("“{label}” is taken as the label of {asked}; where it is a part of the model's id, write {escaped}"));
    }
    Ok(())
}

/// Reads `FROM=TO`: the indices of two targets. Labels and parameters may hold `=` too.
pub(super) fn fallback(specs: &[TargetSpec], pair: &str) -> Result<(usize, usize), CliError> {
    let find = |text: &str| {
        let is_meant = |spec: &TargetSpec| spec.display_label() == text || text.parse::<TargetSpec>().is_ok_and(|written| written == *spec);
        let by_number = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|index| *index < specs.len());
        specs.iter().position(is_meant).or(by_number)
    };
    let found = pair.match_indices('=').find_map(|(at, _)| find(&pair[..at]).zip(find(&pair[at + 1..])));
    match found {
        Some((from, to)) if from != to => Ok((from, to)),
        Some(_) => Err(CliError::Input(format!("a target cannot be its own fallback: --fallback {pair}"))),
        None => Err(CliError::Input(format!(
            "--fallback takes FROM=TO, two targets of this run by label, as written or by number from 1; got “{pair}”"
        ))),
    }
}

/// The plan; the first target is the baseline. Its id, time and seed are drawn when it is launched.
pub(super) fn plan(state: &AppState, set: &PromptSet, targets: &[BenchTarget], settings: &RunSettings) -> Result<RunPlan, CliError> {
    let inputs = PlanInputs {
        set: &set.head,
        cases: &set.cases,
        targets,
        baseline: 0,
        settings,
        connections: &state.connections.list,
        own_prices: &state.connections.own_prices,
        catalog: &state.catalog,
    };
    Ok(inputs.plan(RunId(Uuid::nil()), Timestamp::now())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallback_names_two_targets_of_the_run() {
        let specs: Vec<TargetSpec> =
            ["A/m", "B/x?temperature=0.2#the=other", "C/y?max_tokens=8"].iter().map(|text| text.parse().unwrap()).collect();
        for (pair, expected) in [
            ("1=2", (0, 1)),
            ("A/m=the=other", (0, 1)),
            ("C/y?max_tokens=8=A/m", (2, 0)),
            ("the=other=C/y?max_tokens=8", (1, 2)),
            ("3=B/x?temperature=0.2#the=other", (2, 1)),
        ] {
            assert_eq!(fallback(&specs, pair).ok(), Some(expected), "{pair}");
        }
        for pair in ["1=1", "1=4", "0=1", "A/m", "A/m=", "=A/m", "A/m=D/z"] {
            assert!(fallback(&specs, pair).is_err(), "{pair}");
        }
    }
}
