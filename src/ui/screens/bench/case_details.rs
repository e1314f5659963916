//! What a case has besides its prompt: title, id, reference answer, tags.

use eframe::egui::Ui;

use crate::domain::Case;
use crate::ui::widgets::{Editor, FormRow, TextField};

/// Width of the labels, points.
const LABEL_WIDTH: f32 = 76.0;

/// The fields as typed, where that is not yet what the case holds.
pub(super) struct CaseDetails {
    id: String,
    tags: String,
}

impl CaseDetails {
    /// The fields of a case.
    pub(super) fn of(case: &Case) -> Self {
        Self { id: case.id.clone(), tags: case.tags.join(", ") }
    }
}

/// The tags in a list with commas.
fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn present(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// Draws the fields; `taken` tells whether another case has an id. True when the case was changed.
pub(super) fn case_details(details: &mut CaseDetails, case: &mut Case, taken: impl Fn(&str) -> bool, ui: &mut Ui) -> bool {
    let mut changed = false;
    FormRow::new("Title").label_width(LABEL_WIDTH).show(ui, |ui| {
        let mut title = case.description.clone().unwrap_or_default();
        if TextField::new(&mut title, "Title").hint("for lists").show(ui).changed() {
            case.description = present(title);
            changed = true;
        }
    });
    let id = details.id.trim();
    let wrong = if id.is_empty() {
        Some("A case needs an id")
    } else if id != case.id && taken(id) {
        Some("Another case has this id")
    } else {
        None
    };
    FormRow::new("Id").label_width(LABEL_WIDTH).error(wrong).show(ui, |ui| {
        if TextField::new(&mut details.id, "Id").mono().show(ui).changed() {
            let id = details.id.trim();
            if !id.is_empty() && !taken(id) && id != case.id {
                id.clone_into(&mut case.id);
                changed = true;
            }
        }
    });
    FormRow::new("Expected").label_width(LABEL_WIDTH).show(ui, |ui| {
        let mut expected = case.expected.clone().unwrap_or_default();
        if Editor::new(&mut expected, "Expected answer").hint("a reference answer").rows(2).show(ui).changed() {
            case.expected = present(expected);
            changed = true;
        }
    });
    FormRow::new("Tags").label_width(LABEL_WIDTH).show(ui, |ui| {
        if TextField::new(&mut details.tags, "Tags").hint("with commas").show(ui).changed() {
            let tags = tags(&details.tags);
            changed |= tags != case.tags;
            case.tags = tags;
        }
    });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_parted_by_commas_and_each_is_kept_once() {
        assert_eq!(tags(" support, zh,, support ,两 字"), ["support", "zh", "两 字"]);
        assert!(tags(" , ").is_empty());
    }
}
