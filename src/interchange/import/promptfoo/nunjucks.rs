//! Template language that promptfoo would evaluate: found and named, kept as text.

use crate::domain::template::is_name;
use crate::interchange::import::collect::{Collector, shortened};

use super::prompts::PromptEntry;
use super::test_entries::TestEntry;

/// Warns of everything between braces that is not a variable: a plain name, or one that every test gives a value.
pub(super) fn warn_of_expressions(prompt: &PromptEntry, tests: &[TestEntry], collector: &mut Collector) {
    let has_value = |expression: &str| {
        let name = expression.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        name.is_some_and(|name| !tests.is_empty() && tests.iter().all(|test| test.vars.has(name)))
    };
    let mut named: Vec<&str> = Vec::new();
    for expression in prompt.texts().into_iter().flat_map(expressions) {
        if !named.contains(&expression) && named.len() < 20 && !has_value(expression) {
            named.push(expression);
        }
    }
    for expression in named {
        let message = format!("prompt {}: “{}” is kept as text and not evaluated", prompt.number, shortened(expression));
        collector.warn(None, message);
    }
}

/// `{% … %}`, `{# … #}` and `{{ … }}` with more than a name, or with a name that promptfoo looks up elsewhere (`env.X`).
fn expressions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let close = match rest.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                rest = &rest[1..];
                continue;
            }
        };
        let Some(end) = rest[2..].find(close) else {
            rest = &rest[1..];
            continue;
        };
        let inner = rest[2..end + 2].trim();
        if close != "}}" || !is_name(inner) && !inner.is_empty() || inner.starts_with("env.") {
            found.push(&rest[..end + 4]);
        }
        rest = &rest[end + 4..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_variables() {
        assert_eq!(expressions("{{a}} {{ b_c }} {{}} {x} {{{d}}} {\"json\": {\"a\": 1}}"), ["{{{d}}"]);
        let text = "{% if x %}{{ name | upper }}{{env.KEY}}{# note #}{{ a[0] }}{{open";
        assert_eq!(expressions(text), ["{% if x %}", "{{ name | upper }}", "{{env.KEY}}", "{# note #}", "{{ a[0] }}"]);
    }
}
