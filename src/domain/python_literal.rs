//! Python's way to write lists and objects: servers written in it put them into messages as they print them.

use serde_json::Value;

/// The value that `text` begins with, and how many bytes it takes: dictionaries, lists, tuples, texts, numbers, `None`, `True` and `False`. Absent when it
/// begins with no list or object.
pub(super) fn read_python(text: &str) -> Option<(Value, usize)> {
    let (mut json, mut open, mut at) = (String::new(), Vec::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        at += c.len_utf8();
        match c {
            '{' | '[' | '(' => {
                let (begin, end) = if c == '{' { ('{', '}') } else { ('[', ']') };
                open.push(end);
                json.push(begin);
            }
            '}' | ']' | ')' => {
                let end = open.pop()?;
                // A tuple of one ends in a comma.
                if json.trim_end().ends_with(',') {
                    json.truncate(json.trim_end().len() - 1);
                }
                json.push(end);
                if open.is_empty() {
                    return Some((serde_json::from_str(&json).ok()?, at));
                }
            }
            _ if open.is_empty() => return None,
            '\'' | '"' => {
                let (inner, bytes) = quoted(&text[at..], c)?;
                at += bytes;
                json.push_str(&serde_json::to_string(&inner).ok()?);
            }
            'A'..='Z' | 'a'..='z' => {
                let bytes = text[at..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len() - at);
                json.push_str(match &text[at - 1..at + bytes] {
                    "None" => "null",
                    "True" => "true",
                    "False" => "false",
                    other => other,
                });
                at += bytes;
            }
            other => json.push(other),
        }
    }
    None
}

/// What stands before the closing `mark`, and how many bytes that takes, the mark included.
fn quoted(text: &str, mark: char) -> Option<(String, usize)> {
    let (mut inner, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => inner.push('\n'),
                't' => inner.push('\t'),
                other => inner.push(other),
            },
            c if c == mark => return Some((inner, at + c.len_utf8())),
            c => inner.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_python_prints_is_read() {
        let read = |text: &str| read_python(text).map(|(value, _)| value);
        assert_eq!(
            read("[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': \"it's\", 'input': 7, 'x': None, 'y': (1,)}] and more"),
            Some(json!([{ "type": "extra_forbidden", "loc": ["body", "seed"], "msg": "it's", "input": 7, "x": null, "y": [1] }]))
        );
        assert_eq!(read(r"{'a': True, 'b': 'it\'s'}"), Some(json!({ "a": true, "b": "it's" })));
        for none in ["", "x", "'a'", "[1, 2", "[<object at 0x1>]", "{'a': b'x'}"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\[({'\"a\\\\é,: )}\\]]{0,40}|\\PC{0,60}") {
            if let Some((_, bytes)) = read_python(&text) {
                prop_assert!(text.is_char_boundary(bytes));
            }
        }
    }
}
