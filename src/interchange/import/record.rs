//! One prompt as a JSON value: our own export, chat messages, OpenAI evals and Batch, ShareGPT.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::{Case, Image, KeptChecks, PromptBody};

use super::chat::{read_image, read_turns, split_answer, with_system};
use super::collect::{Collector, shortened};
use super::value::{as_text, kind_of};

/// Reads one element or line. The error is a reason for a person.
pub(super) fn read_record(record: Value, collector: &mut Collector) -> Result<Case, String> {
    let mut fields = match record {
        Value::String(prompt) => return Ok(Case::single("", "", &prompt)),
        Value::Object(fields) => fields,
        other => return Err(format!("{} stands where a prompt was expected", kind_of(&other))),
    };
    unwrap_batch(&mut fields);
    let system = take(&mut fields, &["system"]).and_then(as_text).unwrap_or_default();
    let (body, answer) = read_body(&mut fields, system)?;
    let mut checks = match fields.remove("checks") {
        Some(Value::Object(checks)) => checks,
        Some(other) if !other.is_null() => KeptChecks::from_iter([("checks".to_owned(), other)]),
        _ => KeptChecks::new(),
    };
    if let Some(assertions) = take(&mut fields, &["assert"]) {
        checks.insert("assert".to_owned(), assertions);
    }
    let mut expected = take(&mut fields, &["expected", "ideal"]).and_then(|expected| first_of(expected, &mut checks)).and_then(as_text);
    if answer.is_some() {
        collector.answer_moved();
        expected = expected.or(answer);
    }
    let case = Case {
        id: take(&mut fields, &["id", "custom_id"]).and_then(as_text).unwrap_or_default(),
        body,
        vars: read_vars(take(&mut fields, &["vars"]))?,
        images: read_images(take(&mut fields, &["images"]))?,
        expected,
        description: take(&mut fields, &["description"]).and_then(as_text),
        tags: take(&mut fields, &["tags"]).map(read_tags).unwrap_or_default(),
        checks,
    };
    for (name, value) in fields {
        if !value.is_null() {
            collector.ignore_field(name);
        }
    }
    Ok(case)
}

/// Takes out the first field that holds something.
fn take(fields: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    names.iter().find_map(|name| fields.get_mut(*name).map(Value::take).filter(|value| !value.is_null()))
}

/// An OpenAI Batch line carries the request in `body`.
fn unwrap_batch(fields: &mut Map<String, Value>) {
    if !fields.get("body").is_some_and(Value::is_object) {
        return;
    }
    if let Some(Value::Object(body)) = fields.remove("body") {
        fields.remove("method");
        fields.remove("url");
        for (name, value) in body {
            fields.entry(name).or_insert(value);
        }
    }
}

fn read_body(fields: &mut Map<String, Value>, system: String) -> Result<(PromptBody, Option<String>), String> {
    let known = fields.keys().take(8).map(|name| format!("“{}”", shortened(name))).collect::<Vec<_>>().join(", ");
    match take(fields, &["messages", "conversations", "prompt", "input"]) {
        Some(Value::Array(turns)) => {
            let (turns, answer) = split_answer(with_system(read_turns(turns)?, &system))?;
            Ok((PromptBody::Messages(turns), answer))
        }
        Some(Value::String(prompt)) => Ok((PromptBody::Template { system, prompt }, None)),
        Some(other) => Err(format!("the prompt is {}, not a text or a list of messages", kind_of(&other))),
        None => Err(format!("there is neither a prompt nor messages; its fields are {known}")),
    }
}

/// OpenAI evals allow several ideal answers: the first is the reference, all are kept.
fn first_of(expected: Value, checks: &mut KeptChecks) -> Option<Value> {
    let Value::Array(mut all) = expected else { return Some(expected) };
    if all.len() > 1 {
        checks.insert("ideal".to_owned(), Value::Array(all.clone()));
    }
    (!all.is_empty()).then(|| all.swap_remove(0))
}

fn read_vars(vars: Option<Value>) -> Result<BTreeMap<String, String>, String> {
    match vars {
        None => Ok(BTreeMap::new()),
        Some(Value::Object(vars)) => Ok(vars.into_iter().filter_map(|(name, value)| Some((name, as_text(value)?))).collect()),
        Some(other) => Err(format!("“vars” is {}, not an object of names and values", kind_of(&other))),
    }
}

fn read_images(images: Option<Value>) -> Result<Vec<Image>, String> {
    let images = match images {
        None => return Ok(Vec::new()),
        Some(Value::Array(images)) => images,
        Some(one) => vec![one],
    };
    let read = |(number, image)| read_image(&image).map_err(|reason| format!("picture {number} cannot be taken: {reason}"));
    (1..).zip(images).map(read).collect()
}

fn read_tags(tags: Value) -> Vec<String> {
    match tags {
        Value::Array(tags) => tags.into_iter().filter_map(as_text).collect(),
        other => as_text(other).map(|text| split_tags(&text)).unwrap_or_default(),
    }
}

/// Labels from one text: a JSON array of texts, else separated by commas.
pub(super) fn split_tags(text: &str) -> Vec<String> {
    if text.starts_with('[')
        && let Ok(tags) = serde_json::from_str(text)
    {
        return tags;
    }
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}
