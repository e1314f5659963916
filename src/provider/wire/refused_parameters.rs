//! Parameters that a model refuses, as newer reasoning models refuse `temperature` and `top_p`: which a refusal is about, and that they are left out.
//! Which models do is not known by their names; the first refusal tells it.

use crate::domain::{Amendment, places_of_word};
use crate::provider::ChatRequest;

use super::body::BodyWriter;
use super::error_body::ErrorBody;

/// Words of a refusal that is about the parameter itself, whatever its value. Of a value that is out of range other words are used.
const ABOUT_THE_PARAMETER: [&str; 6] = ["unsupported", "not support", "deprecated", "unrecognized", "not permitted", "removed"];

/// What the refusal asks to be left out; absent when it is about something else.
pub(super) fn amendment(request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
    let (params, spelling) = (&request.params, request.spelling);
    let message = message_about_a_parameter(status, body)?;
    let names = |word| places_of_word(&message, word).next().is_some();
    if params.temperature.is_some() && !spelling.no_temperature && names("temperature") {
        return Some(Amendment::NoTemperature);
    }
    (params.top_p.is_some() && !spelling.no_top_p && ["top_p", "topp"].into_iter().any(names)).then_some(Amendment::NoTopP)
}

/// The words of a refusal that is about a parameter itself, lower case. They alone count: some servers repeat the request beside them.
pub(super) fn message_about_a_parameter(status: u16, body: &str) -> Option<String> {
    if !matches!(status, 400 | 422) {
        return None;
    }
    let ErrorBody { message, param, .. } = ErrorBody::read(body)?;
    let message = format!("{message} {}", param.unwrap_or_default()).to_lowercase();
    ABOUT_THE_PARAMETER.iter().any(|words| message.contains(words)).then_some(message)
}

/// Temperature and top-p as they may be sent; what is left out is told.
pub(super) fn sampling(request: &ChatRequest, body: &mut BodyWriter) -> (Option<f64>, Option<f64>) {
    let (params, spelling) = (&request.params, request.spelling);
    let mut sent = |name: &str, value: Option<f64>, refused: bool| {
        if refused && value.is_some() {
            body.warn(format!("{name} was not sent: this model refuses it"));
        }
        value.filter(|_| !refused)
    };
    (sent("temperature", params.temperature, spelling.no_temperature), sent("top_p", params.top_p, spelling.no_top_p))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::format::{Pictures, wire_of};
    use super::*;
    use crate::domain::{Message, Params, Speaker, Spelling, WireFormat};

    fn request(temperature: Option<f64>, top_p: Option<f64>) -> ChatRequest {
        ChatRequest {
            model: "m".into(),
            messages: Arc::new([Message::new(Speaker::User, "hi")]),
            params: Params { temperature, top_p, max_tokens: Some(9), ..Params::default() },
            stream: true,
            spelling: Spelling::default(),
        }
    }

    #[test]
    fn a_refusal_of_a_sampling_parameter_is_understood_over_every_wire() {
        let both = request(Some(0.0), Some(0.5));
        for (message, expected) in [
            ("`temperature` is deprecated for this model.", Some(Amendment::NoTemperature)),
            (
                "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
                Some(Amendment::NoTemperature),
            ),
            ("Unsupported parameter: 'temperature' is not supported with this model.", Some(Amendment::NoTemperature)),
            ("`temperature`, `top_p` and `top_k` are not supported for this model", Some(Amendment::NoTemperature)),
            ("`top_p` is deprecated for this model.", Some(Amendment::NoTopP)),
            ("generation_config.topP is not supported", Some(Amendment::NoTopP)),
            (
                "[{'type': 'extra_forbidden', 'loc': ('body', 'temperature'), 'msg': 'Extra inputs are not permitted'}]",
                Some(Amendment::NoTemperature),
            ),
            // About values, about both at once, and about something else.
            ("Invalid 'temperature': decimal above maximum value. Expected a value <= 2", None),
            ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", None),
            ("`temperature` may only be set to 1 when thinking is enabled", None),
            ("Unsupported parameter: 'seed'", None),
        ] {
            let body = serde_json::json!({ "error": { "message": message, "type": "invalid_request_error" } }).to_string();
            for format in WireFormat::ALL {
                assert_eq!(wire_of(format).amendment(&both, 400, &body), expected, "{format:?}: {message}");
                assert_eq!(wire_of(format).amendment(&both, 500, &body), None, "{format:?}: {message}");
                assert_eq!(wire_of(format).amendment(&request(None, None), 400, &body), None, "{format:?}: {message}");
            }
        }
        let all = r#"{"error":{"message":"temperature and top_p are not supported"}}"#;
        let amended = ChatRequest { spelling: both.spelling.with(Amendment::NoTemperature), ..both.clone() };
        assert_eq!(amendment(&amended, 400, all), Some(Amendment::NoTopP));
        let object =
            r#"{"object":"error","message":{"detail":[{"loc":["body","top_p"],"msg":"Extra inputs are not permitted","input":0.5}]}}"#;
        assert_eq!(amendment(&both, 422, object), Some(Amendment::NoTopP));
        let in_a_field = r#"{"error":{"message":"Unsupported parameter.","param":"temperature"}}"#;
        assert_eq!(amendment(&both, 400, in_a_field), Some(Amendment::NoTemperature));
        let echoed = r#"{"detail":[{"loc":["body","logit_bias"],"msg":"Extra inputs are not permitted","input":{"temperature":0}}]}"#;
        assert_eq!(amendment(&both, 422, echoed), None);
    }

    #[test]
    fn what_a_model_refuses_is_left_out_and_told_over_every_wire() {
        let mut asked = request(Some(0.25), Some(0.75));
        asked.spelling = asked.spelling.with(Amendment::NoTemperature).with(Amendment::NoTopP);
        for format in WireFormat::ALL {
            let written = wire_of(format).write(&asked, Pictures::Whole);
            assert!(!written.body.contains("0.25") && !written.body.contains("0.75"), "{}", written.body);
            for name in ["temperature", "top_p"] {
                let told = format!("{name} was not sent: this model refuses it");
                assert!(written.warnings.contains(&told), "{format:?}: {:?}", written.warnings);
            }
        }
        let plain = ChatRequest { params: Params::default(), ..asked };
        let told = wire_of(WireFormat::OpenAiChat).write(&plain, Pictures::Whole).warnings;
        assert_eq!(told, [""; 0]);
    }
}
