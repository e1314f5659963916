//! `assay price set`.

use jiff::Zoned;
use serde_json::json;

use crate::app::{Command, ConnectionCommand, ConnectionFact, Fact};
use crate::domain::{Money, OwnPrice, Price, PriceStanding, TargetSpec};

use super::arguments::PriceOptions;
use super::connection::find;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::number;
use super::session::Session;

/// Keeps one's own price of a model at a connection; it holds for runs that are planned from now on.
pub(super) fn set(session: &mut Session<'_>, options: PriceOptions) -> Result<Exit, CliError> {
    let PriceOptions { model, input, cached_input, cache_write, output, currency } = options;
    let target: TargetSpec = model.parse().map_err(|error| CliError::Input(format!("{error}")))?;
    if !target.params.is_empty() || target.label.is_some() {
        return Err(CliError::Input(
            "a price is for CONNECTION/MODEL, without parameters and label; a “#” in a model's id is written %23, a “?” %3F".to_owned(),
        ));
    }
    let connection = find(session, &target.connection)?;
    let dated = Some(Zoned::now().date());
    let mut price = Price { dated, ..Price::flat(input, output, currency.clone(), PriceStanding::Own, "set by hand") };
    for tier in &mut price.tiers {
        (tier.cached_input_per_million, tier.cache_write_per_million) = (cached_input, cache_write);
    }
    let tiers = session.state.price_of(&connection, &target.model).map_or(0, |known| known.tiers.len());
    if tiers > 1 {
        session.console.note(&format!("this replaces {tiers} price tiers by one, for requests of any length"));
    }
    let own = OwnPrice { host: connection.price_host(), model: target.model, price };
    let effects = session.wish(Command::Connections(ConnectionCommand::SetPrice(Box::new(own.clone()))));
    session.ask(effects, |fact| matches!(fact, Fact::Connections(ConnectionFact::Prices(_))).then_some(Ok(())))?;
    let shown = |amount| Money { amount, currency: currency.clone() }.exact();
    session.console.answer(
        || {
            json!({
                "connection": connection.name,
                "model": own.model,
                "host": own.host,
                "input_per_million": number(input),
                "cached_input_per_million": cached_input.map(number),
                "cache_write_per_million": cache_write.map(number),
                "output_per_million": number(output),
                "currency": currency.code(),
            })
        },
        || {
            let (model, name, input, output) = (&own.model, &connection.name, shown(input), shown(output));
            let cache = [(cached_input, "cached"), (cache_write, "to write to the cache")];
            let rates: Vec<String> = cache.into_iter().filter_map(|(amount, what)| Some(format!("{} {what}", shown(amount?)))).collect();
            let rates = if rates.is_empty() { String::new() } else { format!(" ({})", rates.join(", ")) };
            format!("{model} at {name}: {input}{rates} per million input tokens, {output} per million output tokens\n")
        },
    );
    Ok(Exit::Done)
}
