//! Text from models, providers and files on its way to a terminal: nothing in it may steer the terminal or hide.

use std::fmt::Write as _;

/// A character that a terminal obeys, that reorders a line, or that cannot be seen.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text of several lines with hostile characters written as escapes such as `\u{1b}`.
pub(super) fn visible(text: &str) -> String {
    escaped(text, |c| c == '\n')
}

/// The same on one line: a line break becomes a space, so that no text can pass for a line of ours.
pub(super) fn one_line(text: &str) -> String {
    escaped(&text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " "), |_| false)
}

/// JSON in which those characters are escaped; it means the same.
pub(super) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").ok();
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) && !keep(c) {
            write!(out, "{}", c.escape_unicode()).ok();
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let hostile = "a\u{1b}[2Jb\u{9b}31mc\u{202e}d\u{7}e\u{200b}f\r\ng";
        assert_eq!(one_line(hostile), r"a\u{1b}[2Jb\u{9b}31mc\u{202e}d\u{7}e\u{200b}f g");
        assert_eq!(visible("a\n\u{1b}[0m"), "a\n\\u{1b}[0m");
        assert_eq!(one_line("Größe 量子 🙂 👩\u{200d}🔬 1\u{202f}000"), "Größe 量子 🙂 👩\u{200d}🔬 1\u{202f}000");
    }

    #[test]
    fn json_stays_what_it_means() {
        let value = serde_json::json!({ "a": "x\u{9b}31m\u{202e}y\u{e0041}\u{1b}\n" });
        let shown = visible_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!shown.contains(['\u{9b}', '\u{202e}', '\u{e0041}', '\u{1b}']), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
