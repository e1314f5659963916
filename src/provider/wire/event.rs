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

/// Reads `text`, with characters that were cut in two put together again.
pub(super) fn with_json<T>(
    text: &str,
    answer: &mut Answer,
    read: impl FnOnce(&Json<'_>, &mut Answer) -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    let joined = if answer.halves.any() { answer.halves.mend(text) } else { None };
    match Json::parse(joined.as_deref().unwrap_or(text)) {
        Ok(json) => read(&json, answer),
        Err(Unreadable::NotJson) if joined.is_none() => {
            let mended = answer.halves.mend(text).ok_or(Unreadable::NotJson)?;
            read(&Json::parse(&mended)?, answer)
        }
        Err(unreadable) => Err(unreadable),
    }
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
