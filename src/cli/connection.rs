//! `assay connection add`, `list`, `models`, `remove`.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::{Command, ConnectionCommand, ConnectionFact, Effect, Fact};
use crate::domain::{
    ApiKey, BaseUrl, Connection, ConnectionError, ConnectionId, KeySource, KeyState, Money, Origin, Price, Role, Trimmed, WireFormat,
};

use super::connection_arguments::{AddOptions, ReadingOptions};
use super::connection_limits::limits_json;
use super::console::Console;
use super::error::CliError;
use super::exit::Exit;
use super::listing::names;
use super::session::Session;
use super::table::{Align, Table};

/// No key is longer, and no other input is read to its end.
const LONGEST_KEY_BYTES: u64 = 64 << 10;

/// Reads a key from standard input: all of it from a pipe, one line from a terminal.
pub(super) fn read_key(console: &Console) -> Result<ApiKey, CliError> {
    let mut text = Zeroizing::new(String::new());
    let stdin = io::stdin().lock();
    let read = if io::stdin().is_terminal() {
        console.note("Paste the key, then press Enter (it will be visible):");
        stdin.take(LONGEST_KEY_BYTES).read_line(&mut text)
    } else {
        stdin.take(LONGEST_KEY_BYTES).read_to_string(&mut text)
    };
    read.map_err(|error| CliError::Input(format!("the key could not be read from standard input: {error}")))?;
    let (key, Trimmed(trimmed)) = ApiKey::from_pasted(&text).map_err(|error| CliError::Input(error.to_string()))?;
    // A line end is how pipes end; nobody needs to hear of it.
    if trimmed && text.trim_end() != key.reveal() {
        console.note("spaces, quotes or “Bearer” around the key were removed");
    }
    Ok(key)
}

/// The connection of this name.
pub(super) fn find(session: &Session<'_>, name: &str) -> Result<Connection, CliError> {
    let connections = &session.state.connections;
    connections.find_by_name(name).cloned().ok_or_else(|| {
        let known = names(connections.list.iter().map(|connection| connection.name.as_str()));
        CliError::NotFound(if known.is_empty() {
            format!("there is no connection called “{name}”, nor any other; add one with `assay connection add`, or try `assay demo`")
        } else {
            format!("there is no connection called “{name}”; there are {known}")
        })
    })
}

/// Stores a connection that was changed; its key stays.
pub(super) fn save(session: &mut Session<'_>, connection: &Connection) -> Result<(), CliError> {
    let save = ConnectionCommand::Save { connection: Box::new(connection.clone()), key: None };
    let effects = session.wish(Command::Connections(save));
    if let Some(problem) = session.state.connections.save_error.clone() {
        return Err(CliError::Connection(problem));
    }
    session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::Saved { .. }) => Some(Ok(())),
        Fact::Connections(ConnectionFact::SaveFailed { message }) => Some(Err(CliError::Connection(message.clone()))),
        _ => None,
    })
}

/// Stores a new connection, and its key in the keychain when one was given.
pub(super) fn add(session: &mut Session<'_>, options: AddOptions, key: Option<ApiKey>) -> Result<Exit, CliError> {
    let source = match (options.key.key_env, key.is_some()) {
        (Some(variable), _) => KeySource::Environment(variable),
        (None, true) => KeySource::Keychain,
        (None, false) => KeySource::None,
    };
    let name = options.name.trim();
    if let Some(taken) = session.state.connections.find_by_name(name) {
        return Err(CliError::Connection(ConnectionError::NameTaken(taken.name.clone()).to_string()));
    }
    let asked_wire = options.wire.map(WireFormat::from);
    let url = options.url.unwrap_or_else(|| asked_wire.unwrap_or_default().usual_base_url().to_owned());
    let (known_role, preset) = standing(session, &url);
    let role = options.role.map_or(known_role, Role::from);
    let mut connection = Connection::new(ConnectionId(Uuid::nil()), name, role, &url, source);
    connection.preset = preset;
    connection.plain_http_allowed = options.allow_http;
    options.limits.apply(&mut connection.limits);
    options.reading.apply(&mut connection);
    connection.wire = asked_wire.or_else(|| session.state.presets.wire_at(&url)).unwrap_or_default();
    connection.validate().map_err(|error| CliError::Connection(problem_words(&error)))?;
    if let Some(cut) = BaseUrl::from_pasted(&url).cut {
        session.console.note(&format!("“{cut}” at the end of the URL was left out: it is added to each request"));
    }
    if connection.is_unencrypted() {
        let what = if connection.sends_key() { "your key and what you send are" } else { "what you send is" };
        session.console.warn(&format!("{what} readable by anyone on the way to {}: http:// is not encrypted", connection.host()));
    }
    let with_key = key.is_some();
    let effects = session.wish(Command::Connections(ConnectionCommand::Add { connection: Box::new(connection), key }));
    if let Some(problem) = session.state.connections.save_error.clone() {
        return Err(CliError::Connection(problem));
    }
    let (saved, state) = session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::Saved { connection, key_state, .. }) => Some(Ok((connection.clone(), key_state.clone()))),
        Fact::Connections(ConnectionFact::SaveFailed { message }) if with_key => Some(Err(CliError::Connection(format!(
            "the connection was not added; with --key-env VARIABLE instead of --key-stdin its key comes from an environment variable: {message}"
        )))),
        Fact::Connections(ConnectionFact::SaveFailed { message }) => Some(Err(CliError::Connection(message.clone()))),
        _ => None,
    })?;
    if let KeyState::Environment { name, set: false } = &state {
        session.console.warn(&format!("the environment variable {name} is not set here; set it before the first run"));
    }
    session.console.answer(
        || connection_json(&saved, Some(&state)),
        || {
            let about = [saved.role.as_str(), saved.wire.label(), &saved.base_url].join(", ");
            format!("Added {} ({about}), {}\n", saved.name, key_words(&saved, Some(&state)))
        },
    );
    Ok(Exit::Done)
}

/// What is wrong with a connection, with the option that allows it where there is one.
fn problem_words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::PlainHttp { .. } => format!("{error} with --allow-http"),
        other => other.to_string(),
    }
}

/// What stands behind a URL as far as it is known, and the preset that it belongs to.
fn standing(session: &Session<'_>, url: &str) -> (Role, Option<String>) {
    let Ok(origin) = Origin::of(url) else { return (Role::Official, None) };
    if origin.is_loopback() {
        return (Role::Local, None);
    }
    let same_host = |known: &str| Origin::of(known).is_ok_and(|known| known.host == origin.host);
    let preset = session.state.presets.presets.iter().find(|preset| preset.urls.iter().any(|known| same_host(&known.url)));
    preset.map_or((Role::Official, None), |preset| (preset.role, Some(preset.id.clone())))
}

/// Lists connections with the places of their keys.
pub(super) fn list(session: &mut Session<'_>) -> Result<Exit, CliError> {
    let connections = session.state.connections.list.clone();
    for connection in &connections {
        session.ask(vec![Effect::LookUpKey(connection.id)], |fact| {
            matches!(fact, Fact::Connections(ConnectionFact::Key { id, .. }) if *id == connection.id).then_some(Ok(()))
        })?;
    }
    let states = &session.state.connections.key_states;
    let json = || connections.iter().map(|connection| connection_json(connection, states.get(&connection.id))).collect();
    let text = || {
        if connections.is_empty() {
            return "No connections yet. Add one with `assay connection add`, or try `assay demo`.\n".to_owned();
        }
        let mut table = Table::new(["Name", "Role", "Wire format", "URL", "Key", "Last model"].map(|head| (head, Align::Left)));
        for connection in &connections {
            table.row([
                connection.name.clone(),
                connection.role.as_str().to_owned(),
                connection.wire.label().to_owned(),
                connection.base_url.clone(),
                key_words(connection, states.get(&connection.id)),
                connection.last_model.clone().unwrap_or_default(),
            ]);
        }
        table.render()
    };
    session.console.answer(json, text);
    Ok(Exit::Done)
}

/// Lists what a connection offers, with what is known about it.
pub(super) fn models(session: &mut Session<'_>, name: &str) -> Result<Exit, CliError> {
    let connection = find(session, name)?;
    let effects = session.wish(Command::Connections(ConnectionCommand::LoadModels(connection.id)));
    let models = session.ask(effects, |fact| match fact {
        Fact::Connections(ConnectionFact::Models { result: Ok(models), .. }) => Some(Ok(models.clone())),
        Fact::Connections(ConnectionFact::Models { result: Err(failure), .. }) => {
            let message = format!("{}: {}", failure.kind.label(), failure.message);
            Some(Err(CliError::Provider { kind: failure.kind.as_str(), message }))
        }
        _ => None,
    })?;
    let state = &session.state;
    let host = connection.price_host();
    let known: Vec<_> =
        models.iter().map(|model| (model.as_str(), state.catalog.find(&host, model), state.price_of(&connection, model))).collect();
    let json = || {
        let models: Vec<Value> = known
            .iter()
            .map(|(model, entry, price)| {
                json!({
                    "id": model,
                    "context_window_tokens": entry.and_then(|entry| entry.context_window_tokens),
                    "claim": entry.and_then(|entry| entry.claim.as_deref()),
                    "price": price,
                })
            })
            .collect();
        json!({ "connection": connection.name, "models": models })
    };
    let text = || {
        let right = ["Input", "Cached", "Output"].map(|head| (head, Align::Right));
        let mut table = Table::new([("Model", Align::Left)].into_iter().chain(right).chain([("Per million tokens", Align::Left)]));
        for (model, entry, price) in &known {
            let unknown = || ["—", "—", "—", "price unknown"].map(str::to_owned);
            let [input, cached, output, mut about] = price.as_ref().map_or_else(unknown, price_words);
            if let Some(claim) = entry.and_then(|entry| entry.claim.as_deref()) {
                about = format!("{about}; {claim}");
            }
            table.row([(*model).to_owned(), input, cached, output, about]);
        }
        table.render()
    };
    session.console.answer(json, text);
    Ok(Exit::Done)
}

/// Input, cached input, output, and what else there is to know.
fn price_words(price: &Price) -> [String; 4] {
    let amount = |amount| Money { amount, currency: price.currency.clone() }.exact();
    let Some(tier) = price.tiers.first() else { return Default::default() };
    let mut about = price.standing.label().to_owned();
    if let Some(bound) = tier.up_to_input_tokens.filter(|_| price.tiers.len() > 1) {
        about = format!("{about}, up to {} input tokens", crate::analysis::format_tokens(bound));
    }
    if let Some(written) = tier.cache_write_per_million {
        about = format!("{about}, {} to write to the cache", amount(written));
    }
    let cached = tier.cached_input_per_million.map_or_else(|| "—".to_owned(), amount);
    [amount(tier.input_per_million), cached, amount(tier.output_per_million), about]
}

/// Sets how answers are read where that is given, and shows it.
pub(super) fn set(session: &mut Session<'_>, name: &str, reading: ReadingOptions) -> Result<Exit, CliError> {
    let mut connection = find(session, name)?;
    if reading.think_tags.is_some() {
        reading.apply(&mut connection);
        save(session, &connection)?;
    }
    let words = || {
        let tags = if connection.think_tags { "read as reasoning" } else { "left in the answer" };
        format!("{}: <think> tags are {tags}\n", connection.name)
    };
    session.console.answer(|| json!({ "name": connection.name, "think_tags": connection.think_tags }), words);
    Ok(Exit::Done)
}

/// Takes a connection away, and its key.
pub(super) fn remove(session: &mut Session<'_>, name: &str) -> Result<Exit, CliError> {
    let connection = find(session, name)?;
    let effects = session.wish(Command::Connections(ConnectionCommand::Remove(connection.id)));
    session.ask(effects, |fact| matches!(fact, Fact::Connections(ConnectionFact::Removed { .. })).then_some(Ok(())))?;
    session
        .console
        .answer(|| json!({ "removed": connection.name }), || format!("Removed {}; stored runs keep its name\n", connection.name));
    Ok(Exit::Done)
}

fn connection_json(connection: &Connection, state: Option<&KeyState>) -> Value {
    let (source, variable) = match &connection.key_source {
        KeySource::None => ("none", None),
        KeySource::Keychain => ("keychain", None),
        KeySource::Session => ("session", None),
        KeySource::Environment(name) => ("environment", Some(name)),
    };
    let ready =
        matches!(state, Some(KeyState::NoKey | KeyState::InKeychain | KeyState::ThisSession | KeyState::Environment { set: true, .. }));
    json!({
        "name": connection.name,
        "role": connection.role.as_str(),
        "wire": connection.wire.as_str(),
        "url": connection.base_url,
        "unencrypted": connection.is_unencrypted(),
        "key": { "source": source, "variable": variable, "ready": ready },
        "last_model": connection.last_model,
        "limits": limits_json(connection),
        "think_tags": connection.think_tags,
    })
}

fn key_words(connection: &Connection, state: Option<&KeyState>) -> String {
    match state {
        Some(KeyState::NoKey) => "no key".to_owned(),
        Some(KeyState::InKeychain) => "key in the keychain".to_owned(),
        Some(KeyState::ThisSession) => "key of this session".to_owned(),
        Some(KeyState::Environment { name, set: true }) => format!("key from {name}"),
        Some(KeyState::Environment { name, set: false }) => format!("key from {name}, which is not set"),
        Some(KeyState::Missing) if connection.key_source == KeySource::Session => "key was for one window's session".to_owned(),
        Some(KeyState::Missing) => "key missing".to_owned(),
        Some(KeyState::CannotBeRead { reason }) => format!("key cannot be read: {reason}"),
        None => String::new(),
    }
}
