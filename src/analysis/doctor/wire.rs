//! The wire format: a server that is asked in one, and speaks another.

use serde_json::Value;

use super::base_urls::{Chosen, Offered, better_base_url};
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, KeySource, Origin, PresetUrl, Remedy, Role, Side, WireFormat};

/// What is spoken where a connection points to.
pub(super) struct Spoken {
    pub(super) wire: WireFormat,
    /// Where, at the same origin.
    pub(super) base_url: String,
    /// What says so, as the end of a sentence.
    why: &'static str,
}

/// Another wire format than the one that was asked, where address or body say so. A body counts only where the address leaves it open.
pub(super) fn other_wire(s: &Symptoms<'_>) -> Option<Spoken> {
    by_address(s).or_else(|| by_path(s)).or_else(|| by_body(s))
}

/// The diagnosis of such. The address may also be meant: where the wire format that was asked is spoken is offered beside it.
pub(super) fn wrong(s: &Symptoms<'_>, spoken: &Spoken) -> Diagnosis {
    let urls = Offered::of(s, Chosen::OtherWire);
    spoken_here(s, spoken).with_probes(urls.probes).with_remedies(urls.remedy)
}

/// 401, where the key goes into another header.
pub(super) fn key_elsewhere(s: &Symptoms<'_>, spoken: &Spoken) -> Diagnosis {
    let found = spoken_here(s, spoken).with_open("If this wire format is right all the same, it is the key that was not accepted.");
    found.with_remedies([Remedy::ReenterKey])
}

fn spoken_here(s: &Symptoms<'_>, spoken: &Spoken) -> Diagnosis {
    let (asked, wire) = (s.found.connection.wire.label(), spoken.wire.label());
    let moved = if is_here(s, &spoken.base_url) { String::new() } else { format!(" at {}", spoken.base_url) };
    let happened = format!("{} was asked in {asked}, and speaks {wire} here, as {} says.", s.host, spoken.why);
    let found = s
        .diagnosis(Cause::WrongWire, Side::You, happened, format!("Let this connection speak {wire}{moved}."))
        .with_remedies([Remedy::UseWire { wire: spoken.wire, base_url: spoken.base_url.clone() }]);
    if s.is_relay() {
        return found.with_open("A relay may pass on the words of the provider behind it. Its documentation says what it speaks itself.");
    }
    found
}

/// An answer that came in another wire format.
pub(super) fn answered_in_another(s: &Symptoms<'_>) -> Diagnosis {
    if let Some(wire) = s.found.evidence.spoken {
        // Where the same server is known to be asked in that format, else where it has answered.
        let known = documented(s).into_iter().find(|known| known.wire == wire);
        let base_url = known.map_or_else(|| s.found.connection.base_url.clone(), |known| known.url.clone());
        return wrong(s, &Spoken { wire, base_url, why: "the shape of its answer" });
    }
    s.diagnosis(Cause::WrongWire, Side::You, "The server answered in a format that is not spoken here.", s.found.failure.message.clone())
}

/// What is spoken where a 401 may be about a key in the wrong header: at an official address at which the wire format that was asked is not spoken.
pub(super) fn behind_a_refused_key(s: &Symptoms<'_>) -> Option<Spoken> {
    let sent = s.found.connection.key_source != KeySource::None;
    let official = s.found.presets.of_connection(s.found.connection).is_some_and(|preset| preset.role == Role::Official);
    by_address(s).filter(|spoken| sent && official && !shares_its_key_header(spoken.wire, s.found.connection.wire))
}

fn shares_its_key_header(one: WireFormat, other: WireFormat) -> bool {
    one.key_header() == other.key_header()
}

fn is_here(s: &Symptoms<'_>, url: &str) -> bool {
    s.found.connection.base_url.trim_end_matches('/') == url.trim_end_matches('/')
}

/// The documented addresses at the origin of the connection.
fn documented<'a>(s: &Symptoms<'a>) -> Vec<&'a PresetUrl> {
    let origin = Origin::of(&s.found.connection.base_url);
    let urls = s.found.presets.of_connection(s.found.connection).map_or(&[][..], |preset| &preset.urls);
    urls.iter().filter(|known| origin.is_ok() && Origin::of(&known.url) == origin).collect()
}

fn by_address(s: &Symptoms<'_>) -> Option<Spoken> {
    let asked = s.found.connection.wire;
    let known = documented(s);
    let here: Vec<&PresetUrl> = known.iter().copied().filter(|known| is_here(s, &known.url)).collect();
    // What is documented for this very address decides, else what is documented for its origin.
    let candidates = if here.is_empty() { known } else { here };
    if candidates.iter().any(|known| known.wire == asked) {
        return None;
    }
    let first = candidates.first()?;
    Some(Spoken { wire: first.wire, base_url: first.url.clone(), why: "its address" })
}

fn by_path(s: &Symptoms<'_>) -> Option<Spoken> {
    let asked = s.found.connection.wire;
    let base_url = &s.found.connection.base_url;
    let (_, rest) = base_url.split_once("://")?;
    let parts: Vec<&str> = rest.split('/').skip(1).filter(|part| !part.is_empty()).collect();
    let wire = if parts.contains(&"anthropic") {
        WireFormat::AnthropicMessages
    } else if parts.last() == Some(&"v1beta") {
        WireFormat::Gemini
    } else if parts.contains(&"v1beta") && parts.last() == Some(&"openai") {
        WireFormat::OpenAiChat
    } else {
        return None;
    };
    (wire != asked).then(|| Spoken { wire, base_url: base_url.clone(), why: "its path" })
}

fn by_body(s: &Symptoms<'_>) -> Option<Spoken> {
    let asked = s.found.connection.wire;
    // A server that speaks several answers every wrong path in one of them.
    if documented(s).iter().any(|known| known.wire == asked) || better_base_url(&s.found.connection.base_url, asked).is_some() {
        return None;
    }
    let wire = speaker(s.found.error_body)?;
    let base_url = s.found.connection.base_url.clone();
    (!shares_its_key_header(wire, asked)).then_some(Spoken { wire, base_url, why: "the shape of its answer" })
}

/// Whose way of telling an error this is; absent where several have it.
fn speaker(body: &str) -> Option<WireFormat> {
    let json: Value = serde_json::from_str(body.trim_start_matches('\u{feff}').trim()).ok()?;
    let json = json.get(0).unwrap_or(&json);
    let error = json.get("error")?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if text(json, "type").as_deref() == Some("error") && text(error, "type").is_some() {
        Some(WireFormat::AnthropicMessages)
    } else if error.get("code").is_some_and(Value::is_number) && text(error, "status").is_some_and(|status| is_word(&status)) {
        Some(WireFormat::Gemini)
    } else if text(error, "message").is_some_and(|message| message.starts_with("Invalid URL (")) {
        Some(WireFormat::OpenAiChat)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Sick, sick};
    use super::*;
    use crate::domain::FailureKind;

    fn asked(wire: WireFormat, url: &str) -> Sick {
        let mut one = sick(FailureKind::PathNotFound).status(404).at(url);
        one.connection.wire = wire;
        one
    }

    const ANTHROPIC: &str = r#"{"type":"error","error":{"type":"not_found_error","message":"Not Found"},"request_id":"r"}"#;
    const GEMINI: &str = r#"[{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}]"#;
    const OPENAI: &str =
        r#"{"error":{"message":"Invalid URL (POST /v1/messages)","type":"invalid_request_error","param":null,"code":null}}"#;

    #[test]
    fn a_wrong_wire_format_is_told_by_the_address() {
        use WireFormat::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
        let google = "https://generativelanguage.googleapis.com/v1beta";
        for (wire, url, expected, at) in [
            (OpenAiChat, google, Gemini, google),
            (
                Gemini,
                "https://generativelanguage.googleapis.com/v1beta/openai",
                OpenAiChat,
                "https://generativelanguage.googleapis.com/v1beta/openai",
            ),
            (AnthropicMessages, google, Gemini, google),
            (AnthropicMessages, "https://api.openai.com/v1/", OpenAiResponses, "https://api.openai.com/v1"),
            (Gemini, "https://api.anthropic.com", AnthropicMessages, "https://api.anthropic.com/v1"),
            (OpenAiChat, "https://api.deepseek.com/anthropic/v1", AnthropicMessages, "https://api.deepseek.com/anthropic/v1"),
            (OpenAiResponses, "https://api.deepseek.com/v1", OpenAiChat, "https://api.deepseek.com/v1"),
            (OpenAiChat, "https://relay.test/anthropic/v1", AnthropicMessages, "https://relay.test/anthropic/v1"),
            (OpenAiChat, "https://relay.test/v1beta", Gemini, "https://relay.test/v1beta"),
        ] {
            let found = asked(wire, url).seen();
            assert_eq!((found.cause, found.side), (Cause::WrongWire, Side::You), "{url}");
            assert_eq!(found.remedies[0], Remedy::UseWire { wire: expected, base_url: at.into() }, "{url}");
            assert!(found.happened.contains(wire.label()) && found.to_do.contains(expected.label()), "{found:?}");
        }
        // The address may also be meant: the one where the asked wire format is spoken is offered beside it.
        let chat = asked(OpenAiChat, google).seen();
        assert_eq!(chat.remedies[1], Remedy::UseBaseUrl(format!("{google}/openai")));
    }

    #[test]
    fn a_wrong_wire_format_is_told_by_the_body() {
        use WireFormat::{AnthropicMessages, Gemini, OpenAiChat};
        for (wire, body, expected) in [
            (OpenAiChat, ANTHROPIC, AnthropicMessages),
            (Gemini, ANTHROPIC, AnthropicMessages),
            (OpenAiChat, GEMINI, Gemini),
            (AnthropicMessages, GEMINI, Gemini),
            (AnthropicMessages, OPENAI, OpenAiChat),
        ] {
            let found = asked(wire, "https://gateway.test/v1").body(body).seen();
            assert_eq!(found.cause, Cause::WrongWire, "{wire:?} {body}");
            let here = Remedy::UseWire { wire: expected, base_url: "https://gateway.test/v1".into() };
            assert!(found.remedies.contains(&here), "{:?}", found.remedies);
        }
        assert!(asked(OpenAiChat, "https://gateway.test/v1").relay().body(ANTHROPIC).seen().open.is_some());
        for (wire, url, body) in [
            (OpenAiChat, "https://gateway.test/v1", OPENAI),
            (OpenAiChat, "https://gateway.test/v1", r#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#),
            (OpenAiChat, "https://gateway.test/v1", "<html>"),
            // Its compatible endpoint is there too: the version is missing.
            (OpenAiChat, "https://api.anthropic.com", ANTHROPIC),
            (OpenAiChat, "https://gateway.test", ANTHROPIC),
        ] {
            assert_eq!(asked(wire, url).body(body).seen().cause, Cause::PathMissing, "{url} {body}");
        }
    }

    #[test]
    fn an_answer_in_another_format_names_it_and_offers_to_switch() {
        for (url, at) in [
            ("https://gateway.test/v1", "https://gateway.test/v1"),
            ("https://api.deepseek.com/v1", "https://api.deepseek.com/anthropic/v1"),
        ] {
            let mut one = sick(FailureKind::WrongWire).status(200).at(url);
            one.evidence.spoken = Some(WireFormat::AnthropicMessages);
            let found = one.seen();
            assert_eq!((found.cause, found.side), (Cause::WrongWire, Side::You));
            assert!(
                found.happened.contains("OpenAI chat completions") && found.happened.contains("speaks Anthropic Messages"),
                "{}",
                found.happened
            );
            assert_eq!(found.remedies[0], Remedy::UseWire { wire: WireFormat::AnthropicMessages, base_url: at.into() });
        }
        // A format that cannot be asked here: the message says what to do instead.
        let found = sick(FailureKind::WrongWire).status(200).seen();
        assert_eq!((found.cause, found.remedies.len()), (Cause::WrongWire, 0));
    }

    #[test]
    fn a_key_in_the_wrong_header_is_no_wrong_key() {
        let mut one = sick(FailureKind::Unauthorized).status(401).at("https://generativelanguage.googleapis.com/v1beta");
        let found = one.seen();
        assert_eq!((found.cause, found.remedies.len()), (Cause::WrongWire, 2));
        assert!(found.open.unwrap().contains("key"));
        one.connection.wire = WireFormat::Gemini;
        assert_eq!(one.seen().cause, Cause::WrongKey);
        // Relays speak more than is known of them, and Responses take the same header as chat completions.
        let mut relay = sick(FailureKind::Unauthorized).status(401).at("https://openrouter.ai/api/v1");
        relay.connection.wire = WireFormat::AnthropicMessages;
        assert_eq!(relay.seen().cause, Cause::WrongKey);
        let mut responses = sick(FailureKind::Unauthorized).status(401).at("https://api.deepseek.com/v1");
        responses.connection.wire = WireFormat::OpenAiResponses;
        assert_eq!(responses.seen().cause, Cause::WrongKey);
    }
}
