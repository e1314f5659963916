//! YAML within a budget: no alias bombs, no endless depth, no duplicate keys, no includes.

use serde::de::DeserializeSeed as _;
use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{SnippetMode, UserMessageFormatter};

use super::ImportError;
use super::value::{Bounded, ValueBudget};

/// Reads one YAML document.
pub(super) fn parse(text: &str) -> Result<Value, ImportError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 1_000_000, max_events: 3_000_000, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        emit_comments: false,
    };
    let budget = ValueBudget::for_file();
    let value =
        serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| Bounded(&budget).deserialize(deserializer));
    value.map_err(|error| {
        let plain = serde_saphyr::render_options! { formatter: &UserMessageFormatter, snippets: SnippetMode::Off };
        ImportError::Yaml { reason: error.render_with_options(plain).chars().take(200).collect() }
    })
}
