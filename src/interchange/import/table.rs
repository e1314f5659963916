//! CSV and TSV: a header, then one case a row.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::template::is_name;
use crate::domain::{Case, Image, PromptBody};
use crate::interchange::export::unguarded;

use super::chat::{read_turns, split_answer, with_system};
use super::collect::{Collector, shortened};
use super::json;
use super::record::split_tags;
use super::roles::{CHECKS_HEADER, role_of};
use super::rows::{Cell, Row, Rows};
use super::value::ValueBudget;
use super::{ColumnMapping, ColumnPreview, ColumnRole, ImageFiles, ImportError, MAX_COLUMNS};

/// Stands in no text file.
const NO_DELIMITER: u8 = 0;
const SAMPLES: usize = 3;
const SAMPLE_CHARS: usize = 80;

/// Reads a table into the collector and tells its columns.
pub(super) fn read_table(
    text: &str,
    delimiter: u8,
    mapping: Option<&ColumnMapping>,
    images: ImageFiles<'_>,
    collector: &mut Collector,
) -> Result<Vec<ColumnPreview>, ImportError> {
    let mut rows = Rows::new(text, delimiter);
    let mut header = rows.find(|row| !row.is_blank()).ok_or(ImportError::Empty)?;
    if let [_] = header.cells.as_slice() {
        // One column has nothing to keep apart: a comma in its rows belongs to the text.
        rows = Rows::new(text, NO_DELIMITER);
        header = rows.find(|row| !row.is_blank()).ok_or(ImportError::Empty)?;
    }
    if header.unclosed {
        return Err(ImportError::HeaderQuote);
    }
    if header.cells.len() > MAX_COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    let mut columns: Vec<ColumnPreview> = match mapping {
        Some(mapping) => mapped_columns(&header, mapping)?,
        None => own_columns(&header, collector),
    };
    let has_prompt = columns.iter().any(|column| matches!(column.role, ColumnRole::Prompt | ColumnRole::Messages));
    let mut unnamed_filled = 0u64;
    // One budget for all JSON inside cells.
    let budget = ValueBudget::for_file();
    for row in rows.filter(|row| !row.is_blank()) {
        for (column, cell) in columns.iter_mut().zip(&row.cells) {
            add_sample(column, cell);
            unnamed_filled +=
                u64::from(column.header.trim().is_empty() && column.role == ColumnRole::Ignore && !cell.text.trim().is_empty());
        }
        if has_prompt {
            let case = read_row(&row, &columns, &budget, images, collector);
            collector.take(row.number, case)?;
        }
    }
    if !has_prompt {
        return Err(ImportError::NoPromptColumn { columns });
    }
    if unnamed_filled > 0 {
        collector.warn(Some(header.number), format!("{unnamed_filled} cells stand in columns without a header and are not taken"));
    }
    Ok(columns)
}

fn column(header: &Cell<'_>, role: ColumnRole) -> ColumnPreview {
    ColumnPreview { header: header.text.clone().into_owned(), role, samples: Vec::new() }
}

fn own_columns(header: &Row<'_>, collector: &mut Collector) -> Vec<ColumnPreview> {
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(header.cells.len());
    for (number, cell) in (1..).zip(&header.cells) {
        let mut role = role_of(&cell.text);
        if role != ColumnRole::Ignore && !seen.insert(role.clone()) {
            let message = format!("column {number} repeats the header “{}” and is not taken", shortened(cell.text.trim()));
            collector.warn(Some(header.number), message);
            role = ColumnRole::Ignore;
        }
        columns.push(column(cell, role));
    }
    columns
}

fn mapped_columns(header: &Row<'_>, mapping: &ColumnMapping) -> Result<Vec<ColumnPreview>, ImportError> {
    if mapping.roles.len() != header.cells.len() {
        let message = format!("the mapping is for {} columns, the table has {}", mapping.roles.len(), header.cells.len());
        return Err(ImportError::Mapping(message));
    }
    let mut seen = HashSet::new();
    if let Some(role) = mapping.roles.iter().find(|role| **role != ColumnRole::Ignore && !seen.insert(*role)) {
        return Err(ImportError::Mapping(format!("two columns are taken as {}", role.label())));
    }
    Ok(header.cells.iter().zip(&mapping.roles).map(|(cell, role)| column(cell, role.clone())).collect())
}

fn add_sample(column: &mut ColumnPreview, cell: &Cell<'_>) {
    if column.samples.len() < SAMPLES && !cell.text.trim().is_empty() {
        column.samples.push(cell.text.chars().take(SAMPLE_CHARS).collect());
    }
}

/// One row to one case. The error is a reason for a person.
fn read_row(
    row: &Row<'_>,
    columns: &[ColumnPreview],
    budget: &ValueBudget,
    images: ImageFiles<'_>,
    collector: &mut Collector,
) -> Result<Case, String> {
    if row.unclosed {
        return Err("a quote is opened here and never closed; this row and all that follow are left out".to_owned());
    }
    if row.cells.iter().skip(columns.len()).any(Cell::is_filled) {
        return Err(format!(
            "it has {} cells where the header has {}; a text that holds the delimiter must stand in quotes",
            row.cells.len(),
            columns.len()
        ));
    }
    let mut case = Case::single("", "", "");
    let (mut system, mut prompt, mut turns) = (String::new(), String::new(), None);
    for (column, cell) in columns.iter().zip(&row.cells).filter(|(_, cell)| cell.is_filled()) {
        let text = unguarded(&cell.text).into_owned();
        match &column.role {
            ColumnRole::Id => case.id = text,
            ColumnRole::Prompt => prompt = text,
            ColumnRole::System => system = text,
            ColumnRole::Messages if text.trim().is_empty() => {}
            ColumnRole::Messages => match json::parse(&text, budget) {
                Ok(Value::Array(messages)) => turns = Some(read_turns(messages)?),
                Ok(_) => return Err("“messages” is no JSON array of messages".to_owned()),
                Err(fault) => return Err(format!("“messages”: {}", fault.reason)),
            },
            ColumnRole::Image => case.images = read_pictures(&text, images)?,
            ColumnRole::Expected => case.expected = Some(text),
            ColumnRole::Description => case.description = Some(text),
            ColumnRole::Tags => case.tags = split_tags(&text),
            ColumnRole::Variable(name) => {
                case.vars.insert(name.clone(), text);
            }
            ColumnRole::Check(name) => match (name.as_str(), json::parse(&text, budget)) {
                (CHECKS_HEADER, Ok(Value::Object(checks))) => case.checks.extend(checks),
                _ => {
                    case.checks.insert(name.clone(), Value::String(text));
                }
            },
            ColumnRole::Ignore => {}
        }
    }
    case.body = if let Some(turns) = turns {
        let (turns, answer) = split_answer(with_system(turns, &system))?;
        if answer.is_some() {
            collector.answer_moved();
            case.expected = case.expected.or(answer);
        }
        PromptBody::Messages(turns)
    } else {
        PromptBody::Template { system, prompt }
    };
    check_short_row(row, columns, &case, collector)?;
    warn_of_braces(row, columns, &case, collector);
    Ok(case)
}

/// Pictures of a cell, one a line: a path relative to the file, or a `data:` URL.
fn read_pictures(cell: &str, images: ImageFiles<'_>) -> Result<Vec<Image>, String> {
    let lines = cell.lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line: &str| {
        if line.starts_with("data:") || line.contains("://") {
            return Image::from_data_url("", line).map_err(|error| format!("a picture cannot be taken: {error}"));
        }
        let cannot = |reason: String| format!("the picture “{}” cannot be taken: {reason}", shortened(line));
        let bytes = images(line).map_err(cannot)?;
        Image::from_bytes(line, &bytes).map_err(|error| cannot(error.to_string()))
    };
    lines.map(read).collect()
}

/// A name that only a value makes a variable (`company name`) stays text where the row has none.
fn warn_of_braces(row: &Row<'_>, columns: &[ColumnPreview], case: &Case, collector: &mut Collector) {
    let texts: Vec<&String> = match &case.body {
        PromptBody::Template { system, prompt } => vec![system, prompt],
        PromptBody::Messages(_) if case.vars.is_empty() => return,
        PromptBody::Messages(turns) => turns.iter().map(|turn| &turn.content).collect(),
    };
    for column in columns {
        if let ColumnRole::Variable(name) = &column.role
            && !is_name(name)
            && !case.vars.contains_key(name)
            && texts.iter().any(|text| in_braces(text).any(|inner| inner == name))
        {
            let message = format!("“{{{{{}}}}}” has no value here and is sent as it stands", shortened(name));
            collector.warn(Some(row.number), message);
        }
    }
}

/// What stands in double braces, without spaces around it.
fn in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(inner, _)| inner.trim())
}

/// A row may end early when what is missing is optional: not when its prompt needs it.
fn check_short_row(row: &Row<'_>, columns: &[ColumnPreview], case: &Case, collector: &mut Collector) -> Result<(), String> {
    let (has, wants) = (row.cells.len(), columns.len());
    if has >= wants {
        return Ok(());
    }
    let used = case.variables();
    for column in &columns[has..] {
        match &column.role {
            ColumnRole::Prompt if matches!(case.body, PromptBody::Template { .. }) => {
                return Err(format!("it has {has} cells where the header has {wants}; the prompt is missing"));
            }
            ColumnRole::Variable(name) if used.contains(name) => {
                return Err(format!(
                    "it has {has} cells where the header has {wants}; “{}”, which its prompt uses, is missing",
                    shortened(name)
                ));
            }
            _ => {}
        }
    }
    collector.warn(Some(row.number), format!("it has {has} cells where the header has {wants}; the missing ones are taken as empty"));
    Ok(())
}
