//! Schemas and tools in a report: their build stays, since services refuse them for it; every word of a person's own goes, names of fields too.

use serde_json::{Map, Value};

/// Fields of a request that hold a schema or tools. `text` holds one where it is an object.
const HOLDERS: [&str; 7] =
    ["response_format", "tools", "functions", "output_config", "responseJsonSchema", "responseSchema", "json_schema"];

/// Keywords of JSON Schema and of what the wire formats put around it. Any other name is a person's own.
const KEYWORDS: [&str; 61] = [
    "type",
    "properties",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "required",
    "enum",
    "const",
    "default",
    "example",
    "examples",
    "title",
    "description",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$defs",
    "definitions",
    "$ref",
    "$schema",
    "$id",
    "nullable",
    "propertyOrdering",
    "name",
    "function",
    "functionDeclarations",
    "parameters",
    "parametersJsonSchema",
    "input_schema",
    "strict",
    "schema",
    "json_schema",
    "effort",
];
/// Keywords whose fields have names of a person's own.
const NAMED: [&str; 6] = ["properties", "patternProperties", "dependentSchemas", "dependentRequired", "$defs", "definitions"];
/// Keywords whose values are a person's own, whatever they are.
const OWN_VALUES: [&str; 5] = ["enum", "const", "default", "example", "examples"];
/// Words that nobody made up: types, formats and efforts.
const COMMON_WORDS: [&str; 30] = [
    "object",
    "array",
    "string",
    "number",
    "integer",
    "boolean",
    "null",
    "json_schema",
    "json_object",
    "text",
    "function",
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uuid",
    "int32",
    "int64",
    "none",
    "minimal",
    "low",
    "medium",
    "high",
    "xhigh",
    "max",
];

/// The field of this name holds a schema or tools.
pub(super) fn holds_schema(name: &str, value: &Value) -> bool {
    HOLDERS.contains(&name) || (name == "text" && value.is_object())
}

/// Takes every word of a person's own out of a schema, or of what holds one.
pub(super) fn redact_schema(json: &mut Value) {
    redact_value(json, false);
}

/// `may_be_common`: a text that is a word of the standard stays.
fn redact_value(json: &mut Value, may_be_common: bool) {
    match json {
        Value::String(text) if may_be_common && COMMON_WORDS.contains(&text.as_str()) => {}
        Value::String(text) => *json = left_out(text),
        Value::Array(elements) => elements.iter_mut().for_each(|element| redact_value(element, may_be_common)),
        Value::Object(fields) => redact_fields(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_fields(fields: &mut Map<String, Value>) {
    let mut unknown = 0;
    let kept = std::mem::take(fields).into_iter().map(|(name, mut value)| {
        if !KEYWORDS.contains(&name.as_str()) {
            unknown += 1;
            return (format!("[name {unknown}]"), left_out(&value.to_string()));
        }
        match &mut value {
            Value::Object(named) if NAMED.contains(&name.as_str()) => rename(named),
            value if OWN_VALUES.contains(&name.as_str()) => *value = left_out(&value.to_string()),
            value => redact_value(value, matches!(name.as_str(), "type" | "format" | "effort")),
        }
        (name, value)
    });
    *fields = kept.collect();
}

fn rename(fields: &mut Map<String, Value>) {
    let renamed = std::mem::take(fields).into_iter().enumerate().map(|(index, (_, mut value))| {
        redact_value(&mut value, false);
        (format!("[name {}]", index + 1), value)
    });
    *fields = renamed.collect();
}

fn left_out(text: &str) -> Value {
    Value::String(super::report::left_out(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::report::without_prompt;
    use super::*;

    #[test]
    fn a_schema_keeps_its_build_and_loses_its_words() {
        let mut schema = json!({
            "type": "json_schema",
            "json_schema": { "name": "invoice", "strict": true, "schema": {
                "type": ["object", "null"],
                "properties": { "iban": { "type": "string", "minLength": 15, "format": "uuid", "pattern": "^DE" }, "sum": { "type": "number", "enum": [4711] } },
                "required": ["iban"],
                "x-note": { "to": "somebody" },
                "additionalProperties": false,
            } },
        });
        redact_schema(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "json_schema",
                "json_schema": { "name": "[7 characters left out]", "strict": true, "schema": {
                    "type": ["object", "null"],
                    "properties": {
                        "[name 1]": { "type": "string", "minLength": 15, "format": "uuid", "pattern": "[3 characters left out]" },
                        "[name 2]": { "type": "number", "enum": "[6 characters left out]" },
                    },
                    "required": ["[4 characters left out]"],
                    "[name 1]": "[17 characters left out]",
                    "additionalProperties": false,
                } },
            })
        );
    }

    /// Where each wire format puts schemas and tools, and wherever JSON Schema has room for words.
    fn requests(word: &str) -> Vec<Value> {
        let schema = json!({
            "$schema": word, "$id": word, "$ref": format!("#/$defs/{word}"), "title": word, "description": word, "type": word, "format": word,
            "default": { word: word }, "const": word, "enum": [word], "examples": [[word], { word: 1 }], "pattern": word, "required": [word],
            "properties": { word: { "description": word, "properties": { word: { "enum": [word] } } } },
            "$defs": { word: { "title": word } }, "patternProperties": { word: {} }, "dependentRequired": { word: [word] },
            "items": { "title": word }, "anyOf": [{ "const": word }], "not": { "title": word }, "$comment": word, word: word,
        });
        let tool = json!({ "name": word, "description": word, "parameters": schema });
        vec![
            json!({ "response_format": { "type": "json_schema", "json_schema": { "name": word, "schema": schema } } }),
            json!({ "tools": [{ "type": "function", "function": tool }] }),
            json!({ "text": { "format": { "type": "json_schema", "name": word, "schema": schema } }, "tools": [tool] }),
            json!({ "output_config": { "effort": "low", "format": { "type": "json_schema", "schema": schema } } }),
            json!({ "tools": [{ "name": word, "input_schema": schema }] }),
            json!({ "generationConfig": { "responseJsonSchema": schema } }),
            json!({ "tools": [{ "functionDeclarations": [{ "name": word, "parametersJsonSchema": schema }] }] }),
            json!({ "detail": [{ "msg": "no", "input": { "response_format": schema } }] }),
        ]
    }

    proptest! {
        #[test]
        fn no_word_of_a_schema_or_tool_survives(word in "[a-z]{14,30}") {
            for request in requests(&word) {
                let words = without_prompt(&request.to_string());
                prop_assert!(!words.contains(&word), "{}", words);
            }
        }
    }
}
