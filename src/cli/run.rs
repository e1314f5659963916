//! `assay run`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::app::Effect;
use crate::domain::{Currency, DefinitionError, MOST_DEFINITION_BYTES, Money, OutputSchema, Params, RunSettings, Tool};

use super::arguments::RunOptions;
use super::error::CliError;
use super::exit::Exit;
use super::forecast::tell_forecast;
use super::outputs::Outputs;
use super::prompt_source::prompts;
use super::sending::run_to_end;
use super::session::Session;
use super::targets::{fallback, heed_cut_id, plan, targets};

/// The parameters of every target; files are read before anything is sent.
fn params(options: &RunOptions) -> Result<Params, CliError> {
    let schema = options.schema.as_deref().map(|path| definition(path, OutputSchema::from_json)).transpose()?;
    let tools = options.tools.as_deref().map(|path| definition(path, Tool::list_from_json)).transpose()?;
    Ok(Params {
        temperature: options.temperature,
        max_tokens: options.max_tokens,
        effort: options.effort,
        schema: schema.map(Arc::new),
        tools: tools.unwrap_or_default().into(),
        ..Params::default()
    })
}

fn definition<T>(path: &Path, read: impl FnOnce(&str) -> Result<T, DefinitionError>) -> Result<T, CliError> {
    let unreadable = |reason: String| CliError::Input(format!("{reason}: {}", path.display()));
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut text = String::new();
    // A byte more than may be, so that a longer one is known for it.
    let most = MOST_DEFINITION_BYTES as u64 + 1;
    file.take(most).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    read(&text).map_err(|error| unreadable(error.to_string()))
}

/// Sends prompts to targets. What could be wrong is looked at before anything is sent.
pub(super) fn run(session: &mut Session<'_>, options: RunOptions) -> Result<Exit, CliError> {
    let outputs = Outputs::new(&session.places, &options.outputs, Some(options.prompts.as_ref()))?;
    let mut targets = targets(session, &options.target)?;
    for spec in &options.target {
        heed_cut_id(session, spec)?;
    }
    for pair in &options.fallback {
        let (from, to) = fallback(&options.target, pair)?;
        targets[from].fallback = Some(to);
    }
    let set = prompts(session, &options.prompts)?;
    let params = params(&options)?;
    let settings = RunSettings {
        repeats: options.repeats,
        concurrency: options.concurrency,
        retries: options.retries,
        cap: options.cap.map(|amount| Money { amount, currency: Currency::usd() }),
        vantage: options.vantage.unwrap_or_else(|| session.state.preferences.settings.vantage.clone()),
        stream: !options.no_stream,
        warm_up: options.warm_up,
        p95_limit_ms: options.flag_p95_above,
        params,
        ..RunSettings::default()
    };
    let plan = plan(&session.state, &set, &targets, &settings)?;
    session.console.follow(options.follow);
    tell_forecast(session, &plan)?;
    run_to_end(session, Effect::Launch(Box::new(plan)), &outputs, |_| String::new())
}
