//! Which column is taken as what, and how one choice changes the others.

use crate::app::{ColumnMapping, ColumnPreview, ColumnRole};

/// A role without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Prompt,
    System,
    Messages,
    Variable,
    Image,
    Expected,
    Title,
    Tags,
    Check,
    Ignore,
}

/// The kinds in the order of the menu, with their words.
pub(super) const KINDS: [(Kind, &str); 11] = [
    (Kind::Prompt, "Prompt"),
    (Kind::System, "System"),
    (Kind::Variable, "Variable"),
    (Kind::Id, "ID"),
    (Kind::Title, "Title"),
    (Kind::Expected, "Expected"),
    (Kind::Tags, "Tags"),
    (Kind::Messages, "Messages (JSON)"),
    (Kind::Image, "Image, path beside the file"),
    (Kind::Check, "Check, kept for later"),
    (Kind::Ignore, "Not taken"),
];

impl Kind {
    pub(super) fn of(role: &ColumnRole) -> Self {
        match role {
            ColumnRole::Id => Self::Id,
            ColumnRole::Prompt => Self::Prompt,
            ColumnRole::System => Self::System,
            ColumnRole::Messages => Self::Messages,
            ColumnRole::Image => Self::Image,
            ColumnRole::Expected => Self::Expected,
            ColumnRole::Description => Self::Title,
            ColumnRole::Tags => Self::Tags,
            ColumnRole::Variable(_) => Self::Variable,
            ColumnRole::Check(_) => Self::Check,
            ColumnRole::Ignore => Self::Ignore,
        }
    }

    fn named(self, name: String) -> ColumnRole {
        match self {
            Self::Id => ColumnRole::Id,
            Self::Prompt => ColumnRole::Prompt,
            Self::System => ColumnRole::System,
            Self::Messages => ColumnRole::Messages,
            Self::Variable => ColumnRole::Variable(name),
            Self::Image => ColumnRole::Image,
            Self::Expected => ColumnRole::Expected,
            Self::Title => ColumnRole::Description,
            Self::Tags => ColumnRole::Tags,
            Self::Check => ColumnRole::Check(name),
            Self::Ignore => ColumnRole::Ignore,
        }
    }
}

/// The name that a variable or check has; absent for other roles.
pub(super) fn name_of(role: &ColumnRole) -> Option<&str> {
    match role {
        ColumnRole::Variable(name) | ColumnRole::Check(name) => Some(name),
        _ => None,
    }
}

/// What prompts can name a variable by: other characters than letters, digits, `_`, `-` and `.` become `_`.
fn variable_name(header: &str) -> String {
    let name: String = header.trim().chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("v_{name}") } else { name }
}

/// All columns, with this one as `kind`. The column that was that before is not taken any more; variables and checks get a free name.
pub(super) fn with_kind(columns: &[ColumnPreview], index: usize, kind: Kind) -> ColumnMapping {
    let name = match kind {
        Kind::Variable => variable_name(columns.get(index).map_or("", |column| &column.header)),
        _ => columns.get(index).map_or_else(String::new, |column| column.header.trim().to_owned()),
    };
    with_role(columns, index, kind.named(name))
}

/// All columns, with another name for this variable or check.
pub(super) fn with_name(columns: &[ColumnPreview], index: usize, name: &str) -> ColumnMapping {
    let kind = columns.get(index).map_or(Kind::Ignore, |column| Kind::of(&column.role));
    let name = if kind == Kind::Variable { variable_name(name) } else { name.trim().to_owned() };
    with_role(columns, index, kind.named(name))
}

fn with_role(columns: &[ColumnPreview], index: usize, wanted: ColumnRole) -> ColumnMapping {
    let mut roles: Vec<ColumnRole> = columns.iter().map(|column| column.role.clone()).collect();
    let mut wanted = wanted;
    if let Some(name) = name_of(&wanted).map(str::to_owned) {
        let kind = Kind::of(&wanted);
        let mut number = 2u32;
        while roles.iter().enumerate().any(|(other, role)| other != index && *role == wanted) {
            wanted = kind.named(format!("{name}_{number}"));
            number += 1;
        }
    } else {
        roles.iter_mut().filter(|role| **role == wanted).for_each(|role| *role = ColumnRole::Ignore);
    }
    if let Some(role) = roles.get_mut(index) {
        *role = wanted;
    }
    ColumnMapping { roles }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<ColumnPreview> {
        [
            ("question", ColumnRole::Prompt),
            ("answer", ColumnRole::Expected),
            ("my topic", ColumnRole::Ignore),
            ("2nd", ColumnRole::Variable("my_topic".into())),
        ]
        .map(|(header, role)| ColumnPreview { header: header.into(), role, samples: Vec::new() })
        .into()
    }

    #[test]
    fn a_role_moves_from_one_column_to_another() {
        let roles = with_kind(&columns(), 1, Kind::Prompt).roles;
        assert_eq!(roles[..2], [ColumnRole::Ignore, ColumnRole::Prompt]);
        assert_eq!(with_kind(&columns(), 0, Kind::Prompt).roles, columns().into_iter().map(|column| column.role).collect::<Vec<_>>());
    }

    #[test]
    fn a_variable_gets_a_name_that_prompts_can_use_and_no_other_has() {
        assert_eq!(with_kind(&columns(), 2, Kind::Variable).roles[2], ColumnRole::Variable("my_topic_2".into()));
        assert_eq!(with_name(&columns(), 3, " 2nd place ").roles[3], ColumnRole::Variable("v_2nd_place".into()));
        assert_eq!(with_name(&columns(), 3, "my_topic").roles[3], ColumnRole::Variable("my_topic".into()));
    }

    #[test]
    fn every_role_can_be_chosen() {
        for (kind, _) in KINDS {
            assert_eq!(Kind::of(&with_kind(&columns(), 0, kind).roles[0]), kind);
        }
    }
}
