//! Gathers cases, problems and warnings, and gives every case an id of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::{Case, Image, MOST_CASE_IMAGE_BYTES, PromptBody};

use super::preview::{RowProblem, RowWarning};
use super::{ImportError, MAX_CASES, MAX_IMAGE_BYTES, MAX_TEXT_BYTES};

/// What an import has so far. A case with a blank id has none yet.
#[derive(Default)]
pub(super) struct Collector {
    taken: Vec<(u64, Case)>,
    skipped: Vec<RowProblem>,
    warnings: Vec<RowWarning>,
    ignored_fields: BTreeMap<String, u64>,
    answers_moved: u64,
    image_bytes: u64,
}

/// The end of an import.
pub(super) struct Collected {
    pub(super) cases: Vec<Case>,
    pub(super) skipped: Vec<RowProblem>,
    pub(super) warnings: Vec<RowWarning>,
}

impl Collector {
    /// Takes a case, or reports why not.
    pub(super) fn take(&mut self, row: u64, case: Result<Case, String>) -> Result<(), ImportError> {
        match case.and_then(sendable).and_then(|case| self.with_room(case)) {
            Ok(_) if self.taken.len() >= MAX_CASES => Err(ImportError::TooManyCases),
            Ok(case) => {
                self.taken.push((row, case));
                Ok(())
            }
            Err(reason) => {
                self.skip(row, reason);
                Ok(())
            }
        }
    }

    /// Refuses pictures past what all of a file may have together.
    fn with_room(&mut self, case: Case) -> Result<Case, String> {
        let bytes: u64 = case.all_images().map(Image::bytes).sum();
        if self.image_bytes + bytes > MAX_IMAGE_BYTES {
            return Err(format!("the pictures of this file are larger than {} MiB together", MAX_IMAGE_BYTES >> 20));
        }
        self.image_bytes += bytes;
        Ok(case)
    }

    pub(super) fn skip(&mut self, row: u64, reason: impl Into<String>) {
        self.skipped.push(RowProblem { row, reason: reason.into() });
    }

    pub(super) fn warn(&mut self, row: Option<u64>, message: impl Into<String>) {
        self.warnings.push(RowWarning { row, message: message.into() });
    }

    /// A field that is not taken; told once, with how often it was there.
    pub(super) fn ignore_field(&mut self, name: String) {
        *self.ignored_fields.entry(name).or_default() += 1;
    }

    /// A conversation ended with an answer, which became the reference answer or was left out.
    pub(super) fn answer_moved(&mut self) {
        self.answers_moved += 1;
    }

    pub(super) fn finish(mut self) -> Result<Collected, ImportError> {
        // With something to tell, an import that took nothing tells it.
        if self.taken.is_empty() && self.skipped.is_empty() && self.warnings.is_empty() {
            return Err(ImportError::NoCases);
        }
        self.name_cases();
        for (name, count) in std::mem::take(&mut self.ignored_fields) {
            self.warn(None, format!("“{}” is not taken ({count}×)", shortened(&name)));
        }
        if self.answers_moved > 0 {
            let message = format!(
                "{}× the last turn was an answer: it is not sent, but kept as the reference answer where there was none",
                self.answers_moved
            );
            self.warn(None, message);
        }
        let cases = self.taken.into_iter().map(|(_, case)| case).collect();
        Ok(Collected { cases, skipped: self.skipped, warnings: self.warnings })
    }

    /// The first case of an id keeps it, later ones get `-2`, `-3`; ids that are missing are counted. None takes an id that the file uses.
    fn name_cases(&mut self) {
        let mut used: HashSet<String> = self.taken.iter().map(|(_, case)| case.id.clone()).collect();
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut counted = 0u64;
        let Self { taken, warnings, .. } = self;
        for (row, case) in taken {
            if case.id.trim().is_empty() {
                counted += 1;
                while used.contains(&counted.to_string()) {
                    counted += 1;
                }
                case.id = counted.to_string();
                used.insert(case.id.clone());
                continue;
            }
            let Some(copies) = seen.get_mut(&case.id) else {
                seen.insert(case.id.clone(), 1);
                continue;
            };
            let renamed = loop {
                *copies += 1;
                let candidate = format!("{}-{copies}", case.id);
                if used.insert(candidate.clone()) {
                    break candidate;
                }
            };
            let message = format!("the id “{}” was taken and became “{}”", shortened(&case.id), shortened(&renamed));
            warnings.push(RowWarning { row: Some(*row), message });
            case.id = renamed;
        }
    }
}

/// Refuses what could never be sent.
fn sendable(case: Case) -> Result<Case, String> {
    let texts: Vec<&str> = match &case.body {
        PromptBody::Template { prompt, .. } if prompt.trim().is_empty() && case.images.is_empty() => {
            return Err("the prompt is empty".to_owned());
        }
        PromptBody::Template { system, prompt } => vec![system, prompt],
        PromptBody::Messages(messages) => messages.iter().map(|message| message.content.as_str()).collect(),
    };
    if case.all_images().map(Image::bytes).sum::<u64>() > MOST_CASE_IMAGE_BYTES {
        return Err(format!("its pictures are larger than {} MiB together", MOST_CASE_IMAGE_BYTES >> 20));
    }
    let others = case.vars.values().chain(&case.expected).chain(&case.description).chain(&case.tags).chain([&case.id]).map(String::as_str);
    if texts.into_iter().chain(others).any(|text| text.len() > MAX_TEXT_BYTES) {
        return Err(format!("a text is longer than {} KiB", MAX_TEXT_BYTES >> 10));
    }
    Ok(case)
}

/// A text of the file as messages quote it: one line, at most 60 characters.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(given: &[&str]) -> (Vec<String>, Vec<RowWarning>) {
        let mut collector = Collector::default();
        for (row, id) in (2..).zip(given) {
            collector.take(row, Ok(Case::single(id, "", "hi"))).unwrap();
        }
        let collected = collector.finish().unwrap();
        (collected.cases.into_iter().map(|case| case.id).collect(), collected.warnings)
    }

    #[test]
    fn duplicate_ids_are_numbered_and_told() {
        let (ids, warnings) = ids(&["a", "a", "b", "a", "a-3"]);
        assert_eq!(ids, ["a", "a-2", "b", "a-4", "a-3"]);
        assert_eq!(warnings.iter().map(|warning| warning.row).collect::<Vec<_>>(), [Some(3), Some(5)]);
    }

    #[test]
    fn missing_ids_are_counted_around_those_in_use() {
        let (ids, warnings) = ids(&["", "1", " ", "3", ""]);
        assert_eq!(ids, ["2", "1", "4", "3", "5"]);
        assert_eq!(warnings, []);
    }

    #[test]
    fn what_cannot_be_sent_is_told_by_row() {
        let mut collector = Collector::default();
        collector.take(2, Ok(Case::single("a", "", " \n"))).unwrap();
        collector.take(3, Ok(Case::single("b", "", &"x".repeat(MAX_TEXT_BYTES + 1)))).unwrap();
        collector.take(4, Ok(Case::single("c", "", &"x".repeat(MAX_TEXT_BYTES)))).unwrap();
        let collected = collector.finish().unwrap();
        assert_eq!(collected.skipped.iter().map(|problem| problem.row).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(collected.cases.len(), 1);
        assert!(matches!(Collector::default().finish(), Err(ImportError::NoCases)));
    }
}
