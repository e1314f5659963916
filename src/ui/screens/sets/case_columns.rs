//! The columns of a set's table, and how the text in a cell becomes a part of a case.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use crate::app::OpenSet;
use crate::domain::{Case, PromptBody, PromptSetId};

/// A column of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Id,
    Title,
    Prompt,
    System,
    Variable(String),
    Expected,
    Tags,
}

impl Column {
    /// What stands above it.
    pub(super) fn header(&self) -> Cow<'_, str> {
        match self {
            Self::Id => Cow::Borrowed("ID"),
            Self::Title => Cow::Borrowed("Title"),
            Self::Prompt => Cow::Borrowed("Prompt"),
            Self::System => Cow::Borrowed("System"),
            Self::Variable(name) => Cow::Owned(format!("{{{{{name}}}}}")),
            Self::Expected => Cow::Borrowed("Expected"),
            Self::Tags => Cow::Borrowed("Tags"),
        }
    }

    /// Its words in the name of a cell, for the screen reader.
    pub(super) fn spoken(&self) -> Cow<'_, str> {
        match self {
            Self::Variable(name) => Cow::Owned(format!("Variable {name}")),
            other => other.header(),
        }
    }

    /// What it is for.
    pub(super) fn definition(&self) -> &'static str {
        match self {
            Self::Id => "Unique in its set. Results and exports name the case by it.",
            Self::Title => "What lists show in place of the ID. It is never sent.",
            Self::Prompt => "The user's text. Names in double braces are replaced by the values of the case.",
            Self::System => "Instructions that are sent before the prompt. May be empty.",
            Self::Variable(_) => "The value that replaces the name in double braces. A case that uses it needs one.",
            Self::Expected => "A reference answer to compare with. It is never sent.",
            Self::Tags => "Labels of your own, separated by commas. They are never sent.",
        }
    }

    /// Line breaks may stand in it.
    pub(super) fn has_lines(&self) -> bool {
        matches!(self, Self::Prompt | Self::System | Self::Variable(_) | Self::Expected)
    }

    /// It is set in the mono font.
    pub(super) fn is_mono(&self) -> bool {
        matches!(self, Self::Prompt | Self::System)
    }

    /// Its width at first, points.
    pub(super) fn usual_width(&self) -> f32 {
        match self {
            Self::Id => 84.0,
            Self::Title => 180.0,
            Self::Prompt => 340.0,
            Self::System | Self::Expected => 200.0,
            Self::Variable(_) => 140.0,
            Self::Tags => 120.0,
        }
    }

    /// Its text in a case, to be shown and edited; absent where a conversation stands instead.
    pub(super) fn text<'a>(&self, case: &'a Case) -> Option<Cow<'a, str>> {
        Some(match (self, &case.body) {
            (Self::Prompt | Self::System, PromptBody::Messages(_)) => return None,
            (Self::Prompt, PromptBody::Template { prompt, .. }) => Cow::Borrowed(prompt),
            (Self::System, PromptBody::Template { system, .. }) => Cow::Borrowed(system),
            (Self::Id, _) => Cow::Borrowed(&case.id),
            (Self::Title, _) => Cow::Borrowed(case.description.as_deref().unwrap_or_default()),
            (Self::Variable(name), _) => Cow::Borrowed(case.vars.get(name).map_or("", String::as_str)),
            (Self::Expected, _) => Cow::Borrowed(case.expected.as_deref().unwrap_or_default()),
            (Self::Tags, _) => Cow::Owned(case.tags.join(", ")),
        })
    }

    /// The case with another text in this cell; what is emptied is taken away.
    pub(super) fn with_text(&self, case: &Case, text: &str) -> Case {
        let mut case = case.clone();
        let filled = (!text.trim().is_empty()).then(|| text.to_owned());
        match (self, &mut case.body) {
            (Self::Prompt | Self::System, PromptBody::Messages(_)) => {}
            (Self::Prompt, PromptBody::Template { prompt, .. }) => text.clone_into(prompt),
            (Self::System, PromptBody::Template { system, .. }) => text.clone_into(system),
            (Self::Id, _) => text.trim().clone_into(&mut case.id),
            (Self::Title, _) => case.description = filled.map(|text| text.trim().to_owned()),
            (Self::Variable(name), _) => {
                match filled {
                    Some(text) => case.vars.insert(name.clone(), text),
                    None => case.vars.remove(name),
                };
            }
            (Self::Expected, _) => case.expected = filled,
            (Self::Tags, _) => {
                let mut seen = HashSet::new();
                case.tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty() && seen.insert(*tag)).map(str::to_owned).collect();
            }
        }
        case
    }
}

/// Most variables with a column of their own; more are read by nobody, and each costs every frame.
const MOST_VARIABLES: usize = 64;

/// What the table needs to know of all cases, worked out once per edit and search text.
#[derive(Default)]
pub(super) struct CaseColumns {
    of: Option<(PromptSetId, u64, usize, usize)>,
    searched: String,
    /// In order.
    pub(super) columns: Vec<Column>,
    /// Variables beyond those that have a column.
    pub(super) hidden_variables: usize,
    /// (index of the case, variable) that its texts name and that has no value.
    missing: HashSet<(usize, String)>,
    /// How many cases miss a value.
    pub(super) incomplete: usize,
    /// Indices of the cases that match the search.
    pub(super) rows: Vec<usize>,
}

impl CaseColumns {
    /// Brings it up to date. True when the cases or the search are others than before.
    pub(super) fn refresh(&mut self, set: &OpenSet, search: &str) -> bool {
        let of = (set.head.id, set.revision, set.cases.as_ptr() as usize, set.cases.len());
        let other_cases = self.of != Some(of);
        if !other_cases && self.searched == search {
            return false;
        }
        if other_cases {
            self.of = Some(of);
            self.read_columns(&set.cases);
        }
        search.clone_into(&mut self.searched);
        self.rows = matching(&set.cases, search);
        true
    }

    /// The case names this variable and has no value for it.
    pub(super) fn is_missing(&self, index: usize, column: &Column) -> bool {
        matches!(column, Column::Variable(name) if !self.missing.is_empty() && self.missing.contains(&(index, name.clone())))
    }

    fn read_columns(&mut self, cases: &[Case]) {
        // Variables that prompts name come first, in the order of their first use; then those that only have values.
        let (mut named, mut known) = (Vec::new(), HashSet::new());
        self.missing.clear();
        self.incomplete = 0;
        for (index, case) in cases.iter().enumerate() {
            let before = self.missing.len();
            for name in case.variables() {
                if !case.vars.contains_key(&name) {
                    self.missing.insert((index, name.clone()));
                }
                if known.insert(name.clone()) {
                    named.push(name);
                }
            }
            self.incomplete += usize::from(self.missing.len() > before);
        }
        let others: BTreeSet<&String> = cases.iter().flat_map(|case| case.vars.keys()).filter(|name| !known.contains(*name)).collect();
        named.extend(others.into_iter().cloned());
        self.hidden_variables = named.len().saturating_sub(MOST_VARIABLES);
        named.truncate(MOST_VARIABLES);
        self.columns = [Column::Id, Column::Title, Column::Prompt, Column::System].into();
        self.columns.extend(named.into_iter().map(Column::Variable));
        self.columns.extend([Column::Expected, Column::Tags]);
    }
}

fn matching(cases: &[Case], search: &str) -> Vec<usize> {
    let wanted = search.trim().to_lowercase();
    if wanted.is_empty() {
        return (0..cases.len()).collect();
    }
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let matches = |case: &Case| {
        holds(&case.id)
            || case.description.as_deref().is_some_and(holds)
            || match &case.body {
                PromptBody::Template { system, prompt } => holds(prompt) || holds(system),
                PromptBody::Messages(messages) => messages.iter().any(|message| holds(&message.content)),
            }
            || case.vars.values().any(|value| holds(value))
            || case.expected.as_deref().is_some_and(holds)
            || case.tags.iter().any(|tag| holds(tag))
    };
    cases.iter().enumerate().filter(|(_, case)| matches(case)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        let mut case = Case::single("a", "Be brief.", "Write about {{topic}} for {{reader}}");
        case.vars.insert("topic".into(), "pens".into());
        case.vars.insert("spare".into(), "x".into());
        case.tags = vec!["short".into()];
        case
    }

    #[test]
    fn a_text_put_into_a_cell_is_read_back() {
        let columns =
            [Column::Id, Column::Title, Column::Prompt, Column::System, Column::Variable("topic".into()), Column::Expected, Column::Tags];
        for column in columns {
            let changed = column.with_text(&case(), "other");
            assert_eq!(column.text(&changed).unwrap(), "other", "{column:?}");
            assert_ne!(changed, case());
            let unchanged = column.with_text(&case(), &column.text(&case()).unwrap());
            assert_eq!(unchanged, case(), "{column:?}");
        }
    }

    #[test]
    fn an_emptied_cell_takes_its_part_away() {
        assert!(!Column::Variable("topic".into()).with_text(&case(), "").vars.contains_key("topic"));
        assert_eq!(Column::Tags.with_text(&case(), " b, ,a,b ").tags, ["b", "a"]);
        assert_eq!(Column::Title.with_text(&case(), "  ").description, None);
    }

    #[test]
    fn a_conversation_is_not_edited_as_one_text() {
        let mut talk = case();
        talk.body = PromptBody::Messages(Vec::new());
        assert_eq!(Column::Prompt.text(&talk), None);
        assert_eq!(Column::Prompt.with_text(&talk, "x"), talk);
    }

    #[test]
    fn variables_have_a_column_each_and_missing_values_are_found() {
        let mut columns = CaseColumns::default();
        columns.read_columns(&[case(), Case::single("b", "", "plain")]);
        let variables: Vec<_> = columns.columns.iter().filter(|column| matches!(column, Column::Variable(_))).map(Column::header).collect();
        assert_eq!(variables, ["{{topic}}", "{{reader}}", "{{spare}}"]);
        assert_eq!(columns.incomplete, 1);
        assert!(columns.is_missing(0, &Column::Variable("reader".into())));
        assert!(!columns.is_missing(0, &Column::Variable("topic".into())) && !columns.is_missing(1, &Column::Variable("reader".into())));
    }

    #[test]
    fn the_search_looks_into_every_cell() {
        let cases = [case(), Case::single("b", "", "plain")];
        assert_eq!(matching(&cases, "PENS"), [0]);
        assert_eq!(matching(&cases, " "), [0, 1]);
        assert!(matching(&cases, "nothing like it").is_empty());
    }
}
