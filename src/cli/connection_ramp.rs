//! `assay connection ramp`: its cost first, then rung by rung, then what was found.

use std::io::{self, BufRead as _, IsTerminal as _};

use serde_json::json;

use crate::app::{Command, ConnectionCommand, ConnectionFact, Fact, RampForecast, outcome_words, rung_words};
use crate::domain::{Money, RampOutcome};

use super::connection::find;
use super::connection_arguments::RampOptions;
use super::connection_limits::found_json;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::number;
use super::session::Session;

/// Finds out how much a connection takes, and keeps it with the connection.
pub(super) fn ramp(session: &mut Session<'_>, options: &RampOptions) -> Result<Exit, CliError> {
    let connection = find(session, &options.name)?;
    let price = session.state.price_of(&connection, &options.model);
    let forecast = RampForecast::new(price.as_ref(), options.ceiling);
    session.console.note(&format!("{}: {}; stops at the first refusal", connection.name, forecast.words()));
    if !options.yes && !agreed(session)? {
        return Err(CliError::Input("nothing was sent".to_owned()));
    }
    let asked = ConnectionCommand::Ramp { id: connection.id, model: options.model.clone(), ceiling: options.ceiling };
    let mut rungs = Vec::new();
    let effects = session.wish(Command::Connections(asked));
    let mut lines = Vec::new();
    let asked = session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::RampClimbed { rung, .. }) => {
            lines.push(rung_words(rung));
            rungs.push(*rung);
            None
        }
        Fact::Connections(ConnectionFact::Ramped { end, found, .. }) => Some(Ok((end.clone(), found.clone()))),
        _ => None,
    });
    let (end, found) = asked?;
    let cost = end.cost.zip(price).map(|(amount, price)| Money { amount, currency: price.currency });
    session.console.answer(
        || {
            let climbed: Vec<_> = rungs
                .iter()
                .map(|rung| {
                    json!({
                        "at_once": rung.at_once,
                        "again": rung.again,
                        "answered": rung.answered,
                        "refused": rung.refused,
                        "took_ms": rung.took_ms,
                    })
                })
                .collect();
            json!({
                "connection": connection.name,
                "model": options.model,
                "rungs": climbed,
                "requests": end.requests,
                "cost": cost.as_ref().and_then(|cost| number(cost.amount)),
                "currency": cost.as_ref().map(|cost| cost.currency.code()),
                "outcome": outcome_words(&end.outcome),
                "found": found.as_ref().map(found_json),
            })
        },
        || {
            let spent = cost.as_ref().map_or_else(|| "cost unknown".to_owned(), |cost| format!("cost {cost}"));
            lines.push(format!("{} {} ({} requests, {spent})", connection.name, outcome_words(&end.outcome), end.requests));
            lines.join("\n") + "\n"
        },
    );
    Ok(if matches!(end.outcome, RampOutcome::Found(_)) { Exit::Done } else { Exit::Error })
}

/// Asks the person at the terminal.
fn agreed(session: &Session<'_>) -> Result<bool, CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::Input("nothing was sent: give --yes to agree to the cost".to_owned()));
    }
    session.console.note("Send them? [y/N]");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| CliError::Input(format!("nothing was sent: {error}")))?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
