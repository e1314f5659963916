//! What bounds the shape of an answer: a JSON schema for it, and the tools that a model may call.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Longest definition of a schema or of all tools, bytes.
pub const MOST_DEFINITION_BYTES: usize = 256 * 1024;
/// Most tools in one request.
const MOST_TOOLS: usize = 128;
/// The name of a schema that has none.
const SCHEMA_NAME: &str = "answer";

/// A JSON schema that the answer has to follow. Stored as JSON inside a text: the settings file is TOML, which has no null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OutputSchema {
    /// Its name, which some providers want: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// The schema, an object.
    pub schema: Value,
    /// Follow it to the letter; absent: as the wire format does by itself.
    pub strict: Option<bool>,
}

impl From<OutputSchema> for String {
    fn from(schema: OutputSchema) -> Self {
        schema.envelope().to_string()
    }
}

impl TryFrom<String> for OutputSchema {
    type Error = DefinitionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_json(&text)
    }
}

/// A function that the model may call. Nothing is ever run: the calls are the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does; absent when not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON schema of its arguments, an object.
    pub parameters: Value,
    /// Follow it to the letter; absent: as the wire format does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// Why a definition cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It is no JSON.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// It is JSON of another shape.
    #[error("{0}")]
    Shape(&'static str),
    /// A name that no provider takes.
    #[error("“{0}” cannot be its name: letters, digits, “_” and “-”, at most 64")]
    Name(String),
    /// Two tools of one name.
    #[error("two tools are called “{0}”")]
    Twice(String),
    /// Past [`MOST_DEFINITION_BYTES`] or the most tools.
    #[error("it is too long: at most 256 KiB and 128 tools")]
    TooLong,
}

fn parse(text: &str) -> Result<Value, DefinitionError> {
    if text.len() > MOST_DEFINITION_BYTES {
        return Err(DefinitionError::TooLong);
    }
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| DefinitionError::Json(error.to_string()))
}

fn name(value: Option<&Value>) -> Result<Option<String>, DefinitionError> {
    let Some(name) = value.and_then(Value::as_str) else { return Ok(None) };
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if fits { Ok(Some(name.to_owned())) } else { Err(DefinitionError::Name(name.chars().take(80).collect())) }
}

impl OutputSchema {
    /// Reads a definition: a bare JSON schema, `{"name", "schema", "strict"}`, or OpenAI's `{"type": "json_schema", …}` around one of them.
    pub fn from_json(text: &str) -> Result<Self, DefinitionError> {
        let mut value = parse(text)?;
        if let Some(inner) = value.get_mut("json_schema").filter(|inner| inner.is_object()) {
            value = inner.take();
        }
        let Value::Object(mut fields) = value else { return Err(DefinitionError::Shape("a JSON schema is an object")) };
        let named = name(fields.get("name"))?;
        let strict = fields.get("strict").and_then(Value::as_bool);
        match fields.remove("schema") {
            Some(schema @ Value::Object(_)) => Ok(Self { name: named.unwrap_or_else(|| SCHEMA_NAME.to_owned()), schema, strict }),
            Some(_) => Err(DefinitionError::Shape("“schema” is no object")),
            None => Ok(Self { name: SCHEMA_NAME.to_owned(), schema: Value::Object(fields), strict: None }),
        }
    }

    fn envelope(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(self.name));
        fields.extend(self.strict.map(|strict| ("strict".to_owned(), json!(strict))));
        fields.insert("schema".to_owned(), self.schema.clone());
        Value::Object(fields)
    }

    /// As [`Self::from_json`] reads it, for people.
    pub fn to_json(&self) -> String {
        let is_bare = self.name == SCHEMA_NAME && self.strict.is_none() && self.schema.get("schema").is_none_or(Value::is_null);
        let bare_reads_back = is_bare && self.schema.get("json_schema").is_none() && name(self.schema.get("name")).is_ok();
        serde_json::to_string_pretty(&if bare_reads_back { self.schema.clone() } else { self.envelope() }).unwrap_or_default()
    }
}

impl Tool {
    /// Reads one tool or a list of them, as OpenAI (both formats), Anthropic or Gemini write them.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, DefinitionError> {
        let mut tools: Vec<Self> = Vec::new();
        collect(parse(text)?, &mut tools)?;
        if tools.len() > MOST_TOOLS {
            return Err(DefinitionError::TooLong);
        }
        for (index, tool) in tools.iter().enumerate() {
            if tools[..index].iter().any(|other| other.name == tool.name) {
                return Err(DefinitionError::Twice(tool.name.clone()));
            }
        }
        Ok(tools)
    }

    /// As [`Self::list_from_json`] reads them, for people; empty for none.
    pub fn list_to_json(tools: &[Self]) -> String {
        if tools.is_empty() { String::new() } else { serde_json::to_string_pretty(tools).unwrap_or_default() }
    }
}

fn collect(value: Value, tools: &mut Vec<Tool>) -> Result<(), DefinitionError> {
    match value {
        Value::Array(entries) => entries.into_iter().try_for_each(|entry| collect(entry, tools)),
        Value::Object(mut fields) => {
            for wrapper in ["functionDeclarations", "tools", "function"] {
                if let Some(inner @ (Value::Array(_) | Value::Object(_))) = fields.remove(wrapper) {
                    return collect(inner, tools);
                }
            }
            let named = name(fields.get("name"))?.ok_or(DefinitionError::Shape("a tool has a “name”"))?;
            let description = fields.get("description").and_then(Value::as_str).map(str::to_owned);
            let strict = fields.get("strict").and_then(Value::as_bool);
            let written = ["parameters", "input_schema", "parametersJsonSchema"].iter().find_map(|field| fields.remove(*field));
            let parameters = match written {
                Some(parameters @ Value::Object(_)) => parameters,
                None => json!({ "type": "object", "properties": {} }),
                Some(_) => return Err(DefinitionError::Shape("the “parameters” of a tool are a JSON schema, an object")),
            };
            tools.push(Tool { name: named, description, parameters, strict });
            Ok(())
        }
        _ => Err(DefinitionError::Shape("tools are a list of objects with “name” and “parameters”")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_read_bare_and_wrapped() {
        let bare = OutputSchema::from_json(r#"{"type":"object","properties":{"b":{},"a":{}}}"#).unwrap();
        assert_eq!((bare.name.as_str(), bare.strict), ("answer", None));
        // The order of the fields is the order of the answer.
        assert_eq!(bare.schema.to_string(), r#"{"type":"object","properties":{"b":{},"a":{}}}"#);
        let named = OutputSchema::from_json(r#"{"name":"person","strict":false,"schema":{"type":"object"}}"#).unwrap();
        assert_eq!((named.name.as_str(), named.strict), ("person", Some(false)));
        let openai =
            OutputSchema::from_json(r#"{"type":"json_schema","json_schema":{"name":"person","strict":false,"schema":{"type":"object"}}}"#);
        assert_eq!(openai.as_ref(), Ok(&named));
        for schema in [bare, named] {
            assert_eq!(OutputSchema::from_json(&schema.to_json()), Ok(schema));
        }
        for wrong in ["", "[]", "7", r#"{"schema":[]}"#, r#"{"name":"a b","schema":{}}"#] {
            assert!(OutputSchema::from_json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tools_are_read_as_everybody_writes_them() {
        let expected = Tool {
            name: "weather".into(),
            description: Some("Now".into()),
            parameters: json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
            strict: None,
        };
        let schema = r#"{"type":"object","properties":{"city":{"type":"string"}}}"#;
        for text in [
            format!(r#"[{{"type":"function","function":{{"name":"weather","description":"Now","parameters":{schema}}}}}]"#),
            format!(r#"{{"type":"function","name":"weather","description":"Now","parameters":{schema}}}"#),
            format!(r#"[{{"name":"weather","description":"Now","input_schema":{schema}}}]"#),
            format!(r#"[{{"functionDeclarations":[{{"name":"weather","description":"Now","parameters":{schema}}}]}}]"#),
        ] {
            assert_eq!(Tool::list_from_json(&text).as_deref(), Ok(std::slice::from_ref(&expected)), "{text}");
        }
        assert_eq!(Tool::list_from_json(&Tool::list_to_json(std::slice::from_ref(&expected))), Ok(vec![expected]));
        assert_eq!(Tool::list_from_json("[]"), Ok(Vec::new()));
        for wrong in ["", "7", "[7]", "{}", r#"{"name":"a b"}"#, r#"{"name":"a","parameters":[]}"#, r#"[{"name":"a"},{"name":"a"}]"#] {
            assert!(Tool::list_from_json(wrong).is_err(), "{wrong}");
        }
    }
}
