//! What a provider itself says that the request cost, in US dollars.

use rust_decimal::Decimal;

use crate::domain::stated_cost;

use super::format::Answer;
use super::json::Json;

/// Ten decimal places: xAI counts in ticks (<https://docs.x.ai/developers/cost-tracking>).
const TICK_PLACES: u32 = 10;

/// Reads the cost beside or in the usage of a chunk, an event, or a whole answer. Later ones count, except a zero after something.
pub(super) fn read(json: &Json<'_>, answer: &mut Answer) {
    let told = json.get("usage").and_then(of_usage).or_else(|| of_event(json));
    if let Some(told) = told.and_then(stated_cost) {
        answer.stated_cost = Some(told).filter(|told| !told.is_zero()).or(answer.stated_cost).or(Some(told));
    }
}

fn of_usage(usage: &Json<'_>) -> Option<Decimal> {
    if let Some(Json::Integer(ticks)) = usage.get("cost_in_usd_ticks") {
        return Decimal::try_from_i128_with_scale(*ticks, TICK_PLACES).ok();
    }
    let cost = match usage.get("cost") {
        // Perplexity.
        Some(parts @ Json::Map(_)) => {
            let in_dollars = parts.get("currency").and_then(Json::text).is_none_or(|currency| currency.eq_ignore_ascii_case("usd"));
            parts.get("total_cost").filter(|_| in_dollars).and_then(amount)
        }
        Some(cost) => amount(cost),
        // DeepInfra.
        None => usage.get("estimated_cost").and_then(amount),
    };
    if usage.get("is_byok") == Some(&Json::Bool(true)) {
        // OpenRouter asked with the user's own key: beside its fee, what the maker charges there.
        return cost?.checked_add(amount(usage.at(&["cost_details", "upstream_inference_cost"])?)?);
    }
    cost
}

/// OpenCode's event after the answer, or in a ping.
fn of_event(json: &Json<'_>) -> Option<Decimal> {
    (json.get("x-opencode-type").and_then(Json::text) == Some("inference-cost")).then(|| amount(json.get("cost")?))?
}

fn amount(json: &Json<'_>) -> Option<Decimal> {
    match json {
        Json::Integer(number) => Decimal::try_from_i128_with_scale(*number, 0).ok(),
        // The shortest digits that mean this number, which are those that were sent.
        Json::Float(number) => amount_of(&format!("{number:e}")),
        Json::Text(text) => amount_of(text),
        _ => None,
    }
}

/// An amount as text: `0.00001`, `3.45e-05`.
pub(in crate::provider) fn amount_of(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}
