//! `assay connection limits`: how much a connection is sent, set and shown.

use serde_json::{Value, json};

use crate::analysis::{format_count, format_counted};
use crate::domain::{Connection, FoundBound, FoundLimit};

use super::connection::{find, save};
use super::connection_arguments::LimitOptions;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;

/// Sets the limits that are given, and shows all.
pub(super) fn limits(session: &mut Session<'_>, name: &str, options: LimitOptions) -> Result<Exit, CliError> {
    let mut connection = find(session, name)?;
    if options.any() {
        options.apply(&mut connection.limits);
        save(session, &connection)?;
    }
    session.console.answer(
        || json!({ "name": connection.name, "limits": limits_json(&connection) }),
        || format!("{}: {}\n", connection.name, limits_words(&connection)),
    );
    Ok(Exit::Done)
}

fn limits_words(connection: &Connection) -> String {
    let limits = &connection.limits;
    let said = [
        (limits.max_in_flight, "at once"),
        (limits.max_per_minute, "requests a minute"),
        (limits.max_tokens_per_minute, "tokens a minute"),
    ];
    let mut parts: Vec<String> =
        said.iter().filter_map(|(limit, unit)| Some(format!("{} {unit}", format_count(u64::from((*limit)?))))).collect();
    if parts.is_empty() {
        parts.push("no limits of its own".to_owned());
    }
    parts.extend(connection.found_limit.as_ref().map(found_words));
    parts.join(", ")
}

/// What a ramp found, with what it rests on.
pub(super) fn found_words(found: &FoundLimit) -> String {
    let requests = format_counted(found.requests.into(), "request", "requests");
    let day = found.at.strftime("%Y-%m-%d");
    format!("{} (found with {requests} to {} on {day})", crate::app::bound_words(found.bound), found.model)
}

/// `{"at_once", "per_minute", "tokens_per_minute", "found": {"at", "model", "requests", "at_once", "per_minute", "not_below"}}`.
pub(super) fn limits_json(connection: &Connection) -> Value {
    let limits = &connection.limits;
    json!({
        "at_once": limits.max_in_flight,
        "per_minute": limits.max_per_minute,
        "tokens_per_minute": limits.max_tokens_per_minute,
        "found": connection.found_limit.as_ref().map(found_json),
    })
}

pub(super) fn found_json(found: &FoundLimit) -> Value {
    let not_below = if let FoundBound::NotBelow(most) = found.bound { Some(most) } else { None };
    json!({
        "at": found.at.to_string(),
        "model": found.model,
        "requests": found.requests,
        "at_once": found.at_once(),
        "per_minute": found.per_minute(),
        "not_below": not_below,
    })
}
