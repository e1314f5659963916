//! The `tests` and the `defaultTest` of a configuration.

use serde_json::{Map, Value};

use crate::domain::KeptChecks;
use crate::interchange::import::collect::{Collector, shortened};
use crate::interchange::import::value::{as_text, kind_of};

use super::vars::Vars;

/// Kept with the checks of a case, for later.
const KEPT: [&str; 3] = ["assert", "threshold", "metadata"];

/// One test, with the defaults in it.
pub(super) struct TestEntry {
    /// From 1.
    pub(super) number: u64,
    pub(super) description: Option<String>,
    pub(super) vars: Vars,
    pub(super) checks: KeptChecks,
}

impl TestEntry {
    /// How many combinations its variables make, at least 1.
    pub(super) fn combinations(&self) -> usize {
        self.vars.combinations()
    }
}

/// What holds for all tests.
#[derive(Default)]
pub(super) struct DefaultTest {
    pub(super) vars: Vars,
    checks: KeptChecks,
}

impl DefaultTest {
    pub(super) fn read(value: Value, collector: &mut Collector) -> Self {
        let mut fields = match value {
            Value::Null => return Self::default(),
            Value::Object(fields) => fields,
            Value::String(path) => {
                collector.warn(None, format!("“defaultTest” is in “{}”, which is not read", shortened(&path)));
                return Self::default();
            }
            other => {
                collector.warn(None, format!("“defaultTest” is {} and is not taken", kind_of(&other)));
                return Self::default();
            }
        };
        let expands = expands_lists(&fields);
        let vars = Vars::read(fields.remove("vars").unwrap_or_default(), expands).unwrap_or_else(|reason| {
            collector.warn(None, format!("defaultTest: {reason}"));
            Vars::default()
        });
        fields.remove("description");
        let checks = take_checks(&mut fields);
        name_unsupported("defaultTest", fields, collector);
        Self { vars, checks }
    }
}

/// Reads one test. The error is a reason for a person.
pub(super) fn read_test(number: u64, entry: Value, defaults: &DefaultTest, collector: &mut Collector) -> Result<TestEntry, String> {
    let mut fields = match entry {
        Value::Object(fields) => fields,
        Value::String(path) => return Err(format!("it stands in “{}”, which is not read", shortened(&path))),
        other => return Err(format!("it is {}, not a test", kind_of(&other))),
    };
    let expands = expands_lists(&fields);
    let own = Vars::read(fields.remove("vars").unwrap_or_default(), expands)?;
    let vars = defaults.vars.overridden_by(own);
    vars.warn_of_templates(number, collector);
    let description = fields.remove("description").and_then(as_text);
    let mut checks = defaults.checks.clone();
    for (name, value) in take_checks(&mut fields) {
        match (checks.get_mut(&name), value) {
            // Assertions add up, as in promptfoo; anything else takes the default's place.
            (Some(Value::Array(all)), Value::Array(own)) if name == "assert" => all.extend(own),
            (_, value) => {
                checks.insert(name, value);
            }
        }
    }
    name_unsupported(&format!("test {number}"), fields, collector);
    Ok(TestEntry { number, description, vars, checks })
}

fn expands_lists(fields: &Map<String, Value>) -> bool {
    fields.get("options").and_then(|options| options.get("disableVarExpansion")).and_then(Value::as_bool) != Some(true)
}

fn take_checks(fields: &mut Map<String, Value>) -> KeptChecks {
    KEPT.iter().filter_map(|name| Some(((*name).to_owned(), fields.remove(*name).filter(|value| !value.is_null())?))).collect()
}

/// Names what is left over: providers, transforms, prefixes, prompt filters.
fn name_unsupported(place: &str, fields: Map<String, Value>, collector: &mut Collector) {
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::Object(options) if name == "options" => {
                for option in options.keys().filter(|option| *option != "disableVarExpansion") {
                    collector.warn(None, format!("{place}: “options.{}” is not taken", shortened(option)));
                }
            }
            _ => collector.warn(None, format!("{place}: “{}” is not taken", shortened(&name))),
        }
    }
}
