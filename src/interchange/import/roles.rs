//! What a header says that its column is.

use crate::interchange::export::unguarded;

use super::preview::ColumnRole;

/// Written before a variable's name where the bare name would say something else, as in `var.prompt`.
pub const VARIABLE_PREFIX: &str = "var.";
/// The column that holds checks as one JSON object.
pub const CHECKS_HEADER: &str = "__checks";

/// The role of a column by its header: known names in any case, `var.NAME` and other names variables, `__NAME` checks.
pub fn role_of(header: &str) -> ColumnRole {
    let header = unguarded(header);
    if let Some(name) = header.strip_prefix(VARIABLE_PREFIX) {
        return ColumnRole::Variable(name.to_owned());
    }
    let name = header.trim();
    match name.to_ascii_lowercase().as_str() {
        "" => ColumnRole::Ignore,
        "id" => ColumnRole::Id,
        "prompt" => ColumnRole::Prompt,
        "system" => ColumnRole::System,
        "messages" => ColumnRole::Messages,
        "image" | "images" => ColumnRole::Image,
        "expected" => ColumnRole::Expected,
        "description" => ColumnRole::Description,
        "tags" => ColumnRole::Tags,
        _ if name.starts_with("__") => ColumnRole::Check(name.to_owned()),
        _ => ColumnRole::Variable(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_their_columns_are() {
        assert_eq!(role_of(" Prompt "), ColumnRole::Prompt);
        assert_eq!(role_of("Topic"), ColumnRole::Variable("Topic".into()));
        assert_eq!(role_of("var.prompt"), ColumnRole::Variable("prompt".into()));
        assert_eq!(role_of("'=x"), ColumnRole::Variable("=x".into()));
        assert_eq!(role_of("__expected1"), ColumnRole::Check("__expected1".into()));
        assert_eq!(role_of(" "), ColumnRole::Ignore);
        assert_eq!(role_of("Image"), ColumnRole::Image);
        assert_eq!(role_of("var.image"), ColumnRole::Variable("image".into()));
    }
}
