//! How Gemini is asked.

use serde_json::{Map, Value, json};

use crate::domain::{Effort, Message, Speaker};
use crate::provider::ChatRequest;

use super::body::{BodyWriter, put};
use super::format::{Pictures, Written};
use super::refused_parameters;

pub(super) fn write(request: &ChatRequest, pictures: Pictures) -> Written {
    let mut body = BodyWriter::new("Gemini");
    let params = &request.params;
    let system: Vec<Value> = body.system_texts(request).into_iter().map(|text| json!({ "text": text })).collect();
    body.set("systemInstruction", (!system.is_empty()).then(|| json!({ "parts": system })));
    let turns = request.messages.iter().filter(|message| message.role != Speaker::System);
    body.set("contents", Some(turns.map(|message| turn(message, pictures)).collect()));
    let mut config = Map::new();
    let (temperature, top_p) = refused_parameters::sampling(request, &mut body);
    put(&mut config, "temperature", temperature.map(Value::from));
    put(&mut config, "maxOutputTokens", params.max_tokens.map(Value::from));
    put(&mut config, "topP", top_p.map(Value::from));
    put(&mut config, "seed", seed(params.seed, &mut body));
    put(&mut config, "stopSequences", (!params.stop.is_empty()).then(|| json!(params.stop)));
    if let Some(schema) = &params.schema {
        config.insert("responseMimeType".to_owned(), json!("application/json"));
        config.insert("responseJsonSchema".to_owned(), schema.schema.clone());
    }
    put(&mut config, "thinkingConfig", thinking_config(request, &mut body));
    body.set("generationConfig", (!config.is_empty()).then_some(Value::Object(config)));
    let declarations = params.tools.iter().map(|tool| {
        let mut written = Map::new();
        written.insert("name".to_owned(), json!(tool.name));
        put(&mut written, "description", tool.description.as_ref().map(|text| json!(text)));
        written.insert("parametersJsonSchema".to_owned(), tool.parameters.clone());
        Value::Object(written)
    });
    if params.tools.iter().any(|tool| tool.strict == Some(true)) {
        body.warn("strict tools were not asked for: Gemini has no such parameter".to_owned());
    }
    body.set("tools", (!params.tools.is_empty()).then(|| json!([{ "functionDeclarations": declarations.collect::<Vec<_>>() }])));
    body.end()
}

fn turn(message: &Message, pictures: Pictures) -> Value {
    let role = if message.role == Speaker::Assistant { "model" } else { "user" };
    let picture =
        |image: &crate::domain::Image| json!({ "inlineData": { "mimeType": image.kind.media_type(), "data": pictures.data(image) } });
    let mut parts: Vec<Value> = message.images.iter().map(picture).collect();
    if !message.content.is_empty() || parts.is_empty() {
        parts.push(json!({ "text": message.content }));
    }
    json!({ "role": role, "parts": parts })
}

/// Seeds have 32 bits here.
fn seed(seed: Option<i64>, body: &mut BodyWriter) -> Option<Value> {
    let seed = seed?;
    if i32::try_from(seed).is_err() {
        body.warn("seed was not sent: Gemini's seeds go from -2147483648 to 2147483647".to_owned());
        return None;
    }
    Some(json!(seed))
}

/// The least budget of a model whose thinking cannot be switched off.
const LEAST_PRO_BUDGET_TOKENS: i64 = 128;

/// Models up to 2.5 take a budget of tokens, later ones a level.
fn thinking_config(request: &ChatRequest, body: &mut BodyWriter) -> Option<Value> {
    let params = &request.params;
    let model = request.model.to_lowercase();
    let by_budget = ["gemini-1", "gemini-2", "gemini-flash-lite-latest"].iter().any(|older| model.contains(older));
    let off = params.asks_for_no_thinking();
    let effort = params.effort.filter(|effort| *effort != Effort::None);
    match (params.thinking, params.effort) {
        (Some(true), Some(Effort::None)) => body.warn("effort none was not sent: thinking is asked for".to_owned()),
        (Some(false), Some(asked)) if asked != Effort::None => {
            body.warn(format!("effort {} was not sent: thinking is off", asked.as_str()));
        }
        _ => {}
    }
    let mut config = Map::new();
    if by_budget {
        let budget = match effort {
            _ if off && model.contains("2.5-pro") => {
                body.warn(format!(
                    "thinking cannot be switched off at this model; a budget of {LEAST_PRO_BUDGET_TOKENS} tokens was sent, its least"
                ));
                Some(LEAST_PRO_BUDGET_TOKENS)
            }
            _ if off => Some(0),
            Some(effort) => Some(budget_of(effort, body)),
            None => params.thinking.map(|_thinks| -1),
        };
        put(&mut config, "thinkingBudget", budget.map(Value::from));
    } else {
        let levels = levels_of(&model);
        let level = if off {
            let least = levels.first();
            if let Some(least) = least {
                body.warn(format!("thinking cannot be switched off at this model; level {} was sent, its least", least.as_str()));
            }
            least
        } else {
            effort.and_then(|asked| nearest(asked, levels, body))
        };
        put(&mut config, "thinkingLevel", level.map(|level| json!(level.as_str())));
    }
    put(&mut config, "includeThoughts", (params.thinking == Some(true)).then(|| json!(true)));
    (!config.is_empty()).then_some(Value::Object(config))
}

/// The levels that a model takes, upwards. One whose name is not known is asked for none but those that its whole family takes.
fn levels_of(model: &str) -> &'static [Effort] {
    const WITH_MINIMAL: [&str; 3] = ["gemini-3-flash", "gemini-3.1-flash-lite", "gemini-3.5-flash"];
    if model.contains("gemini-3-pro") {
        &[Effort::Low, Effort::High]
    } else if WITH_MINIMAL.iter().any(|known| model.contains(known)) {
        &[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High]
    } else {
        &[Effort::Low, Effort::Medium, Effort::High]
    }
}

/// The level that is asked for, else the next above it, else the highest.
fn nearest(asked: Effort, levels: &'static [Effort], body: &mut BodyWriter) -> Option<&'static Effort> {
    let level = levels.iter().find(|level| **level >= asked).or_else(|| levels.last())?;
    if *level != asked {
        body.warn(format!("effort {} was sent as {}, the nearest that this model has", asked.as_str(), level.as_str()));
    }
    Some(level)
}

/// As Google's own compatible endpoint translates efforts.
fn budget_of(effort: Effort, body: &mut BodyWriter) -> i64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::XHigh | Effort::Max => {
            body.warn(format!("effort {} was sent as high, the most that Gemini has", effort.as_str()));
            24_576
        }
    }
}
