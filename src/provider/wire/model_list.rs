//! Model lists: `{"data": [{"id"}]}` as at OpenAI, a bare list (Together), `{"models": [{"name"}]}` (Ollama, Cohere), or plain texts.

use std::collections::HashSet;

use super::Unreadable;
use super::error_body::ErrorBody;
use super::json::Json;

/// Ids kept.
const MOST_MODELS: usize = 10_000;

/// Reads Gemini's list: without the models that answer no prompts, and without `models/` before each.
pub(super) fn read_gemini(body: &str) -> Result<Vec<String>, Unreadable> {
    let json = Json::parse(body)?;
    let entries = match json.get("models") {
        Some(Json::List(entries)) => entries.as_slice(),
        // With no models there is no list either.
        None if json == Json::Map(Vec::new()) => &[],
        _ => return Err(Unreadable::NoAnswer),
    };
    let generates = |entry: &&Json<'_>| {
        let methods = entry.get("supportedGenerationMethods").map_or(&[][..], Json::elements);
        methods.is_empty() || methods.iter().filter_map(Json::text).any(|method| method == "generateContent")
    };
    let names = entries.iter().filter(generates).filter_map(|entry| entry.get("name").and_then(Json::text));
    Ok(sound(names.map(|name| name.strip_prefix("models/").unwrap_or(name))))
}

fn id_of<'a>(entry: &'a Json<'_>) -> Option<&'a str> {
    ["id", "model", "name"].iter().find_map(|field| entry.get(field).and_then(Json::text)).or_else(|| entry.text())
}

/// What can be a model's id, each once.
fn sound<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    ids.filter(|id| !id.is_empty() && id.len() <= 300 && !id.contains(char::is_control) && seen.insert(*id))
        .take(MOST_MODELS)
        .map(str::to_owned)
        .collect()
}

/// Reads a list: ids as given, in order, each once, without those that no model can have.
pub(super) fn read(body: &str) -> Result<Vec<String>, Unreadable> {
    let json = Json::parse(body)?;
    let entries = match (&json, json.get("data"), json.get("models")) {
        (Json::List(entries), _, _) | (_, Some(Json::List(entries)), _) | (_, _, Some(Json::List(entries))) => entries.as_slice(),
        (Json::Map(fields), None, None)
            if fields.iter().any(|(name, _)| name == "data") && ErrorBody::in_place_of_answer(&json).is_none() =>
        {
            &[]
        }
        _ => return Err(Unreadable::NoAnswer),
    };
    Ok(sound(entries.iter().filter_map(id_of)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_in_order_without_doubles() {
        assert_eq!(read(include_str!("../../../tests/fixtures/providers/llama_cpp/models.json")).unwrap(), ["gemma-3-270m"]);
        assert_eq!(read(r#"{"object":"list","data":[{"id":"b"},{"id":"a"},{"id":"b"},{"id":""},{"id":7},null]}"#).unwrap(), ["b", "a"]);
        assert_eq!(read(r#"[{"id":"x/y"}]"#).unwrap(), ["x/y"]);
        assert_eq!(read(r#"{"models":[{"name":"n"}]}"#).unwrap(), ["n"]);
        assert_eq!(read(r#"{"data":["p","q"]}"#).unwrap(), ["p", "q"]);
        assert_eq!(read(r#"{"object":"list","data":null}"#).unwrap(), [""; 0]);
        assert_eq!(read("{}"), Err(Unreadable::NoAnswer));
        assert_eq!(read("<html>"), Err(Unreadable::NotJson));
    }

    #[test]
    fn geminis_list_is_read_without_what_answers_nothing() {
        let list = include_str!("../../../tests/fixtures/providers/gemini/models.json");
        assert_eq!(read_gemini(list).unwrap(), ["gemini-2.5-flash", "gemini-3-pro-preview"]);
        assert_eq!(read_gemini("{}").unwrap(), [""; 0]);
        assert_eq!(read_gemini(r#"{"data":[]}"#), Err(Unreadable::NoAnswer));
        assert_eq!(read_gemini("<html>"), Err(Unreadable::NotJson));
    }

    #[test]
    fn a_hostile_list_is_capped() {
        let body = serde_json::json!((0..20_000).map(|n| format!("m{n}")).collect::<Vec<_>>()).to_string();
        assert_eq!(read(&body).unwrap().len(), MOST_MODELS);
        assert_eq!(read(&format!("[{}0]", "{},".repeat(2_000_000))), Err(Unreadable::TooManyValues));
        assert_eq!(read("[\"a\\u0000b\", \"ok\"]").unwrap(), ["ok"]);
    }
}
