//! What is compared: connection × model × parameters.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Effort, OutputSchema, Tool};

/// Sampling parameters; an absent one is not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// 0–2 at most providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Upper bound on answer tokens, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Nucleus sampling, 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// For providers that honour it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Texts that end the answer; at most 4 at most providers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How much to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Think, or do not: for models that can do both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// The shape of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Arc<OutputSchema>>,
    /// Functions that the model may call; empty: none.
    #[serde(skip_serializing_if = "no_tools", with = "tools_text")]
    pub tools: Arc<[Tool]>,
}

fn no_tools(tools: &Arc<[Tool]>) -> bool {
    tools.is_empty()
}

/// Stored as JSON inside a text, as a schema is.
mod tools_text {
    use super::{Arc, Deserialize as _, Tool};

    pub(super) fn serialize<S: serde::Serializer>(tools: &Arc<[Tool]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(tools).map_err(serde::ser::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Arc<[Tool]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Tool::list_from_json(&text).map(Into::into).map_err(serde::de::Error::custom)
    }
}

/// Words that a provider puts around tools and a schema, in tokens: above what any is known to add.
const TOKENS_AROUND_DEFINITIONS: u64 = 700;

impl Params {
    /// These parameters, with those that `over` sets taking their place.
    #[must_use]
    pub fn overridden_by(&self, over: &Self) -> Self {
        Self {
            temperature: over.temperature.or(self.temperature),
            max_tokens: over.max_tokens.or(self.max_tokens),
            top_p: over.top_p.or(self.top_p),
            seed: over.seed.or(self.seed),
            stop: if over.stop.is_empty() { self.stop.clone() } else { over.stop.clone() },
            effort: over.effort.or(self.effort),
            thinking: over.thinking.or(self.thinking),
            schema: over.schema.clone().or_else(|| self.schema.clone()),
            tools: Arc::clone(if over.tools.is_empty() { &self.tools } else { &over.tools }),
        }
    }

    /// The definitions that count as input of every request: schema and tools as JSON; empty without them.
    pub fn definitions(&self) -> String {
        let schema = self.schema.as_ref().map(|schema| schema.schema.to_string()).unwrap_or_default();
        let tools = if self.tools.is_empty() { String::new() } else { serde_json::to_string(&*self.tools).unwrap_or_default() };
        schema + &tools
    }

    /// More input tokens than the definitions can have: one a byte, and what a provider puts around them.
    pub fn most_definition_tokens(&self) -> u64 {
        match self.definitions().len() {
            0 => 0,
            bytes => bytes as u64 + TOKENS_AROUND_DEFINITIONS,
        }
    }

    /// What is set, in words for small print: `temperature 0.2`, `max 64`.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.temperature.map(|value| format!("temperature {value}")));
        words.extend(self.max_tokens.map(|value| format!("max {value}")));
        words.extend(self.top_p.map(|value| format!("top-p {value}")));
        words.extend(self.seed.map(|value| format!("seed {value}")));
        words.extend((!self.stop.is_empty()).then(|| format!("{} stop", self.stop.len())));
        words.extend(self.effort.map(|effort| format!("effort {}", effort.as_str())));
        words.extend(self.thinking.map(|on| format!("thinking {}", on_off(on))));
        words.extend(self.schema.as_ref().map(|_| "JSON schema".to_owned()));
        words.extend((!self.tools.is_empty()).then(|| match self.tools.len() {
            1 => "1 tool".to_owned(),
            count => format!("{count} tools"),
        }));
        words
    }

    /// The model is asked not to think: switched off, or by an effort of none where nothing is said of thinking.
    pub fn asks_for_no_thinking(&self) -> bool {
        self.thinking == Some(false) || (self.thinking.is_none() && self.effort == Some(Effort::None))
    }

    /// Nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A target as a person writes it: `CONNECTION/MODEL[?temperature=0.2&max_tokens=64&effort=high&thinking=on][#LABEL]`. A schema and tools are too
/// long for it. What the grammar uses is written `%XX` where it is meant itself: `%23` is `#`, `%3F` is `?`, `%2F` is `/`, `%25` is `%`; a `%` without two
/// hexadecimal digits after it is itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetSpec {
    /// A connection's name.
    pub connection: String,
    /// A model id as the provider spells it; may hold anything.
    pub model: String,
    /// Overrides for this target.
    #[serde(default)]
    pub params: Params,
    /// The user's own label; absent: made from model and connection.
    #[serde(default)]
    pub label: Option<String>,
}

/// Why a target cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No slash, or nothing on one of its sides.
    #[error("a target is written CONNECTION/MODEL, such as OpenAI/gpt-4.1; got “{0}”")]
    Shape(String),
    /// A parameter that does not exist.
    #[error(
        "“{0}” is no parameter; known are temperature, max_tokens, top_p, seed, stop, effort and thinking. A “?” in a model id is written %3F, a “#” %23"
    )]
    UnknownParameter(String),
    /// A `?` without parameters after it.
    #[error("after “?” come parameters, as in CONNECTION/MODEL?temperature=0.2; a “?” in a model id is written %3F")]
    NoParameters,
    /// Bytes as `%XX` that are no text.
    #[error("“{0}” holds %XX that stands for no text; a “%” itself is written %25")]
    Escape(String),
    /// A value that does not fit its parameter.
    #[error("“{value}” is no value for {name}")]
    Value {
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
    },
    /// A label with parameters in it, which would not be sent.
    #[error("parameters stand before the label, as in CONNECTION/MODEL?temperature=0.2#LABEL; the label “{0}” holds some")]
    ParametersInLabel(String),
}

impl std::str::FromStr for TargetSpec {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || TargetError::Shape(text.to_owned());
        let (connection, rest) = text.split_once('/').ok_or_else(shape)?;
        let (rest, label) = match rest.split_once('#') {
            Some((rest, label)) => (rest, Some(label.trim()).filter(|label| !label.is_empty())),
            None => (rest, None),
        };
        if let Some(label) = label.filter(|label| holds_parameters(label)) {
            return Err(TargetError::ParametersInLabel(label.to_owned()));
        }
        let (model, query) = match rest.split_once('?') {
            Some((_, query)) if query.split('&').all(|pair| pair.trim().is_empty()) => return Err(TargetError::NoParameters),
            Some((model, query)) => (model, query),
            None => (rest, ""),
        };
        let read = |part: &str| percent_decoded(part.trim()).ok_or_else(|| TargetError::Escape(part.to_owned()));
        let (connection, model, label) = (read(connection)?, read(model)?, label.map(read).transpose()?);
        if connection.trim().is_empty() || model.trim().is_empty() {
            return Err(shape());
        }
        let mut params = Params::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let bad = || TargetError::Value { name: name.to_owned(), value: value.to_owned() };
            let value = percent_decoded(value).ok_or_else(bad)?;
            let value = value.as_str();
            match name {
                "temperature" => params.temperature = Some(finite(value, 0.0, 2.0).ok_or_else(bad)?),
                "top_p" => params.top_p = Some(finite(value, 0.0, 1.0).ok_or_else(bad)?),
                "max_tokens" => params.max_tokens = Some(value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?),
                "seed" => params.seed = Some(value.parse().ok().ok_or_else(bad)?),
                "stop" if !value.is_empty() => params.stop.push(value.to_owned()),
                "stop" => return Err(bad()),
                "effort" => params.effort = Some(Effort::from_word(value).ok_or_else(bad)?),
                "thinking" => params.thinking = Some(read_switch(value).ok_or_else(bad)?),
                other => return Err(TargetError::UnknownParameter(other.to_owned())),
            }
        }
        Ok(Self { connection, model, params, label: label.filter(|label| !label.trim().is_empty()) })
    }
}

/// `on` or `off`, or as programs write it.
fn read_switch(value: &str) -> Option<bool> {
    match value {
        "on" | "true" => Some(true),
        "off" | "false" => Some(false),
        _ => None,
    }
}

/// `?name=` somewhere in it.
fn holds_parameters(label: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    label.split('?').skip(1).any(|rest| rest.split_once('=').is_some_and(|(name, _)| is_name(name)))
}

/// Every `%XX` as the byte that it stands for; a `%` without two hexadecimal digits is itself. Nothing when the bytes are no UTF-8.
fn percent_decoded(value: &str) -> Option<String> {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        } else {
            bytes.push(b'%');
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    String::from_utf8(bytes).ok()
}

/// `text` so that [`percent_decoded`] gives it back: what is in `meaningful`, white space at its ends, and a `%` that would be read as an escape.
fn percent_encoded(text: &str, meaningful: &[char]) -> String {
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
    let reads_as_escape = |at: usize| text.as_bytes().get(at + 1..at + 3).is_some_and(|next| next.iter().all(u8::is_ascii_hexdigit));
    let mut encoded = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if meaningful.contains(&c) || at < start || at >= end || (c == '%' && reads_as_escape(at)) {
            let mut utf8 = [0; 4];
            encoded.extend(c.encode_utf8(&mut utf8).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

fn finite(text: &str, low: f64, high: f64) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && (low..=high).contains(number))
}

impl std::fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", percent_encoded(&self.connection, &['/']), percent_encoded(&self.model, &['?', '#']))?;
        let mut pairs = Vec::new();
        pairs.extend(self.params.temperature.map(|v| format!("temperature={v}")));
        pairs.extend(self.params.max_tokens.map(|v| format!("max_tokens={v}")));
        pairs.extend(self.params.top_p.map(|v| format!("top_p={v}")));
        pairs.extend(self.params.seed.map(|v| format!("seed={v}")));
        pairs.extend(self.params.stop.iter().map(|v| format!("stop={}", percent_encoded(v, &['&', '#']))));
        pairs.extend(self.params.effort.map(|effort| format!("effort={}", effort.as_str())));
        pairs.extend(self.params.thinking.map(|on| format!("thinking={}", on_off(on))));
        if !pairs.is_empty() {
            write!(f, "?{}", pairs.join("&"))?;
        }
        match &self.label {
            Some(label) if holds_parameters(label) => write!(f, "#{}", percent_encoded(label, &['?'])),
            Some(label) => write!(f, "#{}", percent_encoded(label, &[])),
            None => Ok(()),
        }
    }
}

impl TargetSpec {
    /// The model id that the text of this target would be if none of it was meant as a parameter or a label; absent where nothing of it was.
    pub fn as_one_id(&self) -> Option<String> {
        let text = self.to_string();
        percent_decoded(text.split_once('/')?.1).filter(|id| *id != self.model)
    }

    /// The label on screen and in exports when the user gave none: `model · connection`, with the overrides that set it apart.
    pub fn display_label(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let mut label = format!("{} · {}", self.model, self.connection);
        let overrides = [
            self.params.temperature.map(|t| format!(" · t={t}")),
            self.params.max_tokens.map(|n| format!(" · max {n}")),
            self.params.effort.map(|effort| format!(" · {} effort", effort.as_str())),
            self.params.thinking.map(|on| format!(" · thinking {}", on_off(on))),
        ];
        label.extend(overrides.into_iter().flatten());
        label
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_splits_at_its_first_slash() {
        let spec: TargetSpec = "OpenRouter/qwen/qwen3-max:free?temperature=0.2&max_tokens=64#cheap one".parse().unwrap();
        assert_eq!(spec.connection, "OpenRouter");
        assert_eq!(spec.model, "qwen/qwen3-max:free");
        assert_eq!(spec.params, Params { temperature: Some(0.2), max_tokens: Some(64), ..Params::default() });
        assert_eq!(spec.label.as_deref(), Some("cheap one"));
        assert_eq!(spec.to_string().parse::<TargetSpec>().unwrap(), spec);
    }

    #[test]
    fn effort_and_thinking_are_read_and_told() {
        let spec: TargetSpec = "A/m?effort=high&thinking=off".parse().unwrap();
        assert_eq!((spec.params.effort, spec.params.thinking), (Some(Effort::High), Some(false)));
        assert_eq!(spec.to_string(), "A/m?effort=high&thinking=off");
        assert_eq!(spec.display_label(), "m · A · high effort · thinking off");
        assert_eq!(spec.params.words(), ["effort high", "thinking off"]);
        for wrong in ["A/m?effort=huge", "A/m?thinking=maybe", "A/m?effort="] {
            assert!(wrong.parse::<TargetSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn params_stored_before_there_were_definitions_stay_the_same_text() {
        let params: Params = serde_json::from_str(r#"{"temperature":0.25,"stop":["x"]}"#).unwrap();
        assert_eq!(serde_json::to_string(&params).unwrap(), r#"{"temperature":0.25,"stop":["x"]}"#);
        assert_eq!((params.definitions(), params.most_definition_tokens()), (String::new(), 0));
    }

    #[test]
    fn definitions_survive_json_and_toml() {
        let schema = OutputSchema::from_json(r#"{"name":"n","schema":{"enum":[null,1],"default":null}}"#).unwrap();
        let tools = Tool::list_from_json(r#"[{"name":"f","parameters":{"type":"object","default":null}}]"#).unwrap();
        let params = Params { effort: Some(Effort::Low), schema: Some(Arc::new(schema)), tools: tools.into(), ..Params::default() };
        assert_eq!(serde_json::from_str::<Params>(&serde_json::to_string(&params).unwrap()).unwrap(), params);
        assert_eq!(toml::from_str::<Params>(&toml::to_string_pretty(&params).unwrap()).unwrap(), params);
    }

    #[test]
    fn values_may_hold_what_the_grammar_uses() {
        let stops = |text: &str| text.parse::<TargetSpec>().unwrap().params.stop;
        assert_eq!(stops("A/m?stop=a%26b&stop=%23%20%e4%bd%a0&stop=100%&stop=50%+x&stop=a=b#l"), ["a&b", "# 你", "100%", "50%+x", "a=b"]);
        assert_eq!("A/m?temperature=0%2E5".parse::<TargetSpec>().unwrap().params.temperature, Some(0.5));
        assert_eq!("A/m?stop=%ff".parse::<TargetSpec>(), Err(TargetError::Value { name: "stop".into(), value: "%ff".into() }));
        let spec = TargetSpec {
            connection: "A".into(),
            model: "m".into(),
            params: Params { stop: vec!["a&b".into(), "#%26 50% 你".into()], ..Params::default() },
            label: Some("why? #1".into()),
        };
        assert_eq!(spec.to_string().parse::<TargetSpec>().unwrap(), spec);
    }

    #[test]
    fn parameters_behind_the_label_are_refused() {
        for text in ["M/x#y?temperature=1", "M/x?seed=1#y?max_tokens=2&top_p=1", "M/x#?what=?seed=3"] {
            let error = text.parse::<TargetSpec>().unwrap_err();
            assert!(
                matches!(error, TargetError::ParametersInLabel(_)) && error.to_string().contains("before the label"),
                "{text}: {error}"
            );
        }
        for text in ["M/x#why?", "M/x#a = b", "M/x#really? t=1"] {
            assert!(text.parse::<TargetSpec>().is_ok(), "{text}");
        }
    }

    #[test]
    fn ids_may_hold_what_the_grammar_uses() {
        let read = |text: &str| text.parse::<TargetSpec>().unwrap();
        let spec = read("F/accounts/f/models/l%23accounts/me/deployments/abc?seed=1#a%23b");
        assert_eq!((spec.connection.as_str(), spec.model.as_str()), ("F", "accounts/f/models/l#accounts/me/deployments/abc"));
        assert_eq!((spec.params.seed, spec.label.as_deref()), (Some(1), Some("a#b")));
        assert_eq!((read("A/m%3Fv=2").model, read("A%2FB/m").connection), ("m?v=2".to_owned(), "A/B".to_owned()));
        assert_eq!((read("A/50%").model, read("A/%zz%4").model, read("A/%2541").model), ("50%".into(), "%zz%4".into(), "%41".to_owned()));
        for text in ["A/m%ff", "A%ff/m", "A/m#%ff", "A/m?", "A/m?#l", "A/%20", "%20/m"] {
            assert!(text.parse::<TargetSpec>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_cut_can_be_seen_as_one_id() {
        let one = |text: &str| text.parse::<TargetSpec>().unwrap().as_one_id();
        assert_eq!(one("F/a/llama#a/me/abc").as_deref(), Some("a/llama#a/me/abc"));
        assert_eq!(one("F/m?seed=1#x").as_deref(), Some("m?seed=1#x"));
        assert_eq!((one("F/m"), one("F/a%23b")), (None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            connection in "\\PC{0,6}[#?%/& a-f0-9]{0,6}",
            model in "[#?%/& a-f0-9]{0,8}\\PC{0,6}[#?%/& a-f0-9]{0,4}",
            stop in "[#?%/& a-f0-9]{1,5}",
            label in proptest::option::of("[#?%/&= a-f0-9]{0,8}\\PC{0,6}"),
        ) {
            prop_assume!(!connection.trim().is_empty() && !model.trim().is_empty());
            let label = label.filter(|label| !label.trim().is_empty());
            let params = Params { stop: vec![stop], ..Params::default() };
            let spec = TargetSpec { connection, model, params, label };
            prop_assert_eq!(spec.to_string().parse::<TargetSpec>(), Ok(spec));
        }

        #[test]
        fn no_text_panics_and_what_is_read_is_written_and_read_alike(text in "[A-C]?/?[#?%/&=a-f0-9]{0,10}\\PC{0,4}[#?&=]{0,3}") {
            if let Ok(spec) = text.parse::<TargetSpec>() {
                prop_assert_eq!(spec.to_string().parse::<TargetSpec>(), Ok(spec));
            }
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in ["", "OpenAI", "/gpt", "OpenAI/", "a/b?temperature=hot", "a/b?temperature=NaN", "a/b?max_tokens=0", "a/b?colour=1"] {
            assert!(text.parse::<TargetSpec>().is_err(), "{text}");
        }
    }
}
