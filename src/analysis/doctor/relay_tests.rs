//! Relays about the provider behind them, local servers about their models, Azure about its addresses, and errors whose message is an object.

use super::fixtures::{Sick, fact, sick};
use crate::domain::{Cause, FailureKind as Kind, Remedy, Role, Side};

fn said(kind: Kind, status: u16, message: &str) -> Sick {
    sick(kind).status(status).body(&serde_json::json!({ "error": { "message": message } }).to_string())
}

#[test]
fn litellm_is_known_for_a_relay_by_its_words() {
    const AUTH: &str = "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-abc***. You can find your API key";
    const REST: &str = "No deployments available for selected model, Try again in 5 seconds. Passed model=gpt-x. pre-call-checks=False, cooldown_list=['a']";
    const UNREACHABLE: &str = "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.";
    for (kind, status, message, cause, side) in [
        (Kind::Unauthorized, 401, AUTH, Cause::RelayKey, Side::Relay),
        // Older trials were taken for the server's own trouble.
        (Kind::ServerError, 500, AUTH, Cause::RelayKey, Side::Relay),
        (Kind::StreamError, 200, AUTH, Cause::RelayKey, Side::Relay),
        (Kind::RateLimited, 429, REST, Cause::RelayResting, Side::Relay),
        (Kind::ServerError, 500, UNREACHABLE, Cause::RelayUnreachable, Side::Relay),
        (Kind::ServerError, 503, "litellm.ServiceUnavailableError: GeminiException - busy", Cause::RelayUpstream, Side::Upstream),
        (Kind::BadRequest, 408, "litellm.Timeout: APITimeoutError - Request timed out.", Cause::RelayUpstream, Side::Upstream),
        (Kind::Forbidden, 403, "litellm.PermissionDeniedError: OpenAIException - no", Cause::RelayKey, Side::Relay),
        (
            Kind::ModelNotFound,
            404,
            "litellm.NotFoundError: OpenAIException - The model `x` does not exist",
            Cause::RelayNoChannel,
            Side::Relay,
        ),
        (
            Kind::RateLimited,
            429,
            "litellm.RateLimitError: OpenAIException - Rate limit reached for requests",
            Cause::RequestRate,
            Side::Relay,
        ),
        (
            Kind::QuotaSpent,
            429,
            "litellm.RateLimitError: OpenAIException - You exceeded your current quota",
            Cause::RelayBalanceSpent,
            Side::Relay,
        ),
        // Of you.
        (Kind::QuotaSpent, 400, "Budget has been exceeded! Current cost: 0.0002, Max budget: 0.0001", Cause::SpendLimit, Side::You),
        (Kind::QuotaSpent, 401, "ExceededBudget: User has exceeded their budget.", Cause::SpendLimit, Side::You),
        (
            Kind::Unauthorized,
            401,
            "Authentication Error, Invalid proxy server token passed. Unable to find token in cache",
            Cause::WrongKey,
            Side::You,
        ),
        (Kind::BadRequest, 400, "litellm.BadRequestError: OpenAIException - Unsupported value: 'temperature'", Cause::Parameter, Side::You),
    ] {
        for role in [Role::Official, Role::Relay, Role::Local] {
            let mut one =
                said(kind, status, message).at(if role == Role::Local { "http://127.0.0.1:4000/v1" } else { "https://api.test/v1" });
            one.connection.role = role;
            let found = one.seen();
            assert_eq!((found.cause, found.side), (cause, side), "{kind:?} {role:?} {message}");
            let about_relay = !matches!(side, Side::You);
            assert!(!about_relay || !found.to_do.contains("output of your server"), "{}", found.to_do);
            assert!(!about_relay || !found.remedies.contains(&Remedy::ReenterKey), "{found:?}");
        }
    }
    let resting = said(Kind::RateLimited, 429, REST).seen();
    assert_eq!((&resting.remedies[..], fact(&resting, "Room again in").as_deref()), (&[Remedy::Retry(Some(5))][..], Some("5 s")));
    assert!(resting.to_do.starts_with("Wait 5 s"), "{}", resting.to_do);
    let limited = said(Kind::RateLimited, 429, "Rate limit reached. Please try again in 20s.").seen();
    assert_eq!(fact(&limited, "Room again in").as_deref(), Some("20 s (by its words)"));
}

#[test]
fn a_relay_that_fails_over_a_key_fails_over_its_own() {
    assert_eq!(said(Kind::Unauthorized, 500, "Incorrect API key provided").relay().seen().cause, Cause::RelayKey);
    assert_eq!(said(Kind::Unauthorized, 500, "Incorrect API key provided").seen().cause, Cause::WrongKey);
    assert_eq!(said(Kind::Unauthorized, 401, "Incorrect API key provided").relay().seen().cause, Cause::WrongKey);
}

#[test]
fn a_model_that_is_not_loaded_is_to_be_loaded() {
    for (kind, status, message) in [
        (Kind::ModelNotFound, 400, "No models loaded. Please load a model in the developer page or use the `lms load` command."),
        (Kind::ModelNotFound, 404, "No models loaded. Please load a model in the developer page or use the `lms load` command."),
        (Kind::ModelNotFound, 400, "Failed to load model \"gpt-oss-20b\". Error: Error loading model."),
        (Kind::ModelNotFound, 200, "Model \"x\" is not loaded"),
        (Kind::ModelNotFound, 500, "model requires more system memory (9.1 GiB) than is available (5.0 GiB)"),
        (Kind::BadRequest, 400, "No models loaded."),
        (Kind::PathNotFound, 404, "No models loaded."),
    ] {
        let found = said(kind, status, message).at("http://127.0.0.1:1234/v1").seen();
        assert_eq!((found.cause, found.side), (Cause::ModelNotLoaded, Side::You), "{kind:?} {message}");
        assert!(found.to_do.starts_with("Load it at the server") && found.probes.is_empty(), "{found:?}");
        assert!(found.remedies.contains(&Remedy::Retry(None)));
    }
    let loading = said(Kind::ServerError, 503, "Loading model").at("http://127.0.0.1:8080/v1").seen();
    assert!(loading.cause == Cause::ModelNotLoaded && loading.to_do.starts_with("Wait until it is loaded"), "{loading:?}");
    let absent = said(Kind::ModelNotFound, 404, "model 'gpt-x' not found, try pulling it first").seen();
    assert!(absent.cause == Cause::ModelMissing && absent.to_do.starts_with("Pull it at the server"), "{absent:?}");
}

#[test]
fn azure_is_told_which_address_works() {
    let azure = "https://acme.openai.azure.com/openai/deployments/gpt-x";
    let v1 = Remedy::UseBaseUrl("https://acme.openai.azure.com/openai/v1".into());
    for (kind, status, body, cause) in [
        (Kind::PathNotFound, 404, r#"{"error":{"code":"404","message":"Resource not found"}}"#, Cause::PathMissing),
        (
            Kind::ModelNotFound,
            404,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
            Cause::ModelMissing,
        ),
        (
            Kind::Unauthorized,
            401,
            r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key."}}"#,
            Cause::WrongKey,
        ),
        (Kind::BadRequest, 400, r#"{"error":{"code":"BadRequest","message":"API version not supported"}}"#, Cause::PathMissing),
        (Kind::PathNotFound, 404, r#"{"statusCode":404,"message":"Missing required query parameter: api-version"}"#, Cause::PathMissing),
    ] {
        let found = sick(kind).status(status).at(azure).body(body).seen();
        assert_eq!((found.cause, found.side), (cause, Side::You), "{body}");
        assert!(
            found.to_do.contains("https://NAME.openai.azure.com/openai/v1") && found.to_do.contains("name of your deployment"),
            "{found:?}"
        );
        assert!(found.remedies.contains(&v1), "{body} {:?}", found.remedies);
        // Behind another name its words tell it.
        let elsewhere = sick(kind).status(status).at("https://gateway.test/v1").body(body).seen();
        assert!(elsewhere.to_do.contains("openai/v1") && !elsewhere.remedies.contains(&v1), "{elsewhere:?}");
        let there = sick(kind).status(status).at("https://acme.openai.azure.com/openai/v1").body(body).seen();
        assert!(!there.remedies.contains(&v1), "{there:?}");
    }
    // Anybody's words, with anybody's code.
    let plain = sick(Kind::PathNotFound).status(404).body(r#"{"error":{"code":404,"message":"Resource not found"}}"#).seen();
    assert!(plain.cause == Cause::PathMissing && !plain.to_do.contains("azure"));
}

#[test]
fn the_parameter_of_a_message_that_is_an_object_is_named() {
    for body in [
        r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":7}]},"type":"invalid_request_error","param":null,"code":null}"#,
        r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]","type":"BadRequestError","code":400}"#,
        r#"{"detail":{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}}"#,
    ] {
        let found = sick(Kind::BadRequest).status(422).body(body).seen();
        assert_eq!((found.cause, found.happened.as_str()), (Cause::Parameter, "The server did not accept “seed”."), "{body}");
        assert_eq!(fact(&found, "It said").as_deref(), Some("“seed: Extra inputs are not permitted”"));
    }
}

#[test]
fn credits_that_openrouter_misses_are_the_askers() {
    let body = r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 1234.","code":402,"metadata":{"provider_name":null}}}"#;
    let found = sick(Kind::QuotaSpent).relay().status(402).body(body).seen();
    assert_eq!((found.cause, found.side), (Cause::BalanceSpent, Side::You));
}

#[test]
fn balance_words_of_older_trials_under_a_5xx_are_read_anew() {
    let body = r#"{"type":"error","error":{"type":"api_error","message":"insufficient balance (1008)"}}"#;
    for kind in [Kind::ServerError, Kind::QuotaSpent] {
        let found = sick(kind).status(500).body(body).seen();
        assert_eq!((found.cause, found.side), (Cause::BalanceSpent, Side::You), "{kind:?}");
        assert!(found.remedies.is_empty(), "trying again does not help");
    }
    assert_eq!(said(Kind::ServerError, 500, "Could not refresh the credit balance cache").seen().cause, Cause::ServerError);
}
