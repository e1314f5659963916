//! Gathers one answer: text under its cap, the stamps that it makes, and the verdict whether it is whole.

use std::ops::ControlFlow;

use crate::domain::{FailureKind, GapHistogram, Timing};

use super::chat::Delta;
use super::classify::{classify_error_in_answer, looks_like_html};
use super::clean::{Cleaner, StreamTail};
use super::sse::Event;
use super::wire::{Answer, Piece, Unreadable, Wire};
use super::{CallError, ChatRequest};

/// Visible and reasoning text of an answer together, bytes.
pub(super) const TEXT_CAP_BYTES: usize = 8 * 1024 * 1024;
/// The longest tokens of any vocabulary in use are runs of this many spaces.
const LONGEST_TOKEN_BYTES: u64 = 128;

/// Where text goes as it arrives.
pub(super) type OnDelta<'a> = &'a mut (dyn FnMut(Delta<'_>) + Send);

/// One answer in the making.
pub(super) struct Gatherer<'a> {
    wire: &'static dyn Wire,
    telling: Telling<'a>,
    pub(super) timing: Timing,
    pub(super) gaps: GapHistogram,
    pub(super) output: String,
    pub(super) reasoning: String,
    pub(super) answer: Answer,
    /// The text cap was reached.
    full: bool,
    malformed_events: u32,
    lossy: bool,
    /// The event in which the provider reported an error.
    pub(super) error_event: Option<String>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(wire: &'static dyn Wire, cleaner: &'a Cleaner, on_delta: OnDelta<'a>) -> Self {
        Self {
            wire,
            telling: Telling { cleaner, on_delta, content: StreamTail::default(), reasoning: StreamTail::default() },
            timing: Timing::default(),
            gaps: GapHistogram::default(),
            output: String::new(),
            reasoning: String::new(),
            answer: Answer::default(),
            full: false,
            malformed_events: 0,
            lossy: false,
            error_event: None,
        }
    }

    /// Takes an event that arrived at `at_us`; breaks when nothing that follows is of interest.
    pub(super) fn event(&mut self, event: &Event<'_>, at_us: u64) -> ControlFlow<()> {
        let (mut content_came, mut reasoning_came) = (false, false);
        self.timing.streamed = true;
        self.timing.first_chunk_us.get_or_insert(at_us);
        self.lossy |= event.lossy;
        let Self { wire, telling, output, reasoning, answer, full, .. } = self;
        let decoded = wire.decode_event(event, answer, &mut |piece| {
            match piece {
                Piece::Content(_) => content_came = true,
                Piece::Reasoning(_) => reasoning_came = true,
            }
            *full |= keep(piece, at_us, output, reasoning, telling);
        });
        *full |= answer.calls.is_full();
        self.malformed_events += u32::from(decoded.is_err());
        if self.answer.error.is_some() {
            self.error_event = Some(event.data.to_owned());
        }
        let timing = &mut self.timing;
        if content_came {
            timing.first_content_us.get_or_insert(at_us);
            timing.last_content_us = Some(at_us);
            timing.content_arrivals += 1;
        }
        if reasoning_came {
            timing.first_reasoning_us.get_or_insert(at_us);
        }
        if content_came || reasoning_came {
            timing.output_arrived(at_us, &mut self.gaps);
        }
        if self.full || self.answer.ended || self.answer.error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes an answer that came whole at `at_us`.
    pub(super) fn whole(&mut self, body: &str, at_us: u64, cleaner: &Cleaner) -> Result<(), CallError> {
        let Self { wire, telling, output, reasoning, answer, full, .. } = self;
        let decoded = wire.decode_whole(body, answer, &mut |piece| *full |= keep(piece, at_us, output, reasoning, telling));
        decoded.map_err(|unreadable| match unreadable {
            Unreadable::NotJson => {
                failure(FailureKind::Malformed, format!("The answer is broken JSON and cannot be read.{}", cleaner.quote(head(body))))
            }
            Unreadable::NoAnswer => not_an_api(body, cleaner),
            Unreadable::TooManyValues => too_large("The answer holds more values than any answer has; it was not read."),
        })
    }

    /// Nothing more comes: tool calls that are not whole are kept as far as they came. No stamp moves.
    pub(super) fn close(&mut self) {
        let at_us = self.timing.last_output_us.unwrap_or(self.timing.end_us);
        let Self { telling, output, reasoning, answer, full, .. } = self;
        answer.calls.close_all(&mut |piece| *full |= keep(piece, at_us, output, reasoning, telling));
        *full |= answer.calls.is_full();
    }

    /// Tells what was held back, and gives output and reasoning as they may be kept.
    pub(super) fn texts(&mut self, whole: bool) -> (String, String) {
        let Telling { cleaner, on_delta, content, reasoning } = &mut self.telling;
        let at_us = self.timing.last_output_us.unwrap_or(self.timing.end_us);
        let (content, thoughts) = (content.end(whole, cleaner), reasoning.end(whole, cleaner));
        if !thoughts.is_empty() {
            on_delta(Delta::Reasoning { text: &thoughts, at_us });
        }
        if !content.is_empty() {
            on_delta(Delta::Content { text: &content, at_us });
        }
        // Relays report refusals as answers now and then, key included.
        let kept = |text: &str| if whole { cleaner.redact(text) } else { cleaner.redact_cut(text) };
        (kept(&self.output), kept(&self.reasoning))
    }

    /// The text cap was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Any text came.
    pub(super) fn has_text(&self) -> bool {
        !self.output.is_empty() || !self.reasoning.is_empty()
    }

    /// Judges the answer once its end mark or a clean end of the body came.
    pub(super) fn verdict(&mut self, request: &ChatRequest, cleaner: &Cleaner) -> Result<(), CallError> {
        if self.full {
            return Err(too_large("The answer is longer than 8 MiB; the rest was not read."));
        }
        if let Some(error) = self.answer.error.take() {
            return Err(classify_error_in_answer(&error, self.has_text(), &request.model, cleaner));
        }
        let answer = &self.answer;
        if self.timing.streamed && !answer.ended && answer.finish_reason.is_none() {
            return Err(failure(FailureKind::Truncated, "The stream ended without its end mark. What came is kept.".to_owned()));
        }
        if self.output.is_empty() && answer.finish_reason.as_deref() == Some("content_filter") {
            let word = self.withheld_word(cleaner);
            let message = format!("The provider's content filter withheld the answer{word}. Change the prompt.");
            return Err(failure(FailureKind::ContentFilter, message));
        }
        if let Some(reason) = answer.finish_reason.as_deref().filter(|reason| is_given_up(reason)) {
            let reason = cleaner.line(reason, 80);
            let retryable = !self.has_text();
            let then = if retryable { "Try again." } else { "What came before it is kept." };
            let message = format!("The provider gave the answer up ({reason}). {then}");
            return Err(CallError { kind: FailureKind::StreamError, message, retryable });
        }
        if !self.has_text() && self.malformed_events > 0 {
            return Err(failure(FailureKind::Malformed, "No event of the stream could be read.".to_owned()));
        }
        Ok(())
    }

    /// The provider's own word for why it withheld something, in brackets.
    fn withheld_word(&self, cleaner: &Cleaner) -> String {
        self.answer.withheld.as_ref().map(|word| format!(" ({})", cleaner.line(word, 60))).unwrap_or_default()
    }

    /// Things to know about the answer, beyond its failure.
    pub(super) fn warnings(&mut self, request: &ChatRequest, whole: bool, cleaner: &Cleaner) -> Vec<String> {
        let mut warnings = std::mem::take(&mut self.answer.warnings);
        if whole {
            if self.output.is_empty() {
                let only = if self.reasoning.is_empty() { "the answer is empty" } else { "the answer is empty: only reasoning came" };
                warnings.push(only.to_owned());
            } else if self.answer.finish_reason.as_deref() == Some("content_filter") {
                warnings.push(format!("the provider's content filter cut the answer{}", self.withheld_word(cleaner)));
            }
            if self.timing.streamed != request.stream {
                let how =
                    if request.stream { "not streamed: the answer came whole" } else { "streamed, although a whole answer was asked for" };
                warnings.push(how.to_owned());
            }
        }
        match self.malformed_events {
            0 => {}
            1 => warnings.push("1 malformed event was skipped".to_owned()),
            n => warnings.push(format!("{n} malformed events were skipped")),
        }
        if self.answer.unknown_events > 0 {
            let kind = cleaner.line(self.answer.unknown_kind.as_deref().unwrap_or_default(), 80);
            let count = self.answer.unknown_events;
            let events = if count == 1 { "1 event".to_owned() } else { format!("{count} events") };
            warnings.push(format!("{events} of a kind that is not known here ({kind}) were skipped"));
        }
        if self.lossy {
            warnings.push("the answer held bytes that are not UTF-8; they are shown as �".to_owned());
        }
        if let Some(model) = &self.answer.response_model
            && !is_same_model(&request.model, model)
        {
            warnings.push(format!("asked for “{}”, answered by “{}”", cleaner.line(&request.model, 120), cleaner.line(model, 120)));
        }
        warnings.append(&mut self.answer.usage_warnings);
        // Servers that do not know the switch ignore it in silence.
        let thought = !self.reasoning.is_empty() || self.answer.usage.is_some_and(|usage| usage.reasoning_tokens > Some(0));
        if thought && request.params.asks_for_no_thinking() {
            warnings.push("thinking was to be off, and the model thought".to_owned());
        }
        // Every prompt has tokens, and so has every text: counts that say otherwise would make a false cost.
        if let Some(usage) = self.answer.usage
            && (usage.input_tokens == 0 || (usage.output_tokens == 0 && self.has_text()))
        {
            self.answer.usage = None;
            warnings.push("the provider counted 0 tokens where there are some; its counts were ignored".to_owned());
        }
        if let Some(usage) = self.answer.usage
            && usage.output_tokens.saturating_mul(LONGEST_TOKEN_BYTES) < self.output.len() as u64
        {
            let (tokens, bytes) = (usage.output_tokens, self.output.len());
            warnings.push(format!("the provider counts {tokens} tokens for a text of {bytes} bytes, which are more than these can hold"));
        }
        warnings
    }
}

/// Whoever hears text as it arrives, and what is held back from them.
struct Telling<'a> {
    cleaner: &'a Cleaner,
    on_delta: OnDelta<'a>,
    content: StreamTail,
    reasoning: StreamTail,
}

/// Keeps a piece up to the cap and passes it on; says whether the cap was reached.
fn keep(piece: Piece<'_>, at_us: u64, output: &mut String, reasoning: &mut String, telling: &mut Telling<'_>) -> bool {
    let room = TEXT_CAP_BYTES.saturating_sub(output.len() + reasoning.len());
    let fit = |text: &str| text.floor_char_boundary(room);
    let (Piece::Content(text) | Piece::Reasoning(text)) = piece;
    let kept = &text[..fit(text)];
    // An empty one tells that something visible arrived.
    if !kept.is_empty() || text.is_empty() {
        match piece {
            Piece::Content(_) => {
                output.push_str(kept);
                (telling.on_delta)(Delta::Content { text: &telling.content.push(kept, telling.cleaner), at_us });
            }
            Piece::Reasoning(_) => {
                reasoning.push_str(kept);
                (telling.on_delta)(Delta::Reasoning { text: &telling.reasoning.push(kept, telling.cleaner), at_us });
            }
        }
    }
    kept.len() < text.len()
}

/// The finish reason says that the server broke off, and no error beside it why: DeepSeek without capacity, SGLang and vLLM, Gemini over a call that it
/// could not write, which its OpenAI-compatible address calls `function_call_filter: MALFORMED_FUNCTION_CALL`.
fn is_given_up(finish_reason: &str) -> bool {
    const WORDS: [&str; 4] = ["insufficient_system_resource", "abort", "error", "malformed_function_call"];
    let word = finish_reason.rsplit(": ").next().unwrap_or(finish_reason);
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The same model under a dated, prefixed or aliased name.
fn is_same_model(asked: &str, answered: &str) -> bool {
    let plain = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let (asked, answered) = (plain(asked), plain(answered));
    // OpenRouter's variants (`:free`) are not repeated in the answer.
    let base = |name: &str| name.split(':').next().unwrap_or(name).trim_end_matches("-latest").to_owned();
    let is_date = |rest: &str| rest.starts_with(['-', '@']) && rest[1..].chars().all(|c| c.is_ascii_digit() || c == '-');
    asked == answered
        || base(&asked) == answered
        || answered.strip_prefix(base(&asked).as_str()).is_some_and(|rest| !rest.is_empty() && is_date(rest))
}

fn head(body: &str) -> &str {
    &body[..body.floor_char_boundary(1_000)]
}

/// A failure that is final.
pub(super) fn failure(kind: FailureKind, message: String) -> CallError {
    CallError { kind, message, retryable: false }
}

/// Past a size cap.
pub(super) fn too_large(message: &str) -> CallError {
    failure(FailureKind::TooLarge, message.to_owned())
}

/// Something answered, but no LLM API.
pub(super) fn not_an_api(body: &str, cleaner: &Cleaner) -> CallError {
    let what = if looks_like_html(body) {
        "The server answered with a web page, not as an LLM API.".to_owned()
    } else {
        format!("What answered is not an LLM API.{}", cleaner.quote(head(body)))
    };
    failure(FailureKind::NotAnApi, cleaner.message(&format!("{what} Check the base URL and the wire format.")))
}

#[cfg(test)]
mod tests {
    use super::is_same_model;

    #[test]
    fn aliases_are_the_same_model_and_siblings_are_not() {
        for (asked, answered) in [
            ("gpt-4.1", "gpt-4.1-2025-04-14"),
            ("qwen-max", "Qwen-Max"),
            ("qwen/qwen3-max:free", "qwen/qwen3-max"),
            ("qwen/qwen3-max", "qwen3-max"),
            ("mistral-large-latest", "mistral-large-2411"),
            ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ] {
            assert!(is_same_model(asked, answered), "{asked} {answered}");
        }
        for (asked, answered) in
            [("gpt-4.1", "gpt-4.1-mini"), ("gpt-4.1", "gpt-4.1-2025x"), ("qwen-max", "qwen3-max"), ("llama3:8b", "llama3:70b"), ("a", "")]
        {
            assert!(!is_same_model(asked, answered), "{asked} {answered}");
        }
    }
}
