//! YAML within a budget: no alias bombs, no endless depth, no duplicate keys, no includes.

use serde::de::DeserializeSeed as _;
use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, ExternalMessageSource, SnippetMode, UserMessageFormatter};

use super::ImportError;
use super::collect::{Collector, shortened};
use super::numbers::that_lose_digits;
use super::value::{Bounded, ValueBudget};

/// Reads one YAML document. Numbers with too many digits are told.
pub(super) fn parse(text: &str, collector: &mut Collector) -> Result<Value, ImportError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 1_000_000, max_events: 3_000_000, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        emit_comments: false,
    };
    let long = that_lose_digits(text);
    let budget = ValueBudget::watching(long.iter().map(|(_, float)| *float));
    let value =
        serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| Bounded(&budget).deserialize(deserializer));
    let value = value.map_err(|error| ImportError::Yaml { reason: reason_of(&error) })?;
    for ((number, float), _) in long.iter().zip(budget.seen()).filter(|(_, seen)| *seen) {
        let message = format!("the number {} has too many digits and is read as {float:e}; put it in quotes to keep it", shortened(number));
        collector.warn(None, message);
    }
    Ok(value)
}

fn reason_of(error: &Error) -> String {
    if let Some(bound) = passed_bound(error) {
        let place = error.location().map(|at| format!("line {}, column {}: ", at.line(), at.column()));
        return place.unwrap_or_default() + bound;
    }
    let plain = serde_saphyr::render_options! { formatter: &UserMessageFormatter, snippets: SnippetMode::Off };
    error.render_with_options(plain).chars().take(200).collect()
}

/// The parser's own bounds in words; it would write them as code.
fn passed_bound(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => return passed_bound(error),
        Error::ExternalMessage { source, .. } => match source.as_ref() {
            ExternalMessageSource::Parser(fault) if matches!(fault.kind(), ErrorKind::RecursionLimitExceeded) => "nested too deeply",
            _ => return None,
        },
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => "aliases grow too large",
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Aliases { .. }
            | BudgetBreach::Anchors { .. }
            | BudgetBreach::AliasAnchorRatio { .. }
            | BudgetBreach::MergeKeys { .. }
            | BudgetBreach::RecordedAnchorEvents { .. }
            | BudgetBreach::RecordedAnchorBytes { .. } => "aliases grow too large",
            BudgetBreach::Depth { .. } => "nested too deeply",
            BudgetBreach::Documents { .. } => "there are several documents; only one can be read",
            _ => "there is too much in it; split it into smaller files",
        },
        _ => return None,
    })
}
