//! The `prompts` of a configuration.

use serde_json::Value;

use crate::domain::PromptBody;
use crate::interchange::import::chat::read_turns;
use crate::interchange::import::collect::{Collector, shortened};
use crate::interchange::import::json;
use crate::interchange::import::value::{ValueBudget, kind_of};

/// One prompt of the configuration.
pub(super) struct PromptEntry {
    /// From 1.
    pub(super) number: u64,
    pub(super) label: Option<String>,
    pub(super) body: PromptBody,
}

impl PromptEntry {
    /// Every text in it that may hold template language.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.body {
            PromptBody::Template { prompt, .. } => vec![prompt],
            PromptBody::Messages(turns) => turns.iter().map(|turn| turn.content.as_str()).collect(),
        }
    }
}

/// promptfoo's own prompt for configurations without any.
pub(super) fn default_prompt() -> PromptEntry {
    PromptEntry { number: 1, label: None, body: PromptBody::Template { system: String::new(), prompt: "{{prompt}}".to_owned() } }
}

/// All prompts that stand in the configuration itself; the others are problems that name where they stand.
pub(super) fn read_prompts(prompts: Value, collector: &mut Collector) -> Vec<PromptEntry> {
    let entries = match prompts {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries,
        // A map from file to label.
        Value::Object(files) if !files.contains_key("raw") && !files.contains_key("id") => {
            files.into_iter().map(|(file, _)| Value::String(file)).collect()
        }
        single => vec![single],
    };
    let mut read = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        match read_prompt(number, entry, collector) {
            Ok(prompt) => read.push(prompt),
            Err(reason) => collector.skip(number, format!("prompt {number}: {reason}")),
        }
    }
    read
}

fn read_prompt(number: u64, entry: Value, collector: &mut Collector) -> Result<PromptEntry, String> {
    let (label, text) = match entry {
        Value::String(text) => (None, text),
        Value::Object(mut fields) => {
            let label = fields.remove("label").and_then(|label| label.as_str().map(str::to_owned));
            let id = fields.remove("id");
            let text = fields.remove("raw").or(id);
            for name in fields.keys().filter(|name| *name != "description") {
                collector.warn(None, format!("prompt {number}: “{}” is not taken", shortened(name)));
            }
            match text {
                Some(Value::String(text)) => (label, text),
                _ => return Err("it has no text (“raw”)".to_owned()),
            }
        }
        other => return Err(format!("it is {}, not a text", kind_of(&other))),
    };
    if let Some(source) = outside_source(&text) {
        return Err(format!("it stands in “{}”, which is not read; paste its text instead", shortened(source)));
    }
    Ok(PromptEntry { number, label, body: read_text(text)? })
}

/// A text that is a JSON list of messages is a conversation, as in promptfoo.
fn read_text(text: String) -> Result<PromptBody, String> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(turns)) = json::parse(&text, &ValueBudget::for_file())
        && turns.iter().any(|turn| turn.get("role").is_some())
    {
        return Ok(PromptBody::Messages(read_turns(turns)?));
    }
    Ok(PromptBody::Template { system: String::new(), prompt: text })
}

/// The text is a reference to a file, program or service and no prompt.
fn outside_source(text: &str) -> Option<&str> {
    const SCHEMES: [&str; 6] = ["file://", "exec:", "python:", "portkey://", "langfuse://", "helicone://"];
    const EXTENSIONS: [&str; 13] = ["txt", "md", "json", "jsonl", "yaml", "yml", "csv", "j2", "py", "js", "cjs", "mjs", "ts"];
    let text = text.trim();
    let one_word = !text.contains(char::is_whitespace) && !text.contains("{{");
    let is_file = one_word && text.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    let is_source = is_file || !text.contains('\n') && SCHEMES.iter().any(|scheme| text.starts_with(scheme));
    is_source.then_some(text)
}
