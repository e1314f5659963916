//! A prompt set as a table; importing it gives the identical cases, but for NUL characters and the names of pictures.
//!
//! Only columns that some case fills are written. A conversation stands as JSON in `messages`; tags with commas as a JSON array;
//! checks that are no plain `__NAME` texts as JSON in `__checks`; a variable whose name would say something else as `var.NAME`.
//! A quoted empty cell is the empty text, an unquoted one no value.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;

use serde_json::Value;

use crate::domain::{Case, Image, KeptChecks, PromptBody};
use crate::interchange::import::{CHECKS_HEADER, ColumnRole, VARIABLE_PREFIX, role_of};

use super::chat_turn::ChatTurn;
use super::csv_writer::CsvWriter;
use super::guard::guarded;
use super::{ExportError, Written};

/// Writes the header and one case a row. Identical under the conditions of [`super::write_prompts_jsonl`].
pub fn write_prompts_csv(out: &mut dyn Write, cases: &[Case]) -> Result<Written, ExportError> {
    let columns = columns_of(cases);
    let mut csv = CsvWriter::new(out);
    csv.header(columns.iter().map(header_of))?;
    for case in cases {
        for column in &columns {
            match cell_of(case, column)? {
                Some(text) => csv.text(&text),
                None => csv.unknown(),
            }
        }
        csv.end_row()?;
    }
    Ok(csv.finish()?.1)
}

/// Always `id` and `prompt`, the others where some case fills them.
fn columns_of(cases: &[Case]) -> Vec<ColumnRole> {
    let any = |test: fn(&Case) -> bool| cases.iter().any(test);
    let mut columns = vec![ColumnRole::Id];
    columns
        .extend(any(|case| matches!(&case.body, PromptBody::Template { system, .. } if !system.is_empty())).then_some(ColumnRole::System));
    columns.push(ColumnRole::Prompt);
    columns.extend(any(|case| matches!(case.body, PromptBody::Messages(_))).then_some(ColumnRole::Messages));
    columns.extend(any(|case| !case.images.is_empty()).then_some(ColumnRole::Image));
    columns.extend(any(|case| case.expected.is_some()).then_some(ColumnRole::Expected));
    columns.extend(any(|case| case.description.is_some()).then_some(ColumnRole::Description));
    columns.extend(any(|case| !case.tags.is_empty()).then_some(ColumnRole::Tags));
    let variables: BTreeSet<&String> = cases.iter().flat_map(|case| case.vars.keys()).collect();
    columns.extend(variables.into_iter().cloned().map(ColumnRole::Variable));
    let checks = cases.iter().flat_map(|case| &case.checks);
    let plain: BTreeSet<&String> = checks.filter(|(name, value)| stands_alone(name, value)).map(|(name, _)| name).collect();
    columns.extend(plain.into_iter().cloned().map(ColumnRole::Check));
    if cases.iter().any(|case| !other_checks(case).is_empty()) {
        columns.push(ColumnRole::Check(CHECKS_HEADER.to_owned()));
    }
    columns
}

fn header_of(column: &ColumnRole) -> Cow<'_, str> {
    match column {
        ColumnRole::Id => "id".into(),
        ColumnRole::Prompt => "prompt".into(),
        ColumnRole::System => "system".into(),
        ColumnRole::Messages => "messages".into(),
        ColumnRole::Image => "image".into(),
        ColumnRole::Expected => "expected".into(),
        ColumnRole::Description => "description".into(),
        ColumnRole::Tags => "tags".into(),
        ColumnRole::Variable(name) if role_of(&guarded(name)) == *column => name.into(),
        ColumnRole::Variable(name) => format!("{VARIABLE_PREFIX}{name}").into(),
        ColumnRole::Check(name) => name.into(),
        ColumnRole::Ignore => "".into(),
    }
}

fn cell_of<'a>(case: &'a Case, column: &ColumnRole) -> Result<Option<Cow<'a, str>>, serde_json::Error> {
    Ok(match (column, &case.body) {
        (ColumnRole::Id, _) => Some((&case.id).into()),
        (ColumnRole::System, PromptBody::Template { system, .. }) if !system.is_empty() => Some(system.into()),
        (ColumnRole::Prompt, PromptBody::Template { prompt, .. }) => Some(prompt.into()),
        (ColumnRole::Messages, PromptBody::Messages(messages)) => {
            Some(serde_json::to_string(&messages.iter().map(ChatTurn::from).collect::<Vec<_>>())?.into())
        }
        (ColumnRole::System | ColumnRole::Prompt | ColumnRole::Messages | ColumnRole::Ignore, _) => None,
        (ColumnRole::Image, _) => images_cell(&case.images),
        (ColumnRole::Expected, _) => case.expected.as_deref().map(Cow::from),
        (ColumnRole::Description, _) => case.description.as_deref().map(Cow::from),
        (ColumnRole::Tags, _) => tags_cell(&case.tags)?,
        (ColumnRole::Variable(name), _) => case.vars.get(name).map(Cow::from),
        (ColumnRole::Check(name), _) if name == CHECKS_HEADER => {
            let others = other_checks(case);
            if others.is_empty() { None } else { Some(serde_json::to_string(&others)?.into()) }
        }
        (ColumnRole::Check(name), _) => {
            case.checks.get(name).filter(|value| stands_alone(name, value)).and_then(Value::as_str).map(Cow::from)
        }
    })
}

/// Pictures as `data:` URLs, one a line; their names are lost, which JSON Lines keeps.
fn images_cell(images: &[Image]) -> Option<Cow<'static, str>> {
    (!images.is_empty()).then(|| images.iter().map(Image::data_url).collect::<Vec<_>>().join("\n").into())
}

fn tags_cell(tags: &[String]) -> Result<Option<Cow<'_, str>>, serde_json::Error> {
    if tags.is_empty() {
        return Ok(None);
    }
    let plain = tags.iter().all(|tag| !tag.is_empty() && tag.trim() == tag && !tag.contains(','));
    let joined = tags.join(", ");
    Ok(Some(if plain && !joined.starts_with('[') { joined } else { serde_json::to_string(tags)? }.into()))
}

/// A promptfoo column: it can be a column of its own again.
fn stands_alone(name: &str, value: &Value) -> bool {
    name != CHECKS_HEADER && value.is_string() && role_of(&guarded(name)) == ColumnRole::Check(name.to_owned())
}

fn other_checks(case: &Case) -> KeptChecks {
    case.checks.iter().filter(|(name, value)| !stands_alone(name, value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
