//! Variables of tests, whose lists stand for one combination an element.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::interchange::import::collect::{Collector, shortened};
use crate::interchange::import::value::{as_text, kind_of};

/// Every variable with its values; a case has one of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(BTreeMap<String, Vec<String>>);

impl Vars {
    /// Reads `vars`; with `expands`, a list is several values. The error is a reason for a person.
    pub(super) fn read(value: Value, expands: bool) -> Result<Self, String> {
        let fields = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            Value::String(path) => return Err(format!("its “vars” are in “{}”, which is not read", shortened(&path))),
            other => return Err(format!("its “vars” are {}, not names with values", kind_of(&other))),
        };
        let mut vars = BTreeMap::new();
        for (name, value) in fields {
            let values: Vec<String> = match value {
                Value::Array(list) if expands => list.into_iter().filter_map(as_text).collect(),
                single => as_text(single).into_iter().collect(),
            };
            if let Some(source) = values.iter().find(|value| value.trim_start().starts_with("file://")) {
                return Err(format!("the value of “{}” stands in “{}”, which is not read", shortened(&name), shortened(source)));
            }
            // An empty list or null is a variable without a value.
            if !values.is_empty() {
                vars.insert(name, values);
            }
        }
        Ok(Self(vars))
    }

    /// These, with `own` taking the place of those of the same name.
    pub(super) fn overridden_by(&self, own: Self) -> Self {
        let mut vars = self.0.clone();
        vars.extend(own.0);
        Self(vars)
    }

    /// The variable has a value in every combination.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The size of the cross product, at least 1.
    pub(super) fn combinations(&self) -> usize {
        self.0.values().map(Vec::len).fold(1, usize::saturating_mul)
    }

    /// The cross product; the last name varies fastest.
    pub(super) fn expand(&self) -> Vec<BTreeMap<String, String>> {
        let mut all = vec![BTreeMap::new()];
        for (name, values) in &self.0 {
            all = all
                .into_iter()
                .flat_map(|combination| {
                    values.iter().map(move |value| {
                        let mut combination = combination.clone();
                        combination.insert(name.clone(), value.clone());
                        combination
                    })
                })
                .collect();
        }
        all
    }

    /// promptfoo renders values too; here a value is never a template.
    pub(super) fn warn_of_templates(&self, test: u64, collector: &mut Collector) {
        for (name, values) in &self.0 {
            if values.iter().any(|value| value.contains("{{") || value.contains("{%")) {
                collector.warn(Some(test), format!("test {test}: the value of “{}” holds braces, which are kept as text", shortened(name)));
            }
        }
    }
}
