//! JSON and JSON Lines: a list of prompts, one a line or element.

use serde::de::DeserializeSeed as _;
use serde_json::Value;

use super::collect::Collector;
use super::numbers::with_all_digits;
use super::promptfoo;
use super::record::read_record;
use super::value::{Bounded, ValueBudget, kind_of};
use super::{Format, ImportError};

/// Why a text is no JSON value that could be read, and where.
pub(super) struct JsonFault {
    /// From 1.
    line: usize,
    /// From 1.
    column: usize,
    /// For a person, without the place.
    pub(super) reason: String,
}

/// Reads one JSON value that spans the text. A number with too many digits becomes a text.
pub(super) fn parse(text: &str, budget: &ValueBudget) -> Result<Value, JsonFault> {
    let text = with_all_digits(text);
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let read = Bounded(budget).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| JsonFault {
        line: error.line(),
        column: error.column(),
        reason: budget.passed().map_or_else(|| format!("not valid JSON ({})", bare_reason(&error)), |bound| bound.to_string()),
    })
}

/// Reads a whole JSON file.
pub(super) fn read_json(text: &str, collector: &mut Collector) -> Result<Format, ImportError> {
    let value =
        parse(text, &ValueBudget::for_file()).map_err(|JsonFault { line, column, reason }| ImportError::Json { line, column, reason })?;
    read_document(value, Format::Json, collector)
}

/// Reads a parsed document: a promptfoo configuration, a list of prompts, `{"cases": […]}`, or a single prompt.
pub(super) fn read_document(value: Value, format: Format, collector: &mut Collector) -> Result<Format, ImportError> {
    match value {
        Value::Object(config) if promptfoo::is_config(&config) => {
            promptfoo::read_config(config, collector)?;
            Ok(Format::PromptfooYaml)
        }
        Value::Object(mut wrapper) if wrapper.get("cases").is_some_and(Value::is_array) => {
            read_document(wrapper.remove("cases").unwrap_or_default(), format, collector)
        }
        Value::Array(records) => {
            for (number, record) in (1..).zip(records) {
                let case = read_record(record, collector);
                collector.take(number, case)?;
            }
            Ok(format)
        }
        Value::Object(_) => {
            let case = read_record(value, collector);
            collector.take(1, case)?;
            Ok(format)
        }
        other => Err(ImportError::Shape(format!("the file holds {}, not a list of prompts", kind_of(&other)))),
    }
}

/// Reads JSON Lines; a broken line is a problem of that line alone.
pub(super) fn read_lines(text: &str, collector: &mut Collector) -> Result<(), ImportError> {
    let budget = ValueBudget::for_file();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let case = match parse(line, &budget) {
            Ok(record) => read_record(record, collector),
            Err(fault) => Err(format!("column {}: {}", fault.column, fault.reason)),
        };
        collector.take(number, case)?;
    }
    Ok(())
}

/// The parser's words without their place, which is told apart.
fn bare_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map(|(reason, _)| reason.to_owned()).unwrap_or(text)
}
