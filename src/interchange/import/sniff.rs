//! Which format a file is in: its name proposes, its content decides.

/// A delimiter of tables; ASCII.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Table { delimiter: u8 },
    Json,
    JsonLines,
    Yaml,
}

/// Tells the shape of a text that is not blank.
pub(super) fn shape_of(text: &str, file_name: &str) -> Shape {
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "csv" => Shape::Table { delimiter: delimiter_of(text) },
        "tsv" | "tab" => Shape::Table { delimiter: named_delimiter(text).map_or(b'\t', |(delimiter, _)| delimiter) },
        "yaml" | "yml" => Shape::Yaml,
        "json" | "jsonl" | "ndjson" => json_shape(text),
        _ if text.trim_start().starts_with(['{', '[']) => json_shape(text),
        _ if looks_like_yaml(text) => Shape::Yaml,
        _ => Shape::Table { delimiter: delimiter_of(text) },
    }
}

/// An array is one value; objects are lines when the first line is an object of its own and others follow.
fn json_shape(text: &str) -> Shape {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let more = lines.next().is_some();
    let whole = |line: &str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
    if text.trim_start().starts_with('[') && (!more || !whole(first)) {
        return Shape::Json;
    }
    let several = more
        && (whole(first) || lines.next().is_some() && !whole(text) && text.lines().any(|line| line.trim().len() > 2 && whole(line.trim())));
    if several { Shape::JsonLines } else { Shape::Json }
}

fn looks_like_yaml(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| ["prompts:", "tests:", "- prompt:", "- vars:", "- messages:"].iter().any(|start| line.starts_with(start)))
}

/// The delimiter that a first line `sep=;` names, as Excel reads and hides it, and the text below that line.
pub(super) fn named_delimiter(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let line = first.trim_end_matches('\r').trim_matches('"');
    let (sep, delimiter) = line.split_once('=')?;
    match delimiter.as_bytes() {
        [byte] if sep.eq_ignore_ascii_case("sep") && byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some((*byte, rest)),
        _ => None,
    }
}

/// The delimiter that the file names, else the one that the header has most of, outside quotes.
pub(super) fn delimiter_of(text: &str) -> u8 {
    if let Some((delimiter, _)) = named_delimiter(text) {
        return delimiter;
    }
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => DELIMITERS.iter().zip(&mut counts).filter(|(delimiter, _)| **delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals: the comma.
    DELIMITERS.into_iter().zip(counts).rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// A name for the set from the name of its file.
pub(super) fn suggested_name(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let clean: String = stem.chars().map(|c| if c.is_control() { ' ' } else { c }).take(60).collect();
    let clean = clean.trim();
    if clean.is_empty() { "Imported prompts".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_what_the_name_leaves_open() {
        let comma = Shape::Table { delimiter: b',' };
        for (text, name, expected) in [
            ("prompt\nhi", "a.csv", comma),
            ("id;prompt\n1;hi, you", "a.CSV", Shape::Table { delimiter: b';' }),
            ("\"a,b,c\";prompt\n", "a.txt", Shape::Table { delimiter: b';' }),
            ("id\tprompt\n", "a", Shape::Table { delimiter: b'\t' }),
            ("sep=;\r\na,b,c;prompt\r\n", "a.csv", Shape::Table { delimiter: b';' }),
            ("\"SEP=\t\"\nid\tprompt, please\n", "a.csv", Shape::Table { delimiter: b'\t' }),
            ("sep=,\nid,prompt\n", "a.tsv", comma),
            ("sep=x\n", "a.csv", comma),
            ("{\"prompt\":1}\n{\"prompt\":2}\n", "a.json", Shape::JsonLines),
            ("{\"prompt\":1}\nbroken\n", "a.jsonl", Shape::JsonLines),
            ("broken\n{\"prompt\":1}\n{\"prompt\":2}\n", "a.jsonl", Shape::JsonLines),
            ("{\"prompt\":1}\n", "a.jsonl", Shape::Json),
            ("[\n{\"prompt\":1},\n{\"prompt\":2}\n]", "a.jsonl", Shape::Json),
            ("{\n\"prompt\": 1\n}", "a", Shape::Json),
            ("description: x\nprompts:\n- a", "a.txt", Shape::Yaml),
        ] {
            assert_eq!(shape_of(text, name), expected, "{text:?}");
        }
    }

    #[test]
    fn a_set_is_named_after_its_file() {
        assert_eq!(suggested_name("/tmp/my.prompts.csv"), "my.prompts");
        assert_eq!(suggested_name("C:\\x\\Große Fragen.json"), "Große Fragen");
        assert_eq!(suggested_name(".csv"), "Imported prompts");
    }
}
