//! One number of requests at once, measured in a process of its own so that its memory and processor time are its own.

use std::time::Instant;

use serde_json::Value;
use uuid::Uuid;

use crate::app::{Command, ConnectionCommand, ConnectionFact, Effect, Fact, RunFact, unaskable_words};
use crate::bench::{ClientRun, LevelReport, Measured, PACED_MODEL, Resources, bare_loop, fetch_truth, marked_id};
use crate::domain::{Case, Connection, ConnectionId, KeySource, Role, RunEventKind, RunSettings, TargetSpec, TrialRow, TrialStatus};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::import::created;
use super::super::session::Session;
use super::super::targets::{plan, targets};
use super::arguments::LevelOptions;

/// The name of the connection to the truth server.
const CONNECTION: &str = "Truth server";

/// Sends the same requests once as `assay run` does and once in a bare loop.
pub(in crate::cli) fn level(session: &mut Session<'_>, options: &LevelOptions) -> Result<Exit, CliError> {
    let assay = whole_program(session, options)?;
    let before = Resources::now();
    let started = Instant::now();
    let measured = bare_loop(&options.server, PACED_MODEL, options.requests.into(), options.parallel)?;
    let wall = started.elapsed();
    let bare = ClientRun { requests: options.requests.into(), measured, wall, before, after: Resources::now() };
    let truths = fetch_truth(&options.server)?;
    let report = LevelReport { parallel: options.parallel, assay: assay.report(&truths), bare: bare.report(&truths) };
    session.console.answer(|| serde_json::to_value(&report).unwrap_or(Value::Null), || format!("{report:#?}\n"));
    Ok(Exit::Done)
}

fn whole_program(session: &mut Session<'_>, options: &LevelOptions) -> Result<ClientRun, CliError> {
    let connection = Connection::new(ConnectionId(Uuid::nil()), CONNECTION, Role::Local, &options.server, KeySource::None);
    let effects = session.wish(Command::Connections(ConnectionCommand::Add { connection: Box::new(connection), key: None }));
    session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::Saved { .. }) => Some(Ok(())),
        Fact::Connections(ConnectionFact::SaveFailed { message }) => Some(Err(CliError::Connection(message.clone()))),
        _ => None,
    })?;
    let cases =
        (1..=options.requests).map(|number| Case::single(&format!("b{number}"), "", &format!("Say something, {number}."))).collect();
    let set = created(session, vec![Effect::KeepFileSet { name: "bench".to_owned(), cases }])?;
    let target = TargetSpec { connection: CONNECTION.to_owned(), model: PACED_MODEL.to_owned(), params: Default::default(), label: None };
    let settings = RunSettings { concurrency: options.parallel, retries: 0, ..RunSettings::default() };
    let plan = plan(&session.state, &set, &targets(session, &[target])?, &settings)?;
    let before = Resources::now();
    let started = Instant::now();
    let mut measured = Vec::with_capacity(options.requests as usize);
    session.follow(Effect::Launch(Box::new(plan)), |_, fact| match fact {
        Fact::Runs(RunFact::CannotAsk { targets, .. }) => Some(Err(CliError::Run(unaskable_words(targets)))),
        Fact::Runs(RunFact::LaunchFailed { message }) => Some(Err(CliError::Run(message.clone()))),
        Fact::Runs(RunFact::Event(event)) => match &event.kind {
            RunEventKind::Ended { trial } => {
                measured.extend(measured_of(&trial.row));
                None
            }
            RunEventKind::Stopped { .. } => Some(Ok(())),
            _ => None,
        },
        _ => None,
    })?;
    Ok(ClientRun { requests: options.requests.into(), measured, wall: started.elapsed(), before, after: Resources::now() })
}

/// What a trial of a truth server's answer says; absent when it has no whole answer of one.
pub(super) fn measured_of(row: &TrialRow) -> Option<Measured> {
    let timing = row.timing.as_ref().filter(|_| row.status == TrialStatus::Finished)?;
    Some(Measured {
        id: marked_id(&row.first_line)?,
        ttft_us: timing.ttft_us()?,
        last_us: timing.last_content_us?,
        total_us: timing.total_us(),
    })
}
