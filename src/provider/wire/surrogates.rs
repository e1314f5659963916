//! Characters beyond U+FFFF that a server cut into two `\u` escapes: JSON allows halves, UTF-8 does not, and some servers send the halves of an emoji in two
//! deltas.

/// First halves that wait for the other one, by the name of their field.
#[derive(Debug, Default)]
pub(in crate::provider) struct Halves {
    waiting: Vec<(String, String)>,
}

/// A hostile server may begin any number of characters.
const MOST_WAITING: usize = 8;
/// What stands for a half that has lost the other.
const REPLACEMENT: &str = "\\ufffd";

impl Halves {
    /// A half still waits.
    pub(in crate::provider) fn any(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Nothing more comes: whether a half in a field of one of these names was left alone.
    pub(in crate::provider) fn is_left_in(&self, names: &[&str]) -> bool {
        self.waiting.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// `json` with its lone halves mended: one at the end of a text waits for the next text of a field of the same name, and is put before it there; any
    /// other becomes U+FFFD. Absent when there is nothing to mend.
    pub(in crate::provider) fn mend(&mut self, json: &str) -> Option<String> {
        let mut mended = String::new();
        let mut kept = 0;
        for text in (Texts { json, at: 0, last: None }) {
            let (mut from, to) = (text.from, text.to);
            let name = text.name.unwrap_or_default();
            if text.name.is_some()
                && from < to
                && let Some(at) = self.waiting.iter().position(|(waiting, _)| waiting == name)
            {
                let (_, half) = self.waiting.swap_remove(at);
                mended.push_str(&json[kept..from]);
                if is_second(unit(json, from)) {
                    mended.push_str(&half);
                    mended.push_str(&json[from..from + 6]);
                    from += 6;
                } else {
                    mended.push_str(REPLACEMENT);
                }
                kept = from;
            }
            while from < to {
                if json.as_bytes()[from] != b'\\' {
                    from += 1;
                    continue;
                }
                match unit(json, from) {
                    first if is_first(first) && is_second(unit(json, from + 6)) => from += 12,
                    lone if is_first(lone) || is_second(lone) => {
                        mended.push_str(&json[kept..from]);
                        let waits = is_first(lone) && from + 6 == to && text.name.is_some() && self.waiting.len() < MOST_WAITING;
                        if waits {
                            self.waiting.push((name.to_owned(), json[from..to].to_owned()));
                        } else {
                            mended.push_str(REPLACEMENT);
                        }
                        from += 6;
                        kept = from;
                    }
                    Some(_) => from += 6,
                    None => from += 2,
                }
            }
        }
        (kept > 0).then(|| {
            mended.push_str(&json[kept..]);
            mended
        })
    }
}

/// The UTF-16 unit of the escape at this place.
fn unit(json: &str, at: usize) -> Option<u32> {
    let digits = json.get(at + 2..at + 6)?;
    (json.as_bytes().get(at..at + 2)? == b"\\u").then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn is_first(unit: Option<u32>) -> bool {
    matches!(unit, Some(0xd800..=0xdbff))
}

fn is_second(unit: Option<u32>) -> bool {
    matches!(unit, Some(0xdc00..=0xdfff))
}

/// A text inside JSON, without its quotes.
struct Text<'a> {
    /// The name of its field; absent for a name itself and inside a list.
    name: Option<&'a str>,
    from: usize,
    to: usize,
}

/// The texts of a JSON document, in order.
struct Texts<'a> {
    json: &'a str,
    at: usize,
    /// The text before this one.
    last: Option<&'a str>,
}

impl<'a> Iterator for Texts<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        let (json, bytes) = (self.json, self.json.as_bytes());
        let quote = self.at + json.get(self.at..)?.find('"')?;
        let is_value = json[self.at..quote].trim_end().ends_with(':');
        let from = quote + 1;
        let mut to = from;
        while to < bytes.len() && bytes[to] != b'"' {
            to += if bytes[to] == b'\\' { 2 } else { 1 };
        }
        // Broken JSON may end behind a backslash, or have a character there of which this is no boundary.
        let text = json.get(from..to)?;
        self.at = to + 1;
        let name = if is_value { self.last } else { None };
        self.last = Some(text);
        Some(Text { name, from, to })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_in_two_deltas_meet() {
        let mut halves = Halves::default();
        assert_eq!(halves.mend(r#"{"delta":{"content":"A\ud83d"}}"#).unwrap(), r#"{"delta":{"content":"A"}}"#);
        assert_eq!(halves.mend(r#"{"delta":{"reasoning":"x","content":""}}"#), None);
        assert_eq!(halves.mend(r#"{"delta":{"content": "\ude00B"}}"#).unwrap(), r#"{"delta":{"content": "\ud83d\ude00B"}}"#);
        assert!(!halves.any());
    }

    #[test]
    fn lone_halves_are_replaced_and_pairs_kept() {
        let mut halves = Halves::default();
        assert_eq!(halves.mend(r#"{"a":"\ud83d\ude00 \\ud83d é"}"#), None);
        let mended = halves.mend(r#"{"a":"\ud83dx","b":"\ude00x\uD83D\uD83D\uDE00","c":["\ud83d"],"\ud83d":1}"#).unwrap();
        assert_eq!(mended, r#"{"a":"\ufffdx","b":"\ufffdx\ufffd\uD83D\uDE00","c":["\ufffd"],"\ufffd":1}"#);
        // What follows is no second half.
        assert_eq!(halves.mend(r#"{"a":"\ud83d"}"#).unwrap(), r#"{"a":""}"#);
        assert_eq!(halves.mend(r#"{"a":"b"}"#).unwrap(), r#"{"a":"\ufffdb"}"#);
        assert_eq!(halves.mend(r#"{"a":"\ud83d","z":"\ud83d"}"#).unwrap(), r#"{"a":"","z":""}"#);
        assert!(halves.is_left_in(&["a", "b"]) && halves.is_left_in(&["z"]) && !halves.is_left_in(&["b"]));
    }

    proptest! {
        #[test]
        fn mended_json_is_json_where_it_can_be(text in r#"(\{|\}|\[|\]|,|:|"a"|"\\u[dD][89a-f]00"|\\|"|é|1|null| ){0,12}"#) {
            let mut halves = Halves::default();
            if let Some(mended) = halves.mend(&text) {
                prop_assert_eq!(Halves::default().mend(&mended), None);
            }
        }

        #[test]
        fn an_emoji_is_whole_wherever_its_text_is_cut(text in "[a😀é\"\\\\🎉]{1,8}", cut in any::<prop::sample::Index>()) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let cut = cut.index(units.len() + 1);
            let escaped = |units: &[u16]| units.iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
            let mut halves = Halves::default();
            let mut read = |units: &[u16]| {
                let json = format!("{{\"content\":\"{}\"}}", escaped(units));
                let json = halves.mend(&json).unwrap_or(json);
                serde_json::from_str::<serde_json::Value>(&json).unwrap()["content"].as_str().unwrap().to_owned()
            };
            prop_assert_eq!(read(&units[..cut]) + &read(&units[cut..]), text);
        }
    }
}
