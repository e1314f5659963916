//! Reading a chat completion request, as strictly as OpenAI does.

use serde::Deserialize;

use super::model::{MODELS, SimulatedModel};
use super::pieces::pieces;
use super::wire::Refusal;

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    messages: Option<Vec<WireMessage>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    temperature: Option<f64>,
    seed: Option<i64>,
    stop: Option<Stop>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct WireMessage {
    role: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

/// A request that makes sense.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) model: &'static SimulatedModel,
    /// Role and text of each message, at least one.
    pub(super) messages: Vec<(String, String)>,
    pub(super) stream: bool,
    /// Ask for a last chunk with the token counts.
    pub(super) include_usage: bool,
    /// At least 1.
    pub(super) max_tokens: Option<usize>,
    /// The wording is to be the same each time: temperature 0 or a seed.
    pub(super) fixed_wording: Option<i64>,
    /// None of them empty.
    pub(super) stop: Vec<String>,
}

impl Question {
    /// Reads the body of a request.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body: Body = serde_json::from_slice(body)
            .map_err(|error| if error.is_data() { Refusal::Invalid(error.to_string()) } else { Refusal::NotJson })?;
        let model = body.model.filter(|model| !model.is_empty()).ok_or(Refusal::NoModel)?;
        let model = MODELS.iter().find(|known| known.id == model).ok_or(Refusal::UnknownModel(model))?;
        let messages: Vec<_> =
            body.messages.unwrap_or_default().into_iter().map(|message| (message.role, plain(message.content))).collect();
        if messages.is_empty() {
            return Err(Refusal::NoMessages);
        }
        let max_tokens = match body.max_completion_tokens.or(body.max_tokens) {
            None => None,
            Some(asked) => Some(usize::try_from(asked).ok().filter(|max| *max > 0).ok_or(Refusal::MaxTokens(asked))?),
        };
        let stop = match body.stop {
            None => Vec::new(),
            Some(Stop::One(text)) => vec![text],
            Some(Stop::Several(texts)) => texts,
        };
        Ok(Self {
            model,
            messages,
            stream: body.stream.unwrap_or(false),
            include_usage: body.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
            max_tokens,
            fixed_wording: body.seed.or_else(|| body.temperature.filter(|t| *t <= 0.0).map(|_| 0)),
            stop: stop.into_iter().filter(|text| !text.is_empty()).collect(),
        })
    }

    /// The last user message; empty when there is none.
    pub(super) fn prompt(&self) -> &str {
        self.messages.iter().rfind(|(role, _)| role == "user").map_or("", |(_, text)| text)
    }

    /// What the prompt is billed as: its pieces, and a few tokens around each message.
    pub(super) fn prompt_tokens(&self) -> usize {
        3 + self.messages.iter().map(|(_, text)| 4 + pieces(text).len()).sum::<usize>()
    }

    /// All that was asked, as one text.
    pub(super) fn transcript(&self) -> String {
        self.messages.iter().flat_map(|(role, text)| [role.as_str(), "\n", text.as_str(), "\n"]).collect()
    }
}

fn plain(content: Option<Content>) -> String {
    match content {
        None => String::new(),
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => parts.into_iter().map(|part| part.text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Question, Refusal> {
        Question::read(body.as_bytes())
    }

    #[test]
    fn a_request_is_read_with_its_options() {
        let question = read(
            r#"{"model":"sim-large","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hi"}]}],
               "stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"seed":3,"stop":"END","unknown":[1]}"#,
        )
        .unwrap();
        assert_eq!(question.model.id, "sim-large");
        assert_eq!(question.prompt(), "Hi");
        assert!(question.stream && question.include_usage);
        assert_eq!((question.max_tokens, question.fixed_wording, question.stop.as_slice()), (Some(7), Some(3), &["END".to_owned()][..]));
        assert_eq!(question.prompt_tokens(), 3 + 4 + 3 + 4 + 1);
    }

    #[test]
    fn a_request_that_makes_no_sense_is_refused() {
        assert!(matches!(read("{"), Err(Refusal::NotJson)));
        assert!(matches!(read("<html>"), Err(Refusal::NotJson)));
        assert!(matches!(read(r#"{"model":5}"#), Err(Refusal::Invalid(_))));
        assert!(matches!(read("{}"), Err(Refusal::NoModel)));
        assert!(matches!(read(r#"{"model":"Sim-Large","messages":[]}"#), Err(Refusal::UnknownModel(_))));
        assert!(matches!(read(r#"{"model":"sim-large","messages":[]}"#), Err(Refusal::NoMessages)));
        let zero = r#"{"model":"sim-large","messages":[{"role":"user","content":"Hi"}],"max_tokens":0}"#;
        assert!(matches!(read(zero), Err(Refusal::MaxTokens(0))));
    }
}
