//! A prompt set as JSON Lines; importing it gives the identical cases.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Case, KeptChecks, PromptBody};

use super::chat_turn::{ChatTurn, pictures};
use super::{ExportError, Written};

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    system: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<ChatTurn<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    vars: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "KeptChecks::is_empty")]
    checks: &'a KeptChecks,
}

/// Writes one case a line. Identical for cases that could be sent: with an id, a prompt, and the user's turn last.
pub fn write_prompts_jsonl(out: &mut dyn Write, cases: &[Case]) -> Result<Written, ExportError> {
    for case in cases {
        let (system, prompt, messages) = match &case.body {
            PromptBody::Template { system, prompt } => (system.as_str(), Some(prompt.as_str()), None),
            PromptBody::Messages(messages) => ("", None, Some(messages.iter().map(ChatTurn::from).collect())),
        };
        let line = Line {
            id: &case.id,
            system,
            prompt,
            messages,
            images: pictures(&case.images),
            vars: &case.vars,
            expected: case.expected.as_deref(),
            description: case.description.as_deref(),
            tags: &case.tags,
            checks: &case.checks,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Written { rows: cases.len() as u64, nul_replaced: 0 })
}
