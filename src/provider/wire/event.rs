//! What the events of a stream have in common, whatever the wire.

use crate::provider::sse::Event;

use super::error_body::ErrorBody;
use super::format::{Answer, Unreadable};
use super::json::{Json, with_json};

/// Takes in an event: `[DONE]`, which ends every stream, and an error that is only a text. Any other is read as JSON by `read`.
pub(super) fn with_event(
    event: &Event<'_>,
    answer: &mut Answer,
    read: impl FnOnce(&Json<'_>, &mut Answer) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let data = event.data.trim();
    if data == "[DONE]" {
        answer.ended = true;
        return Ok(());
    }
    if event.name == "error" && !data.starts_with(['{', '[']) {
        answer.error = Some(ErrorBody::plain(data));
        return Ok(());
    }
    with_json(data, |json| {
        let read = read(json, answer);
        if answer.error.is_none() {
            answer.error = ErrorBody::in_event(json, event.name);
        }
        read
    })
}

/// The same where every event is an object that names its kind; `read` is given that, else the name of the event.
pub(super) fn with_typed_event(
    event: &Event<'_>,
    answer: &mut Answer,
    read: impl FnOnce(&str, &Json<'_>, &mut Answer),
) -> Result<(), Unreadable> {
    with_event(event, answer, |json, answer| {
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
