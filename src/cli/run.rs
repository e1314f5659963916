//! `assay run`.

use crate::app::Effect;
use crate::domain::{Currency, Money, Params, RunSettings};

use super::arguments::RunOptions;
use super::error::CliError;
use super::exit::Exit;
use super::forecast::tell_forecast;
use super::outputs::Outputs;
use super::prompt_source::prompts;
use super::sending::run_to_end;
use super::session::Session;
use super::targets::{plan, targets};

/// Sends prompts to targets. What could be wrong is looked at before anything is sent.
pub(super) fn run(session: &mut Session<'_>, options: RunOptions) -> Result<Exit, CliError> {
    let outputs = Outputs::new(&session.places, &options.outputs, Some(options.prompts.as_ref()))?;
    let targets = targets(session, &options.target)?;
    let set = prompts(session, &options.prompts)?;
    let settings = RunSettings {
        repeats: options.repeats,
        concurrency: options.concurrency,
        retries: options.retries,
        cap: options.cap.map(|amount| Money { amount, currency: Currency::usd() }),
        vantage: options.vantage.unwrap_or_else(|| session.state.preferences.settings.vantage.clone()),
        stream: !options.no_stream,
        warm_up: options.warm_up,
        params: Params { temperature: options.temperature, max_tokens: options.max_tokens, ..Params::default() },
        ..RunSettings::default()
    };
    let plan = plan(&session.state, &set, &targets, &settings)?;
    session.console.follow(options.follow);
    tell_forecast(session, &plan)?;
    run_to_end(session, Effect::Launch(Box::new(plan)), &outputs, |_| String::new())
}
