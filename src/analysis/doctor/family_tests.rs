//! Each refusal has one family, whatever words are put together.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::select;

use super::fixtures::{Sick, sick};
use super::phrases;
use crate::domain::{Cause, FailureKind, Role, Side, WireFormat};

/// Where deciding and dispatching stand: they alone know several families.
const DECIDING: [&str; 3] = ["diagnose.rs", "family.rs", "mod.rs"];
const FAMILIES: [&str; 17] = [
    "azure",
    "relay",
    "tls",
    "address",
    "answer",
    "context",
    "key",
    "limits",
    "model",
    "money",
    "network",
    "parameter",
    "program",
    "routing",
    "server",
    "timeouts",
    "wire",
];

fn sources() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/analysis/doctor");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()));
    named.filter(|(name, _)| !name.ends_with("_tests.rs")).collect()
}

#[test]
fn families_do_not_know_each_other() {
    for (file, text) in sources().iter().filter(|(file, _)| !DECIDING.contains(&file.as_str())) {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for family in FAMILIES {
            let named = text.lines().filter(|line| line.contains("super::")).any(|line| {
                let words: BTreeSet<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
                words.contains(family)
            });
            assert!(!named && !text.contains(&format!(" {family}::")), "{file} knows {family}");
        }
    }
}

#[test]
fn every_phrase_stands_in_a_table() {
    for (file, text) in sources() {
        for call in [".says(&[", ".is(&["] {
            let text = text.split("#[cfg(test)]").next().unwrap();
            assert!(!text.contains(call), "{file} has phrases of its own, which the tests do not reach");
        }
    }
    let words: Vec<&&str> = phrases::ALL.iter().copied().flatten().collect();
    assert!(words.len() > 100);
    assert!(words.iter().all(|word| !word.is_empty() && word.to_lowercase() == ***word), "tables hold lower case");
}

#[test]
fn a_limit_of_spending_beside_a_limit_of_tokens_is_one_of_tokens() {
    let body = r#"{"error":{"message":"Key limit exceeded (see error-code#token-limit)"}}"#;
    for (kind, status) in [(FailureKind::RateLimited, 429), (FailureKind::QuotaSpent, 429), (FailureKind::StreamError, 200)] {
        assert_eq!(sick(kind).status(status).body(body).seen().cause, Cause::TokenRate, "{kind:?}");
    }
}

/// Words of the doctor's own tables, as message and as code.
fn bodies() -> impl Strategy<Value = String> {
    let words: Vec<&str> = phrases::ALL.iter().copied().flatten().copied().collect();
    let some = || prop::collection::vec(select(words.clone()), 1..=3).prop_map(|words| words.join(" "));
    (some(), prop::option::of(select(words.clone())), prop::option::of(select(words.clone())), 0usize..4).prop_map(
        |(message, code, kind, shape)| {
            let error = serde_json::json!({ "message": message, "code": code, "type": kind });
            match shape {
                0 => error.to_string(),
                1 => serde_json::json!({ "detail": message }).to_string(),
                _ => serde_json::json!({ "error": error }).to_string(),
            }
        },
    )
}

fn assert_sensible(one: &Sick) {
    let found = one.seen();
    let (happened, to_do) = (found.happened.trim(), found.to_do.trim());
    assert!(happened.len() > 10 && happened.ends_with(['.', '”']), "{found:?}");
    assert!(to_do.len() > 10, "{found:?}");
    assert!(!happened.contains("  ") && !to_do.contains("  ") && !happened.contains(".."), "{found:?}");
    let spoken_of = matches!(one.failure.kind, FailureKind::StreamError | FailureKind::Malformed);
    assert!(found.side != Side::Unclear || found.open.is_some() || spoken_of, "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_refusal_comes_to_an_end(
        body in bodies(),
        kind in select(FailureKind::ALL),
        status in prop::option::of(prop_oneof![100u16..600, select(vec![200u16, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529])]),
        role in select(vec![Role::Official, Role::Relay, Role::Local, Role::Demo]),
        wire in select(WireFormat::ALL.to_vec()),
        url in select(vec!["https://api.test/v1", "https://api.openai.com/v1", "http://127.0.0.1:1234", "https://x.openai.azure.com/openai"]),
        has_text in any::<bool>(),
    ) {
        let mut one = sick(kind).body(&body).at(url);
        (one.http_status, one.has_text, one.connection.role, one.connection.wire) = (status, has_text, role, wire);
        assert_sensible(&one);
    }
}

/// Every pair of phrases under every status that servers refuse with.
#[test]
fn every_pair_of_phrases_comes_to_an_end() {
    let words: Vec<&str> = phrases::ALL.iter().copied().flatten().copied().collect();
    for (index, one) in words.iter().enumerate() {
        for other in &words[index..] {
            let body = serde_json::json!({ "error": { "message": format!("{one} {other}"), "code": other } }).to_string();
            for (kind, status) in [
                (FailureKind::RateLimited, 429),
                (FailureKind::QuotaSpent, 429),
                (FailureKind::Unauthorized, 401),
                (FailureKind::Forbidden, 403),
                (FailureKind::BadRequest, 400),
                (FailureKind::ServerError, 500),
                (FailureKind::StreamError, 200),
            ] {
                assert_sensible(&sick(kind).status(status).body(&body));
            }
        }
    }
}
