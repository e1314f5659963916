//! What is compared: connection × model × parameters.

use serde::{Deserialize, Serialize};

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
}

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
        }
    }

    /// Nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A target as a person writes it: `CONNECTION/MODEL[?temperature=0.2&max_tokens=64][#LABEL]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetSpec {
    /// A connection's name.
    pub connection: String,
    /// A model id as the provider spells it; may hold `/`, `:` and `.`.
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
    #[error("“{0}” is no parameter; known are temperature, max_tokens, top_p, seed and stop")]
    UnknownParameter(String),
    /// A value that does not fit its parameter.
    #[error("“{value}” is no value for {name}")]
    Value {
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
    },
}

impl std::str::FromStr for TargetSpec {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || TargetError::Shape(text.to_owned());
        let (connection, rest) = text.split_once('/').ok_or_else(shape)?;
        let (rest, label) = match rest.split_once('#') {
            Some((rest, label)) => (rest, Some(label.trim().to_owned()).filter(|label| !label.is_empty())),
            None => (rest, None),
        };
        let (model, query) = match rest.split_once('?') {
            Some((model, query)) => (model, query),
            None => (rest, ""),
        };
        let (connection, model) = (connection.trim(), model.trim());
        if connection.is_empty() || model.is_empty() {
            return Err(shape());
        }
        let mut params = Params::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let bad = || TargetError::Value { name: name.to_owned(), value: value.to_owned() };
            match name {
                "temperature" => params.temperature = Some(finite(value, 0.0, 2.0).ok_or_else(bad)?),
                "top_p" => params.top_p = Some(finite(value, 0.0, 1.0).ok_or_else(bad)?),
                "max_tokens" => params.max_tokens = Some(value.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?),
                "seed" => params.seed = Some(value.parse().ok().ok_or_else(bad)?),
                "stop" if !value.is_empty() => params.stop.push(value.to_owned()),
                "stop" => return Err(bad()),
                other => return Err(TargetError::UnknownParameter(other.to_owned())),
            }
        }
        Ok(Self { connection: connection.to_owned(), model: model.to_owned(), params, label })
    }
}

fn finite(text: &str, low: f64, high: f64) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && (low..=high).contains(number))
}

impl std::fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.connection, self.model)?;
        let mut pairs = Vec::new();
        pairs.extend(self.params.temperature.map(|v| format!("temperature={v}")));
        pairs.extend(self.params.max_tokens.map(|v| format!("max_tokens={v}")));
        pairs.extend(self.params.top_p.map(|v| format!("top_p={v}")));
        pairs.extend(self.params.seed.map(|v| format!("seed={v}")));
        pairs.extend(self.params.stop.iter().map(|v| format!("stop={v}")));
        if !pairs.is_empty() {
            write!(f, "?{}", pairs.join("&"))?;
        }
        match &self.label {
            Some(label) => write!(f, "#{label}"),
            None => Ok(()),
        }
    }
}

impl TargetSpec {
    /// The label on screen and in exports when the user gave none: `model · connection`, with the overrides that set it apart.
    pub fn display_label(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let mut label = format!("{} · {}", self.model, self.connection);
        let overrides = [self.params.temperature.map(|t| format!(" · t={t}")), self.params.max_tokens.map(|n| format!(" · max {n}"))];
        label.extend(overrides.into_iter().flatten());
        label
    }
}

#[cfg(test)]
mod tests {
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
    fn what_is_no_target_is_refused() {
        for text in ["", "OpenAI", "/gpt", "OpenAI/", "a/b?temperature=hot", "a/b?temperature=NaN", "a/b?max_tokens=0", "a/b?colour=1"] {
            assert!(text.parse::<TargetSpec>().is_err(), "{text}");
        }
    }
}
