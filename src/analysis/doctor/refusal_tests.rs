//! Refusals: keys, money, models, addresses, parameters, lengths, and servers that fail.

use super::fixtures::{Sick, fact, sick};
use crate::domain::{Cause, FailureKind, ForeignKey, KeySource, Remedy, Side};

fn key() -> Sick {
    sick(FailureKind::Unauthorized).status(401)
}

#[test]
fn a_key_that_is_not_accepted_is_told_apart() {
    let found = key().seen();
    assert_eq!((found.cause, found.side, &found.remedies[..]), (Cause::WrongKey, Side::You, &[Remedy::ReenterKey][..]));
    assert!(found.open.is_some());

    let mut foreign = key();
    foreign.foreign_key = Some(ForeignKey { prefix: "sk-ant-".into(), provider: "Anthropic".into() });
    let found = foreign.seen();
    assert_eq!(found.cause, Cause::ForeignKey);
    assert!(fact(&found, "Key start").unwrap().ends_with("a hint only"));

    let mut none = key();
    none.connection.key_source = KeySource::None;
    assert_eq!(none.seen().cause, Cause::KeyNotSet);

    let found = key().body(r#"{"error":{"message":"Your credit has expired","type":"authentication_error"}}"#).seen();
    assert_eq!((found.cause, found.happened.as_str()), (Cause::BalanceSpent, "The credit of this account has expired."));

    let found = key().relay().body(r#"{"error":{"code":"channel:invalid_key","type":"new_api_error"}}"#).seen();
    assert_eq!((found.cause, found.side), (Cause::RelayKey, Side::Relay));
}

#[test]
fn a_key_may_belong_to_another_region() {
    let found = key().at("https://dashscope-intl.aliyuncs.com/compatible-mode/v1").seen();
    assert_eq!(found.cause, Cause::RegionKey);
    let beijing = "https://dashscope.aliyuncs.com/compatible-mode/v1";
    assert!(found.remedies.contains(&Remedy::UseRegion { region: "Beijing".into(), base_url: beijing.into() }), "{:?}", found.remedies);
    assert_eq!(found.remedies.len(), 4);
    assert_eq!(found.probes.len(), 3);
    assert!(found.open.unwrap().contains("would tell"));
}

#[test]
fn what_is_forbidden_is_told_apart() {
    let forbidden = || sick(FailureKind::Forbidden).status(403);
    for (body, cause, side) in [
        ("{}", Cause::Forbidden, Side::You),
        (r#"{"error":{"code":"unsupported_country_region_territory"}}"#, Cause::CountryNotServed, Side::Upstream),
        ("<html>blocked</html>", Cause::Firewall, Side::Network),
    ] {
        let found = forbidden().body(body).seen();
        assert_eq!((found.cause, found.side), (cause, side), "{body}");
    }
}

#[test]
fn whose_money_is_spent_is_told_where_it_can_be() {
    let spent = || sick(FailureKind::QuotaSpent);
    let official = spent().status(402).body(r#"{"error":{"message":"Insufficient Balance"}}"#).seen();
    assert_eq!((official.cause, official.side, official.open), (Cause::BalanceSpent, Side::You, None));
    for (body, cause, side) in [
        (r#"{"error":{"code":"insufficient_user_quota","type":"new_api_error"}}"#, Cause::BalanceSpent, Side::You),
        (r#"{"error":{"code":"pre_consume_token_quota_failed","type":"new_api_error"}}"#, Cause::BalanceSpent, Side::You),
        (r#"{"error":{"code":"insufficient_quota","type":"upstream_error"}}"#, Cause::RelayBalanceSpent, Side::Relay),
        (r#"{"error":{"code":"insufficient_quota"}}"#, Cause::BalanceSpent, Side::Unclear),
    ] {
        let found = spent().relay().status(429).body(body).seen();
        assert_eq!((found.cause, found.side), (cause, side), "{body}");
        assert_eq!(found.open.is_some(), side == Side::Unclear);
        assert!(!found.remedies.iter().any(|remedy| matches!(remedy, Remedy::Retry(_))), "trying again does not help");
    }
    let limit = r#"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    assert_eq!(sick(FailureKind::RateLimited).status(429).body(limit).seen().cause, Cause::SpendLimit);
    let set = r#"{"error":{"code":"SetLimitExceeded","message":"Your account has reached the set inference limit"}}"#;
    assert_eq!(spent().status(429).body(set).seen().cause, Cause::SpendLimit);
    // Gemini behind a relay limits it in the words of a spent quota.
    let quoted = r#"{"error":{"message":"litellm.RateLimitError: geminiException - {\"error\":{\"code\":429,\"message\":\"You exceeded your current quota.\",\"status\":\"RESOURCE_EXHAUSTED\"}}","code":"429"}}"#;
    let found = sick(FailureKind::RateLimited).relay().status(429).body(quoted).seen();
    assert_eq!((found.cause, found.side), (Cause::RateLimited, Side::Relay));
}

#[test]
fn a_missing_model_gets_the_nearest_names() {
    let missing = |models: &[&str]| sick(FailureKind::ModelNotFound).status(404).models(models);
    let mut found = missing(&["gpt-4.1", "gpt-4.1-mini", "whisper-1"]);
    found.model = Some("gpt-41");
    let found = found.seen();
    assert_eq!((found.cause, &found.remedies[0]), (Cause::ModelMissing, &Remedy::UseModel("gpt-4.1".into())));
    assert_eq!(fact(&found, "Models listed").as_deref(), Some("3"));
    assert!(missing(&["GPT-X"]).seen().to_do.contains("upper and lower case count"));
    let unknown = missing(&[]).seen();
    assert_eq!(unknown.remedies, [Remedy::ListModels]);
    assert!(unknown.open.is_some());
    let channel = r#"{"error":{"message":"no available channel for gpt-x","code":"model_not_found","type":"new_api_error"}}"#;
    let relayed = missing(&["gpt-x"]).relay().body(channel).seen();
    assert_eq!((relayed.cause, relayed.side), (Cause::RelayNoChannel, Side::Relay));
    assert!(!relayed.remedies.contains(&Remedy::UseModel("gpt-x".into())));
}

#[test]
fn a_wrong_address_gets_a_better_one_and_probes() {
    let at = |kind, url: &str| sick(kind).status(404).at(url).seen();
    let found = at(FailureKind::PathNotFound, "https://h");
    assert_eq!((found.cause, &found.remedies[..]), (Cause::PathMissing, &[Remedy::UseBaseUrl("https://h/v1".into())][..]));
    let found = at(FailureKind::PathNotFound, "https://h/v1/v1");
    assert_eq!(found.remedies, [Remedy::UseBaseUrl("https://h/v1".into())]);
    // Nothing is wrong with this one; one without the version may still be right.
    let found = at(FailureKind::PathNotFound, "https://h/v1");
    assert_eq!((found.remedies, found.probes[0].base_url.as_str()), (vec![Remedy::UseBaseUrl("https://h".into())], "https://h"));
    let mut unnamed = sick(FailureKind::PathNotFound).status(404);
    unnamed.model = None;
    assert!(unnamed.seen().to_do.starts_with("If this provider lists no models, name one"));
    let page = sick(FailureKind::NotAnApi).status(200).body("<!doctype html>").header("content-type", "text/html").seen();
    assert_eq!((page.cause, fact(&page, "Content type").as_deref()), (Cause::NotAnApi, Some("text/html")));
    let moved = sick(FailureKind::Redirect).status(301).at("http://h/v1").header("location", "https://h").seen();
    assert!(moved.to_do.contains("https://") && fact(&moved, "Points to").as_deref() == Some("https://h"));
}

/// Gemini has a version of its own; addresses of the others are none of its.
#[test]
fn gemini_is_offered_no_address_that_cannot_be() {
    for url in ["https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta", "https://gateway.test/v1"]
    {
        let mut one = sick(FailureKind::PathNotFound).status(404).at(url);
        one.connection.wire = crate::domain::WireFormat::Gemini;
        let found = one.seen();
        assert_eq!(found.cause, Cause::PathMissing, "{url}");
        let offered = found.probes.iter().map(|probe| probe.base_url.as_str());
        let remedies =
            found.remedies.iter().filter_map(|remedy| if let Remedy::UseBaseUrl(url) = remedy { Some(url.as_str()) } else { None });
        let offered: Vec<&str> = offered.chain(remedies).collect();
        assert!(offered.iter().all(|url| url.ends_with("/v1beta")), "{url}: {offered:?}");
    }
}

#[test]
fn the_parameter_that_was_not_accepted_is_named() {
    let rejected = |status: u16, body: &str| sick(FailureKind::BadRequest).status(status).body(body).seen();
    for (body, name) in [
        (r#"{"error":{"message":"no","param":"stream_options"}}"#, "stream_options"),
        (r#"{"error":{"message":"no","param":"messages.[0].content"}}"#, "messages"),
        (
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported; use 'max_completion_tokens'"}}"#,
            "max_completion_tokens",
        ),
        (r#"{"error":{"message":"parameter.enable_thinking only support stream call"}}"#, "enable_thinking"),
        (r#"{"error":{"message":"temperature must be at most 1"}}"#, "temperature"),
        (r#"{"detail":[{"loc":["body","top_p"],"msg":"too large"}]}"#, "top_p"),
    ] {
        let found = rejected(400, body);
        assert_eq!((found.cause, found.happened), (Cause::Parameter, format!("The server did not accept “{name}”.")), "{body}");
    }
    assert_eq!(rejected(400, r#"{"error":{"param":"stream_options"}}"#).remedies, [Remedy::DropStreamOptions]);
    // Words of everyday language are no parameters.
    let unnamed = rejected(422, r#"{"error":{"message":"The system could not stop; check your tools"}}"#);
    assert_eq!(unnamed.cause, Cause::Rejected);
    assert!(unnamed.open.is_some());
    assert_eq!(rejected(408, "").cause, Cause::RequestTimeout);
    assert_eq!(rejected(409, "{}").cause, Cause::Conflict);
}

#[test]
fn a_prompt_that_is_too_long_is_measured_against_the_window() {
    for (body, asked, window) in [
        (
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."}}"#,
            "9,000 tokens",
            "8,192 tokens, as the server says",
        ),
        (
            r#"{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            "210,000 tokens",
            "200,000 tokens, as the server says",
        ),
        (
            r#"{"error":{"code":400,"message":"too long","n_prompt_tokens":900,"n_ctx":512,"type":"exceed_context_size_error"}}"#,
            "900 tokens",
            "512 tokens, as the server says",
        ),
        (
            r#"{"error":{"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."}}"#,
            "1,200,000 tokens",
            "1,048,576 tokens, as the server says",
        ),
        (
            r#"{"error":{"message":"Your request exceeded model token limit: 8192 (requested: 9000)"}}"#,
            "9,000 tokens",
            "8,192 tokens, as the server says",
        ),
        (
            r#"{"error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#,
            "537,812 tokens",
            "131,072 tokens, as the server says",
        ),
    ] {
        let found = sick(FailureKind::ContextTooLong).status(400).body(body).seen();
        assert_eq!((fact(&found, "Asked for").as_deref(), fact(&found, "Window").as_deref()), (Some(asked), Some(window)), "{body}");
        assert!(found.to_do.starts_with("Shorten the prompt by "), "{}", found.to_do);
    }
    let mut known =
        sick(FailureKind::ContextTooLong).status(400).body(r#"{"error":{"code":"context_length_exceeded","message":"tokens"}}"#);
    known.context_window_tokens = Some(32_768);
    assert_eq!(fact(&known.seen(), "Window").as_deref(), Some("32,768 tokens, by the catalog"));
    known.context_window_tokens = None;
    assert!(known.seen().open.is_some());
    assert_eq!(sick(FailureKind::ContextTooLong).status(413).body("<html>").seen().cause, Cause::RequestTooLarge);
}

#[test]
fn servers_that_fail_are_told_apart() {
    let failed = |status: u16, body: &str| sick(FailureKind::ServerError).status(status).body(body);
    for (status, body, cause) in [
        (500, "{}", Cause::ServerError),
        (502, "<html>", Cause::BadGateway),
        (504, "", Cause::BadGateway),
        (503, "", Cause::Unavailable),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Cause::Overloaded),
    ] {
        let found = failed(status, body).seen();
        assert_eq!((found.cause, found.side, found.open), (cause, Side::Upstream, None), "{status}");
        assert!(found.note.is_some());
        let relayed = failed(status, body).relay().seen();
        assert_eq!((relayed.cause, relayed.side, relayed.open.is_some()), (cause, Side::Unclear, true), "{status}");
    }
    for (body, cause, side) in [
        (r#"{"error":{"code":"get_channel_failed","type":"new_api_error"}}"#, Cause::RelayNoChannel, Side::Relay),
        (r#"{"error":{"code":"channel:no_available_key","type":"new_api_error"}}"#, Cause::RelayNoChannel, Side::Relay),
        (r#"{"error":{"code":"channel:invalid_key","type":"new_api_error"}}"#, Cause::RelayKey, Side::Relay),
        (r#"{"error":{"code":"bad_response_status_code","type":"upstream_error"}}"#, Cause::RelayUpstream, Side::Upstream),
        (r#"{"error":{"code":"empty_response","type":"new_api_error"}}"#, Cause::RelayUpstream, Side::Upstream),
    ] {
        let found = failed(500, body).relay().seen();
        assert_eq!((found.cause, found.side), (cause, side), "{body}");
    }
}
