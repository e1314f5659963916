//! `{{variable}}` in prompts: found, and replaced once; values are never templates themselves.

use std::collections::BTreeMap;

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// `{{name}}`: the name without braces and surrounding spaces, and the text as written.
    Variable {
        /// A valid name ([`is_name`]), or any other text that has a value.
        name: &'a str,
        /// With its braces.
        written: &'a str,
    },
}

/// Splits `text` into literal text and variables. Braces that hold no valid name are literal text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    split(text, is_name)
}

/// The same where these variables have values: braces that hold one of their names are a variable, whatever it looks like (`company name`).
fn pieces_with<'a>(text: &'a str, values: &BTreeMap<String, String>) -> Vec<Piece<'a>> {
    split(text, |name| is_name(name) || !name.is_empty() && values.contains_key(name))
}

fn split(text: &str, is_variable: impl Fn(&str) -> bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut literal_from, mut search_from) = (0, 0);
    while let Some(open) = text[search_from..].find("{{").map(|at| at + search_from) {
        let Some(close) = text[open + 2..].find("}}").map(|at| at + open + 2) else { break };
        let name = text[open + 2..close].trim();
        if is_variable(name) {
            if literal_from < open {
                pieces.push(Piece::Text(&text[literal_from..open]));
            }
            pieces.push(Piece::Variable { name, written: &text[open..close + 2] });
            literal_from = close + 2;
            search_from = close + 2;
        } else {
            search_from = open + 1;
        }
    }
    if literal_from < text.len() {
        pieces.push(Piece::Text(&text[literal_from..]));
    }
    pieces
}

/// A name that can stand between the braces.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The variables of `text`, each once, in order of first use.
pub fn variables<'a>(text: &'a str, values: &BTreeMap<String, String>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for piece in pieces_with(text, values) {
        if let Piece::Variable { name, .. } = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Replaces every variable by its value. The error is the first variable without one.
pub fn render(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut rendered = String::with_capacity(text.len());
    for piece in pieces_with(text, values) {
        match piece {
            Piece::Text(text) => rendered.push_str(text),
            Piece::Variable { name, .. } => rendered.push_str(values.get(name).ok_or_else(|| name.to_owned())?),
        }
    }
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_are_found_once_in_order() {
        let none = BTreeMap::new();
        assert_eq!(variables("{{b}} {{ a }} {{b}} {{1x}} {{}} {single}", &none), ["b", "a"]);
        assert_eq!(variables("{{{x}}}", &none), ["x"]);
    }

    #[test]
    fn any_name_with_a_value_is_a_variable() {
        let values = ["company name", "2nd", "", "a {{b"].map(|name| (name.to_owned(), format!("<{name}>")));
        let values = BTreeMap::from(values);
        let text = "{{company name}} {{ 2nd }} {{3rd}} {{}} {{other name}} {{a {{b}}";
        assert_eq!(variables(text, &values), ["company name", "2nd", "a {{b"]);
        assert_eq!(render(text, &values).unwrap(), "<company name> <2nd> {{3rd}} {{}} {{other name}} <a {{b>");
        assert_eq!(render("{{2nd}} {{missing}}", &values).unwrap_err(), "missing");
    }

    #[test]
    fn values_are_not_templates() {
        let values = BTreeMap::from([("a".to_owned(), "{{b}}".to_owned())]);
        assert_eq!(render("<{{a}}>", &values).unwrap(), "<{{b}}>");
        assert_eq!(render("{{missing}}", &values).unwrap_err(), "missing");
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "(\\{\\{|\\}\\}|[a-z1 ]|é){0,40}") {
            let joined: String = pieces(&text).into_iter().map(|piece| match piece { Piece::Text(t) => t, Piece::Variable { written, .. } => written }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
