//! Connections, their keys, their checks.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::domain::{
    Amendment, ApiKey, CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, ConnectionId, Failure, FailureKind, KeySource,
    Origin, OwnPrice, find_price,
};
use crate::provider::{CheckInput, HttpProvider, check};
use crate::store::StoreError;

use super::super::connection_messages::ConnectionFact;
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::channel::{Facts, reply};
use super::world::World;

pub(super) async fn tell(facts: &Facts, fact: ConnectionFact) {
    facts.tell(Fact::Connections(fact)).await;
}

/// Stores a connection and its key so that at no moment, not even when the program dies, the archive points a stored key at another origin than
/// the one it was saved for: a key of the old place goes first, then the connection is stored, then the new key is kept.
pub(super) async fn save(world: &World, facts: &Facts, mut connection: Connection, key: Option<ApiKey>, is_new: bool) {
    if is_new {
        connection.id = ConnectionId::draw();
    }
    let before = match world.connection(connection.id).await {
        Ok(before) => before,
        Err(error) => return tell(facts, ConnectionFact::SaveFailed { message: error.to_string() }).await,
    };
    let moved = before.as_ref().is_some_and(|before| Origin::of(&before.base_url) != Origin::of(&connection.base_url));
    if moved && key.is_none() && matches!(connection.key_source, KeySource::Keychain | KeySource::Session) {
        let message = "The key was saved for the old address and is sent nowhere else; give the key again for the new one".to_owned();
        return tell(facts, ConnectionFact::SaveFailed { message }).await;
    }
    if let Some(before) = &before
        && (moved || before.key_source != connection.key_source)
        && let Some(Err(error)) = reply(|done| world.safe.erase(before.id, &before.key_source, done)).await
        && moved
    {
        let message = format!("Nothing was changed, because the key of the old address could not be erased: {error}");
        return tell(facts, ConnectionFact::SaveFailed { message }).await;
    }
    if moved {
        connection.found_limit = None;
    }
    let stored = connection.clone();
    let saved = world
        .write(move |archive| {
            archive.save_connection(&stored)?;
            if moved { archive.set_found_limit(stored.id, None) } else { Ok(()) }
        })
        .await;
    if let Err(error) = saved {
        return tell(facts, ConnectionFact::SaveFailed { message: error.to_string() }).await;
    }
    let source = connection.key_source.clone();
    let mut key_problem = None;
    if let Some(key) = key
        && let Some(Err(error)) = reply(|done| world.safe.keep(connection.id, &source, key, done)).await
    {
        key_problem = Some(error.to_string());
        if is_new {
            // A new connection without its key would be in the way of the next try.
            let id = connection.id;
            world.write(move |archive| archive.remove_connection(id)).await.ok();
        }
    }
    if let Some(message) = key_problem {
        return tell(facts, ConnectionFact::SaveFailed { message }).await;
    }
    if let Some(key_state) = reply(|done| world.safe.state_of(connection.id, &source, done)).await {
        tell(facts, ConnectionFact::Saved { connection: Box::new(connection), key_state, added: is_new }).await;
    }
}

pub(super) async fn remove(world: &World, facts: &Facts, id: ConnectionId) {
    let connection = match world.connection(id).await {
        Ok(Some(connection)) => connection,
        Ok(None) => return tell(facts, ConnectionFact::Gone(id)).await,
        Err(error) => return facts.notice(NoticeLevel::Error, error.to_string()).await,
    };
    let source = connection.key_source.clone();
    // Once the connection is off the list, nobody could erase its key any more.
    if let Some(Err(error)) = reply(|done| world.safe.erase(id, &source, done)).await {
        let text = format!(
            "“{}” was not removed, because its key could not be erased. Unlock the keychain and remove it again: {error}",
            connection.name
        );
        return facts.notice(NoticeLevel::Error, text).await;
    }
    match world.write(move |archive| archive.remove_connection(id)).await {
        Ok(()) => tell(facts, ConnectionFact::Removed { id, name: connection.name }).await,
        Err(error) => facts.notice(NoticeLevel::Error, error.to_string()).await,
    }
}

pub(super) async fn look_up_key(world: &World, facts: &Facts, id: ConnectionId) {
    world.saves_ended().await;
    let Ok(Some(connection)) = world.connection(id).await else { return };
    if let Some(state) = reply(|done| world.safe.state_of(id, &connection.key_source, done)).await {
        tell(facts, ConnectionFact::Key { id, state }).await;
    }
}

/// Nothing is sent to a connection that somebody removed, not even for a run that was planned before.
pub(super) fn removed_words(name: &str) -> String {
    format!("“{name}” was removed; add it again and start a new run")
}

fn unread(error: &StoreError) -> String {
    format!("the connection could not be read: {error}")
}

/// The key of a connection, or why there is none. Refuses when the connection was moved to another origin meanwhile.
pub(super) async fn key_of(world: &World, connection: &Connection) -> Result<Option<ApiKey>, Failure> {
    let answered = reply(|done| world.safe.fetch(connection.id, &connection.key_source, done)).await;
    if connection.key_source != KeySource::None {
        let refused = |message: String| Err(Failure { kind: FailureKind::NoKey, message });
        match world.connection(connection.id).await {
            Ok(Some(current)) if Origin::of(&current.base_url) == Origin::of(&connection.base_url) => {}
            Ok(None) => return refused(removed_words(&connection.name)),
            Ok(Some(_)) => {
                return refused(format!("“{}” points to another address now, and its key is not sent to the old one", connection.name));
            }
            Err(error) => return refused(unread(&error)),
        }
    }
    match answered {
        Some(Ok(key)) => Ok(key),
        Some(Err(error)) => Err(Failure { kind: FailureKind::NoKey, message: error.to_string() }),
        None => Err(Failure { kind: FailureKind::NoKey, message: "the program is ending".to_owned() }),
    }
}

pub(super) async fn check_connection(world: &Arc<World>, facts: &Facts, id: ConnectionId, model: Option<String>) {
    world.saves_ended().await;
    let connection = match world.connection(id).await {
        Ok(Some(connection)) => world.with_live_url(connection).await,
        Ok(None) => return tell(facts, ConnectionFact::Gone(id)).await,
        Err(error) => return tell(facts, ConnectionFact::Checked(Box::new(not_begun(id, model, unread(&error))))).await,
    };
    let own = world.read(|archive| archive.own_prices()).await.unwrap_or_default();
    let key = key_of(world, &connection).await;
    let price = |model: &str| find_price(&connection, model, &own, &world.catalog);
    let (steps_out, mut steps) = tokio::sync::mpsc::channel(16);
    let forward = {
        let facts = facts.clone();
        async move {
            while let Some(step) = steps.recv().await {
                tell(&facts, ConnectionFact::CheckStepped { id, step }).await;
            }
        }
    };
    let checking = async {
        let mut on_step = |step: &crate::domain::CheckStep| {
            steps_out.try_send(step.clone()).ok();
        };
        let foreign_key = key.as_ref().ok().and_then(Option::as_ref).and_then(|key| world.presets.foreign_key(key, &connection));
        let input = CheckInput { connection: &connection, key, model, price: &price };
        let mut report = check(input, &mut on_step).await;
        report.foreign_key = foreign_key;
        drop(steps_out);
        report
    };
    let (report, ()) = tokio::join!(checking, forward);
    if report.passed()
        && let Some(model) = report.model.clone()
    {
        world.write(move |archive| archive.set_last_model(id, &model)).await.ok();
    }
    if let Some(model) = &report.model {
        for amendment in &report.learned {
            learn(world, facts, &connection, model, *amendment).await;
        }
    }
    let kept = report.clone();
    world.write(move |archive| archive.save_check(&kept)).await.ok();
    tell(facts, ConnectionFact::Checked(Box::new(report))).await;
}

/// The report of a check that ended before its first step; not worth keeping.
fn not_begun(id: ConnectionId, model: Option<String>, message: String) -> CheckReport {
    let outcome = CheckOutcome::Failed(Failure { kind: FailureKind::Internal, message });
    CheckReport {
        connection_id: id,
        at: Timestamp::now(),
        steps: vec![CheckStep { kind: CheckStepKind::Resolve, started_us: 0, took_us: 0, outcome }],
        model,
        models: Vec::new(),
        cost: Some(Decimal::ZERO),
        exchange: None,
        foreign_key: None,
        learned: Vec::new(),
    }
}

/// Keeps how the server of a connection wants requests to a model written, so that nobody finds it out again.
pub(super) async fn learn(world: &World, facts: &Facts, asked: &Connection, model: &str, amendment: Amendment) {
    let (id, model, asked) = (asked.id, model.to_owned(), asked.clone());
    let kept = model.clone();
    match world.write(move |archive| archive.learn(&asked, &kept, amendment)).await {
        Ok(true) => tell(facts, ConnectionFact::Learned { id, model, amendment }).await,
        // It was edited or removed meanwhile: what was learnt may not hold for it.
        Ok(false) => {}
        Err(error) => tracing::warn!("how a server wants its requests was not stored: {error}"),
    }
}

pub(super) async fn load_models(world: &World, facts: &Facts, id: ConnectionId) {
    world.saves_ended().await;
    let connection = match world.connection(id).await {
        Ok(Some(connection)) => world.with_live_url(connection).await,
        Ok(None) => return tell(facts, ConnectionFact::Gone(id)).await,
        Err(error) => {
            let result = Err(Failure { kind: FailureKind::Internal, message: unread(&error) });
            return tell(facts, ConnectionFact::Models { id, result }).await;
        }
    };
    let result = match key_of(world, &connection).await {
        Ok(key) => match world.cpu.run(move || HttpProvider::new(&connection, key)).await {
            Ok(Ok(provider)) => provider.models().await.map_err(|error| error.to_failure()),
            Ok(Err(error)) => Err(error.to_failure()),
            Err(_panicked) => Err(Failure { kind: FailureKind::Internal, message: "the HTTP client could not be made".to_owned() }),
        },
        Err(failure) => Err(failure),
    };
    tell(facts, ConnectionFact::Models { id, result }).await;
}

pub(super) async fn set_price(world: &World, facts: &Facts, price: OwnPrice) {
    let prices = world
        .write(move |archive| {
            archive.set_own_price(&price)?;
            archive.own_prices()
        })
        .await;
    prices_changed(facts, prices).await;
}

pub(super) async fn remove_price(world: &World, facts: &Facts, host: String, model: String) {
    let prices = world
        .write(move |archive| {
            archive.remove_own_price(&host, &model)?;
            archive.own_prices()
        })
        .await;
    prices_changed(facts, prices).await;
}

async fn prices_changed(facts: &Facts, prices: Result<Vec<OwnPrice>, StoreError>) {
    match prices {
        Ok(prices) => tell(facts, ConnectionFact::Prices(prices)).await,
        Err(error) => facts.notice(NoticeLevel::Error, error.to_string()).await,
    }
}
