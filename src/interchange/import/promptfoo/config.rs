//! The configuration as a whole.

use serde_json::{Map, Value};

use crate::domain::{Case, KeptChecks, PromptBody, Speaker};
use crate::interchange::import::collect::{Collector, shortened};
use crate::interchange::import::value::kind_of;
use crate::interchange::import::{ImportError, MAX_CASES};

use super::nunjucks;
use super::prompts::{default_prompt, read_prompts};
use super::test_entries::{DefaultTest, TestEntry, read_test};

/// Top-level keys that say nothing about prompts and are passed over in silence.
const SILENT: [&str; 4] = ["description", "tags", "$schema", "metadata"];

/// An object that is a configuration and not a single prompt.
pub(in crate::interchange::import) fn is_config(fields: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    has(&["prompts", "tests", "scenarios", "providers", "targets"]) && !has(&["prompt", "messages", "conversations", "input"])
}

/// Every prompt with every combination of variables of every test.
pub(in crate::interchange::import) fn read_config(mut config: Map<String, Value>, collector: &mut Collector) -> Result<(), ImportError> {
    let given_prompts = config.remove("prompts");
    let named_prompts = given_prompts.is_some();
    let mut prompts = read_prompts(given_prompts.unwrap_or_default(), collector);
    let defaults = DefaultTest::read(config.remove("defaultTest").unwrap_or_default(), collector);
    let named_tests = config.contains_key("tests");
    let tests = read_tests(config.remove("tests").unwrap_or_default(), &defaults, collector);
    name_unsupported(config, collector);
    if !named_prompts && named_tests && !tests.is_empty() {
        // As promptfoo does when a configuration has tests only.
        prompts.push(default_prompt());
    }
    for prompt in &prompts {
        nunjucks::warn_of_expressions(prompt, &tests, collector);
    }
    let combinations = tests.iter().map(|test| test.combinations()).fold(0usize, usize::saturating_add);
    if combinations.saturating_mul(prompts.len()) > MAX_CASES {
        return Err(ImportError::TooManyCases);
    }
    for test in &tests {
        for vars in test.vars.expand() {
            for prompt in &prompts {
                let case = Case {
                    id: String::new(),
                    body: prompt.body.clone(),
                    vars: vars.clone(),
                    images: Vec::new(),
                    expected: None,
                    description: test.description.clone().or_else(|| prompt.label.clone()),
                    tags: Vec::new(),
                    checks: test.checks.clone(),
                };
                collector.take(test.number, checked(case))?;
            }
        }
    }
    Ok(())
}

/// A conversation has to end with the user's turn.
fn checked(case: Case) -> Result<Case, String> {
    match &case.body {
        PromptBody::Messages(turns) if turns.last().is_none_or(|turn| turn.role != Speaker::User) => {
            Err("the conversation does not end with the user's turn".to_owned())
        }
        _ => Ok(case),
    }
}

/// Without tests every prompt stands once, with the defaults.
fn read_tests(tests: Value, defaults: &DefaultTest, collector: &mut Collector) -> Vec<TestEntry> {
    let entries = match tests {
        Value::Null => return vec![TestEntry { number: 1, description: None, vars: defaults.vars.clone(), checks: KeptChecks::new() }],
        Value::Array(entries) => entries,
        Value::String(path) => {
            collector.warn(None, format!("the tests are in “{}”, which is not read; import that file by itself", shortened(&path)));
            return Vec::new();
        }
        other => {
            collector.warn(None, format!("“tests” is {}, not a list, and is not taken", kind_of(&other)));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        match read_test(number, entry, defaults, collector) {
            Ok(test) => read.push(test),
            Err(reason) => collector.skip(number, format!("test {number}: {reason}")),
        }
    }
    read
}

fn name_unsupported(config: Map<String, Value>, collector: &mut Collector) {
    for (name, value) in config {
        match (name.as_str(), value) {
            (name, _) if SILENT.contains(&name) => {}
            (_, Value::Null) => {}
            ("providers" | "targets", value) => {
                let names = provider_names(&value);
                collector.warn(None, format!("“{name}” is not taken{names}; choose the targets in Assay"));
            }
            (_, Value::String(path)) if path.starts_with("file://") => {
                collector.warn(None, format!("“{}” is not taken, and “{}” is not read", shortened(&name), shortened(&path)));
            }
            _ => collector.warn(None, format!("“{}” is not taken", shortened(&name))),
        }
    }
}

fn provider_names(providers: &Value) -> String {
    let list = match providers {
        Value::Array(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    let name = |provider: &Value| match provider {
        Value::String(name) => Some(shortened(name)),
        Value::Object(fields) => {
            fields.get("id").and_then(Value::as_str).or_else(|| fields.keys().next().map(String::as_str)).map(shortened)
        }
        _ => None,
    };
    let names: Vec<String> = list.iter().filter_map(name).take(8).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}
