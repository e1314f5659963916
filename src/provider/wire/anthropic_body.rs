//! How Anthropic Messages are asked for.

use serde_json::{Map, Value, json};

use crate::domain::{ASSUMED_MAX_OUTPUT_TOKENS, Amendment, Effort, Message, Speaker};
use crate::provider::ChatRequest;

use super::body::{BodyWriter, put};
use super::format::{Pictures, Written};
use super::refused_parameters;

/// The least budget that is taken.
const LEAST_THINKING_TOKENS: u32 = 1_024;
/// The budget of `thinking=on` for models that want one.
const USUAL_THINKING_TOKENS: u32 = 8_192;

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    Off,
    /// As the model sees fit.
    Adaptive,
    /// With this many tokens.
    Budget(u32),
}

pub(super) fn write(request: &ChatRequest, pictures: Pictures) -> Written {
    let mut body = BodyWriter::new("Anthropic Messages");
    let params = &request.params;
    let (thinking, effort) = thinking_of(request, &mut body);
    let budget = if let Some(Thinking::Budget(tokens)) = thinking { tokens } else { 0 };
    let max_tokens = params.max_tokens.unwrap_or_else(|| {
        let most = ASSUMED_MAX_OUTPUT_TOKENS.saturating_add(budget);
        body.warn(format!("max_tokens = {most} was sent, because Anthropic Messages needs a longest answer and none is set"));
        most
    });
    body.set("model", Some(json!(request.model)));
    body.set("max_tokens", Some(json!(max_tokens)));
    let system = body.system_texts(request);
    body.set("system", (!system.is_empty()).then(|| json!(system.join("\n\n"))));
    let turns = request.messages.iter().filter(|message| message.role != Speaker::System);
    body.set("messages", Some(turns.map(|message| turn(message, pictures)).collect()));
    let thinks = matches!(thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
    let (temperature, top_p) = refused_parameters::sampling(request, &mut body);
    let only_without = |name: &str| format!("{name} was not sent: Anthropic Messages takes this value only without thinking");
    if thinks && temperature.is_some_and(|temperature| (temperature - 1.0).abs() > f64::EPSILON) {
        body.warn(only_without("temperature"));
    } else {
        body.set("temperature", temperature.map(Value::from));
    }
    if thinks && top_p.is_some_and(|top_p| top_p < 0.95) {
        body.warn(only_without("top_p"));
    } else {
        body.set("top_p", top_p.map(Value::from));
    }
    body.leave_out("seed", params.seed.is_some());
    body.set("stop_sequences", (!params.stop.is_empty()).then(|| json!(params.stop)));
    body.set(
        "thinking",
        thinking.map(|thinking| match thinking {
            Thinking::Off => json!({ "type": "disabled" }),
            // By itself the newest models' thinking comes as blocks without text.
            Thinking::Adaptive => json!({ "type": "adaptive", "display": "summarized" }),
            Thinking::Budget(tokens) => json!({ "type": "enabled", "budget_tokens": tokens }),
        }),
    );
    let mut output_config = Map::new();
    put(&mut output_config, "effort", effort.map(|word| json!(word)));
    put(&mut output_config, "format", params.schema.as_deref().map(|schema| json!({ "type": "json_schema", "schema": schema.schema })));
    body.set("output_config", (!output_config.is_empty()).then_some(Value::Object(output_config)));
    let tools = params.tools.iter().map(|tool| {
        let mut written = Map::new();
        written.insert("name".to_owned(), json!(tool.name));
        put(&mut written, "description", tool.description.as_ref().map(|text| json!(text)));
        written.insert("input_schema".to_owned(), tool.parameters.clone());
        put(&mut written, "strict", tool.strict.map(Value::from));
        Value::Object(written)
    });
    body.set("tools", (!params.tools.is_empty()).then(|| tools.collect()));
    body.set("stream", Some(json!(request.stream)));
    body.end()
}

/// What the refusal asks to be left out: some models always think, and refuse to be told not to.
pub(super) fn amendment(request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
    if !request.params.asks_for_no_thinking() || request.spelling.no_thinking_off {
        return None;
    }
    let message = refused_parameters::message_about_a_parameter(status, body)?;
    (message.contains("thinking") && message.contains("disabled")).then_some(Amendment::NoThinkingOff)
}

fn turn(message: &Message, pictures: Pictures) -> Value {
    let role = if message.role == Speaker::Assistant { "assistant" } else { "user" };
    if message.images.is_empty() {
        return json!({ "role": role, "content": message.content });
    }
    let source =
        |image: &crate::domain::Image| json!({ "type": "base64", "media_type": image.kind.media_type(), "data": pictures.data(image) });
    let mut parts: Vec<Value> = message.images.iter().map(|image| json!({ "type": "image", "source": source(image) })).collect();
    if !message.content.is_empty() {
        parts.push(json!({ "type": "text", "text": message.content }));
    }
    json!({ "role": role, "content": parts })
}

/// Thinking, and the effort's word where the model takes one. Models up to Opus 4.1, Sonnet 4.5 and Haiku 4.5 think within a budget of tokens; Opus
/// 4.5 takes an effort, but thinks within a budget; later ones take an effort and think as they see fit.
fn thinking_of(request: &ChatRequest, body: &mut BodyWriter) -> (Option<Thinking>, Option<&'static str>) {
    let params = &request.params;
    let model = request.model.to_lowercase();
    if params.thinking == Some(true) && params.effort == Some(Effort::None) {
        body.warn("effort none was not sent: thinking is asked for".to_owned());
    }
    if takes_effort(&model) {
        let effort = params.effort.and_then(|effort| effort_word(effort, body));
        if request.params.asks_for_no_thinking() && request.spelling.no_thinking_off {
            let effort = effort.unwrap_or(Effort::Low.as_str());
            body.warn(format!("thinking was not switched off: this model refuses that; effort {effort} was sent"));
            return (None, Some(effort));
        }
        let thinking = if request.params.asks_for_no_thinking() {
            Some(Thinking::Off)
        } else if params.thinking != Some(true) {
            None
        } else if thinks_in_budget(&model) {
            bounded(USUAL_THINKING_TOKENS, params.max_tokens, body)
        } else {
            Some(Thinking::Adaptive)
        };
        return (thinking, effort);
    }
    let wanted = match (params.thinking, params.effort) {
        (Some(false), _) | (None, Some(Effort::None)) => {
            if params.thinking.is_some() && params.effort.is_some_and(|effort| effort != Effort::None) {
                body.warn("effort was not sent: with thinking off this model has no use for it".to_owned());
            }
            if request.spelling.no_thinking_off {
                body.warn("thinking was not switched off: this model refuses that".to_owned());
                return (None, None);
            }
            return (Some(Thinking::Off), None);
        }
        (None, None) => return (None, None),
        (Some(true), None | Some(Effort::None)) => USUAL_THINKING_TOKENS,
        (_, Some(effort)) => budget_of(effort),
    };
    (bounded(wanted, params.max_tokens, body), None)
}

fn thinks_in_budget(model: &str) -> bool {
    !takes_effort(model) || model.contains("opus-4-5") || model.contains("opus-4.5")
}

/// By its name; a name that is not known is taken for a newer one.
fn takes_effort(model: &str) -> bool {
    const OLDER: [&str; 14] = [
        "claude-2",
        "claude-3",
        "claude-instant",
        "opus-4-0",
        "opus-4-1",
        "opus-4.1",
        "opus-4-2025",
        "sonnet-4-0",
        "sonnet-4-2025",
        "sonnet-4-5",
        "sonnet-4.5",
        "haiku-4-5",
        "haiku-4.5",
        "haiku-3",
    ];
    let is_bare = |name: &str| model.ends_with(name);
    model.contains("claude") && !OLDER.iter().any(|older| model.contains(older)) && !is_bare("opus-4") && !is_bare("sonnet-4")
}

fn effort_word(effort: Effort, body: &mut BodyWriter) -> Option<&'static str> {
    match effort {
        // Thinking is switched off instead.
        Effort::None => None,
        Effort::Minimal => {
            body.warn("effort minimal was sent as low, the least that Anthropic Messages has".to_owned());
            Some(Effort::Low.as_str())
        }
        other => Some(other.as_str()),
    }
}

fn budget_of(effort: Effort) -> u32 {
    match effort {
        Effort::None | Effort::Minimal => LEAST_THINKING_TOKENS,
        Effort::Low => 2_048,
        Effort::Medium => USUAL_THINKING_TOKENS,
        Effort::High => 16_384,
        Effort::XHigh => 24_576,
        Effort::Max => 32_000,
    }
}

/// A budget has to be below the longest answer, which it is part of.
fn bounded(wanted: u32, max_tokens: Option<u32>, body: &mut BodyWriter) -> Option<Thinking> {
    let Some(most) = max_tokens else { return Some(Thinking::Budget(wanted)) };
    if most <= LEAST_THINKING_TOKENS {
        body.warn(format!("thinking was not sent: it needs max_tokens above {LEAST_THINKING_TOKENS}"));
        return None;
    }
    let budget = wanted.min((most / 4 * 3).max(LEAST_THINKING_TOKENS));
    if budget < wanted {
        body.warn(format!("the thinking budget is {budget} tokens instead of {wanted}, because it has to be below max_tokens = {most}"));
    }
    Some(Thinking::Budget(budget))
}
