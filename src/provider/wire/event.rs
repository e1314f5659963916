//! What the events of a stream have in common, whatever the wire.

use crate::domain::WireFormat;
use crate::provider::sse::Event;

use super::error_body::ErrorBody;
use super::foreign::{Spoken, spoken};
use super::format::{Answer, Unreadable};
use super::json::Json;

/// The end mark of every stream, as OpenAI writes it and as others do.
pub(in crate::provider) fn is_end_mark(data: &str) -> bool {
    data.trim().trim_matches('"').eq_ignore_ascii_case("[DONE]")
}

/// Takes in an event: `[DONE]`, which ends every stream, and an error that is only a text. Any other is read as JSON by `read`, unless it is the first and of
/// another wire format than `own`.
pub(super) fn with_event(
    own: WireFormat,
    event: &Event<'_>,
    answer: &mut Answer,
    read: impl FnOnce(&Json<'_>, &mut Answer) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let data = event.data.trim();
    if is_end_mark(data) {
        answer.ended = true;
        return Ok(());
    }
    if event.name.eq_ignore_ascii_case("error") && !data.starts_with(['{', '[']) {
        answer.error = Some(ErrorBody::plain(data));
        return Ok(());
    }
    with_json(data, answer, |json, answer| {
        // Relays tell their errors in a format of their own.
        if !answer.recognised && json.get("error").is_none() && ErrorBody::in_event(json, event.name).is_none() {
            match spoken(json) {
                Some(Spoken::Wire(wire)) if wire == own => answer.recognised = true,
                Some(other) => {
                    answer.foreign = Some(other);
                    return Ok(());
                }
                None => {}
            }
        }
        let read = read(json, answer);
        if answer.error.is_none() {
            answer.error = ErrorBody::in_event(json, event.name);
        }
        if !answer.recognised && answer.error.is_none() {
            answer.unread_words = ErrorBody::of(json).map(|said| said.message).or_else(|| answer.unread_words.take());
        }
        read
    })
}

/// Reads `text`, with characters that were cut in two put together again, and with Python's numbers that JSON has not.
pub(super) fn with_json<T>(
    text: &str,
    answer: &mut Answer,
    read: impl FnOnce(&Json<'_>, &mut Answer) -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    let joined = if answer.halves.any() { answer.halves.mend(text) } else { None };
    match Json::parse(joined.as_deref().unwrap_or(text)) {
        Ok(json) => read(&json, answer),
        Err(Unreadable::NotJson) if joined.is_none() => {
            let mended = answer.halves.mend(text).or_else(|| without_python_numbers(text)).ok_or(Unreadable::NotJson)?;
            read(&Json::parse(&mended)?, answer)
        }
        Err(unreadable) => Err(unreadable),
    }
}

/// `NaN`, `Infinity` and `-Infinity` outside of texts, as Python's `json` writes them, become `null`; absent where there are none.
fn without_python_numbers(text: &str) -> Option<String> {
    const NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !NUMBERS.iter().any(|number| text.contains(number)) {
        return None;
    }
    let (mut written, mut rest, mut in_text) = (String::with_capacity(text.len()), text, false);
    while let Some(first) = rest.chars().next() {
        let number = NUMBERS.iter().find(|number| !in_text && rest.starts_with(**number));
        let taken = match (number, first) {
            (Some(number), _) => number.len(),
            // An escape, of whatever: its second sign ends no text.
            (None, '\\') if in_text => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, first) => first.len_utf8(),
        };
        in_text ^= first == '"';
        written.push_str(if number.is_some() { "null" } else { &rest[..taken] });
        rest = &rest[taken..];
    }
    Some(written)
}

/// The same where every event is an object that names its kind; `read` is given that, else the name of the event.
pub(super) fn with_typed_event(
    own: WireFormat,
    event: &Event<'_>,
    answer: &mut Answer,
    read: impl FnOnce(&str, &Json<'_>, &mut Answer),
) -> Result<(), Unreadable> {
    with_event(own, event, answer, |json, answer| {
        if !json.is_map() {
            return Err(Unreadable::NotJson);
        }
        read(json.get("type").and_then(Json::text).unwrap_or(event.name), json, answer);
        Ok(())
    })
}

/// Reads an event of a kind that is not known here.
pub(super) fn read_other(kind: &str, json: &Json<'_>, answer: &mut Answer) {
    match json.get("error").and_then(ErrorBody::of_error) {
        // Relays break off as in chat completions.
        Some(error) => answer.error = Some(error.with_status_by_word()),
        None => answer.skip(if kind.is_empty() { "without a type" } else { kind }),
    }
}

#[cfg(test)]
mod tests {
    use super::without_python_numbers;

    #[test]
    fn numbers_that_only_python_writes_are_left_out_and_texts_stay() {
        let mended = |text| without_python_numbers(text);
        assert_eq!(mended(r#"{"a":NaN,"b":-Infinity,"c":[Infinity]}"#).unwrap(), r#"{"a":null,"b":null,"c":[null]}"#);
        let text = r#"{"é\"NaN":"Infinity \\","b":NaN}"#;
        assert_eq!(mended(text).unwrap(), r#"{"é\"NaN":"Infinity \\","b":null}"#);
        assert_eq!(mended("{\"a\":1}"), None);
        assert_eq!(mended("\"NaN\\").unwrap(), "\"NaN\\");
    }
}
