//! Gathers one answer: text under its cap, the stamps that it makes, and the verdict whether it is whole.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::domain::{FailureKind, GapHistogram, REASONING_FROM_TAGS, Timing, WireFormat, whole_us};

use super::answer_text::{AnswerText, Came, Mended, OnDelta};
use super::classify::{classify_error_in_answer, looks_like_html};
use super::clean::Cleaner;
use super::same_model::is_same_model;
use super::sse::{Event, is_json};
use super::think_tags::ThinkTags;
use super::transcript::Repeated;
use super::wire::{Answer, ErrorBody, Piece, Spoken, Unreadable, Wire, is_end_mark, says_spent, spoken_in};
use super::{CallError, ChatRequest};

/// The longest tokens of any vocabulary in use are runs of this many spaces.
const LONGEST_TOKEN_BYTES: u64 = 128;
/// How long an answer whose finish reason and token counts came is waited for, where its server keeps the connection open.
pub(super) const GRACE: Duration = Duration::from_millis(500);
/// The same where no token counts came, or no finish reason: more may still follow.
pub(super) const GRACE_FOR_MORE: Duration = Duration::from_secs(10);

/// A think tag at the beginning of an answer was taken for a part of it.
pub(super) const TAG_KEPT: &str = "the answer begins with a think tag that is never closed; it was taken for a part of the answer";

/// One answer in the making.
pub(super) struct Gatherer<'a> {
    wire: &'static dyn Wire,
    pub(super) text: AnswerText<'a>,
    pub(super) timing: Timing,
    pub(super) gaps: GapHistogram,
    pub(super) answer: Answer,
    malformed_events: u32,
    /// The last of them that tells a failure in words, and behind which no text came.
    words: Option<String>,
    pub(super) lossy: bool,
    /// The answer was taken for whole although its end did not come.
    left_open: bool,
    /// When text, the finish reason or token counts last came.
    last_news_us: u64,
    /// The counts came with the finish reason or behind it, and no text did: nothing more is to come.
    settled: bool,
    /// Text came behind the finish reason, which was no end.
    goes_on: bool,
    /// What was said twice.
    repeated: Option<Repeated>,
    /// The event in which the provider reported an error.
    pub(super) error_event: Option<String>,
}

impl<'a> Gatherer<'a> {
    /// `tags`: their reader, where text between think tags is reasoning.
    pub(super) fn new(wire: &'static dyn Wire, cleaner: &'a Cleaner, on_delta: OnDelta<'a>, tags: Option<ThinkTags>) -> Self {
        Self {
            wire,
            text: AnswerText::new(cleaner, on_delta, tags),
            timing: Timing::default(),
            gaps: GapHistogram::default(),
            answer: Answer::default(),
            malformed_events: 0,
            words: None,
            lossy: false,
            left_open: false,
            last_news_us: 0,
            settled: false,
            goes_on: false,
            repeated: None,
            error_event: None,
        }
    }

    /// Takes an event that arrived at `at_us`; breaks when nothing that follows is of interest.
    pub(super) fn event(&mut self, event: &Event<'_>, at_us: u64) -> ControlFlow<()> {
        let mut came = Came::default();
        let (had_finish, told) = (self.answer.finish_reason.is_some(), self.answer.counts_told);
        self.timing.streamed = true;
        self.text.set_stream();
        self.timing.first_chunk_us.get_or_insert(at_us);
        self.lossy |= event.lossy;
        let Self { wire, text, answer, .. } = self;
        let decoded = wire.decode_event(event, answer, &mut |piece| {
            let now = text.take(piece, at_us);
            came.content_us = came.content_us.or(now.content_us);
            came.reasoning_us = came.reasoning_us.or(now.reasoning_us);
        });
        if decoded.is_err() {
            self.malformed_events += 1;
            let data = event.data.trim();
            self.words = tells_a_failure(data).then(|| head(data).to_owned()).or_else(|| self.words.take());
        }
        if self.answer.error.is_some() {
            self.error_event = Some(event.data.to_owned());
        }
        self.arrived(came, at_us);
        let answer = &self.answer;
        let (said, counted) = (came != Came::default(), told != answer.counts_told);
        if said {
            self.words = None;
        }
        if said || counted || had_finish != answer.finish_reason.is_some() {
            self.last_news_us = at_us;
        }
        self.goes_on |= said && had_finish;
        self.settled |= counted && !said && answer.finish_reason.is_some();
        if self.is_full() || answer.ended || answer.error.is_some() || answer.foreign.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Stamps what arrived.
    fn arrived(&mut self, came: Came, at_us: u64) {
        let timing = &mut self.timing;
        if let Some(arrived_us) = came.content_us {
            timing.first_content_us.get_or_insert(arrived_us);
            timing.last_content_us = Some(at_us);
            timing.content_arrivals += 1;
        }
        if let Some(arrived_us) = came.reasoning_us {
            timing.first_reasoning_us.get_or_insert(arrived_us);
        }
        if came != Came::default() {
            timing.output_arrived(at_us, &mut self.gaps);
        }
    }

    /// Takes an event behind the end mark: its token counts are of interest, nothing else.
    pub(super) fn event_after_end(&mut self, event: &Event<'_>) {
        let mut late = Answer::default();
        if self.wire.decode_event(event, &mut late, &mut |_piece| {}).is_err() {
            return;
        }
        if late.counts_told > 0 {
            self.answer.usage = late.usage;
            self.answer.usage_warnings = late.usage_warnings;
        }
        self.answer.stated_cost = late.stated_cost.or(self.answer.stated_cost);
    }

    /// Until when the rest of the answer is waited for: no bound until its finish reason came. What tells nothing (comments, pings) prolongs nothing.
    pub(super) fn closes_us(&self) -> Option<u64> {
        self.answer.finish_reason.as_ref().filter(|_| !self.goes_on)?;
        let grace = if self.settled { GRACE } else { GRACE_FOR_MORE };
        Some(self.last_news_us.saturating_add(whole_us(grace)))
    }

    /// Nothing more is to come, whatever becomes of the connection.
    pub(super) fn is_settled(&self) -> bool {
        self.settled && !self.goes_on
    }

    /// When the answer ended whose body closed at `closed_us`: a server that closes late does not make it longer.
    pub(super) fn ended_us(&mut self, closed_us: u64) -> u64 {
        let ended = self.answer.finish_reason.is_some() && !self.goes_on;
        if ended && closed_us > self.last_news_us.saturating_add(whole_us(GRACE)) { self.leave_open() } else { closed_us }
    }

    /// Token counts are still missing.
    pub(super) fn lacks_counts(&self) -> bool {
        self.answer.counts_told == 0
    }

    /// The answer is whole, and ended with the last that it told.
    pub(super) fn leave_open(&mut self) -> u64 {
        self.left_open = true;
        self.last_news_us
    }

    /// Takes an answer that came whole at `at_us`.
    pub(super) fn whole(&mut self, body: &str, at_us: u64, cleaner: &Cleaner) -> Result<(), CallError> {
        let Self { wire, text, answer, .. } = self;
        let decoded = wire.decode_whole(body, answer, &mut |piece| {
            text.take(piece, at_us);
        });
        let other_format = || spoken_in(body).filter(|spoken| *spoken != Spoken::Wire(wire.format()));
        match decoded {
            Ok(()) => {
                // A field of the same name is no answer yet.
                if !text.any() && answer.error.is_none() {
                    answer.foreign = other_format();
                }
                Ok(())
            }
            Err(Unreadable::NotJson) if is_lines(body) => {
                for line in body.lines().filter(|line| !line.trim().is_empty()) {
                    if self.event(&Event { name: "", data: line, lossy: false }, at_us).is_break() {
                        break;
                    }
                }
                // They came in one piece, so that no time of theirs is known.
                self.timing = Timing { headers_us: self.timing.headers_us, ..Timing::default() };
                self.gaps = GapHistogram::default();
                if self.answer.finish_reason.is_none() && !self.answer.ended && self.answer.error.is_none() {
                    return Err(failure(FailureKind::Truncated, "The answer ended without its end mark. What came is kept.".to_owned()));
                }
                Ok(())
            }
            Err(Unreadable::NotJson) => {
                Err(failure(FailureKind::Malformed, format!("The answer is broken JSON and cannot be read.{}", cleaner.quote(head(body)))))
            }
            Err(Unreadable::NoAnswer) => {
                self.answer.foreign = other_format();
                if self.answer.foreign.is_some() { Ok(()) } else { Err(not_an_api(body, cleaner)) }
            }
            Err(Unreadable::TooManyValues) => Err(too_large("The answer holds more values than any answer has; it was not read.")),
        }
    }

    /// Nothing more comes: what was held back, and tool calls that are not whole, are kept as far as they came.
    pub(super) fn close(&mut self) {
        let at_us = self.timing.last_output_us.unwrap_or(self.timing.end_us);
        let Self { text, answer, .. } = self;
        if answer.halves.is_left_in(&["content", "text", "delta"]) {
            text.take(Piece::Content("\u{fffd}"), at_us);
        }
        if answer.halves.is_left_in(&["reasoning_content", "reasoning", "thinking"]) {
            text.take(Piece::Reasoning("\u{fffd}"), at_us);
        }
        answer.calls.close_all(&mut |piece| {
            text.take(piece, at_us);
        });
        let came = text.close();
        let (repeated, closed) = text.settle();
        self.repeated = repeated;
        let streamed = self.timing.streamed;
        if let Some(at_us) = came.content_us.or(came.reasoning_us).filter(|_| streamed) {
            self.arrived(came, at_us.max(self.timing.last_output_us.unwrap_or(at_us)));
        }
        if self.answer.finish_reason.as_deref() == Some("stop") && self.text.take_back() && streamed {
            let timing = &mut self.timing;
            timing.first_content_us = timing.first_reasoning_us.take();
            (timing.last_content_us, timing.content_arrivals) = (timing.last_output_us, timing.output_arrivals);
        }
        if let Some(closed) = closed.filter(|_| streamed) {
            let timing = &mut self.timing;
            timing.first_reasoning_us = timing.first_content_us;
            timing.first_content_us = closed.first_content_us;
            timing.last_content_us = timing.last_content_us.filter(|_| closed.first_content_us.is_some());
            timing.content_arrivals = closed.content_arrivals;
        }
    }

    /// Tells what was held back, and gives output and reasoning as they may be kept.
    pub(super) fn texts(&mut self, whole: bool) -> (String, String) {
        self.text.end(whole, self.timing.last_output_us.unwrap_or(self.timing.end_us))
    }

    /// What is kept differs from what was told as it arrived.
    #[cfg(any(test, fuzzing))]
    pub(super) fn is_mended(&self) -> bool {
        self.repeated.is_some() || self.text.is_from_tags() || self.text.mended().is_some()
    }

    /// The text cap was reached.
    pub(super) fn is_full(&self) -> bool {
        self.text.is_full() || self.answer.calls.is_full()
    }

    /// Any text came.
    pub(super) fn has_text(&self) -> bool {
        self.text.any()
    }

    /// The wire format that was spoken in place of the one that was asked.
    pub(super) fn spoken_wire(&self) -> Option<WireFormat> {
        match self.answer.foreign {
            Some(Spoken::Wire(wire)) => Some(wire),
            _ => None,
        }
    }

    /// Judges the answer once its end mark or a clean end of the body came.
    pub(super) fn verdict(&mut self, request: &ChatRequest, cleaner: &Cleaner) -> Result<(), CallError> {
        if self.is_full() {
            return Err(too_large("The answer is longer than 8 MiB; the rest was not read."));
        }
        // Servers in trouble write what went wrong where an event should be.
        let answer = &mut self.answer;
        if answer.finish_reason.is_none() && answer.error.is_none() && answer.foreign.is_none() {
            answer.error = self.words.take().as_deref().map(ErrorBody::plain);
        }
        let paid = self.answer.usage.is_some_and(|usage| usage.output_tokens > 0) && !self.answer.output_not_counted;
        if let Some(error) = self.answer.error.take() {
            let mut failed = classify_error_in_answer(&error, self.has_text(), &request.model, cleaner);
            failed.retryable &= !paid;
            return Err(failed);
        }
        if let Some(spoken) = self.answer.foreign {
            return Err(wrong_wire(spoken, self.wire.format()));
        }
        let answer = &self.answer;
        let said = cleaner.quote(answer.unread_words.as_deref().filter(|_| !self.has_text()).unwrap_or_default());
        if self.timing.streamed && !answer.ended && answer.finish_reason.is_none() {
            return Err(failure(FailureKind::Truncated, format!("The stream ended without its end mark.{said} What came is kept.")));
        }
        let has_text = self.has_text();
        let kept = if has_text { " What came before it is kept." } else { "" };
        if answer.finish_reason.as_deref() == Some("content_filter") {
            let word = self.withheld_word(cleaner);
            let message = if self.text.content().is_empty() {
                format!("The provider's content filter withheld the answer{word}. Change the prompt.")
            } else {
                format!("The provider's content filter cut the answer{word}.{kept} Change the prompt.")
            };
            return Err(failure(FailureKind::ContentFilter, message));
        }
        if let Some(reason) = answer.finish_reason.as_deref().filter(|_| answer.given_up) {
            let spent = says_spent(reason);
            let reason = cleaner.line(reason, 80);
            let then = match (has_text, spent) {
                (true, _) => kept,
                (false, true) => "",
                (false, false) => " Try again.",
            };
            let message = format!("The provider gave the answer up ({reason}).{then}");
            if spent {
                return Err(failure(FailureKind::QuotaSpent, message));
            }
            // What was thought unseen is paid.
            return Err(CallError { kind: FailureKind::StreamError, message, retryable: !has_text && !paid });
        }
        if !has_text && self.malformed_events > 0 {
            return Err(failure(FailureKind::Malformed, "No event of the stream could be read.".to_owned()));
        }
        if self.text.content().trim().is_empty() && self.text.reasoning().trim().is_empty() && answer.finish_reason.is_none() {
            let message = format!(
                "The server ended the answer without a word: no text, no reasoning, no call, and no reason.{said} Whether it was charged is not known."
            );
            return Err(failure(FailureKind::EmptyAnswer, message));
        }
        Ok(())
    }

    /// The provider's own word for why it withheld something, in brackets.
    fn withheld_word(&self, cleaner: &Cleaner) -> String {
        self.answer.withheld.as_ref().map(|word| format!(" ({})", cleaner.line(word, 60))).unwrap_or_default()
    }

    /// Things to know about the answer, beyond its failure.
    pub(super) fn warnings(&mut self, request: &ChatRequest, whole: bool, cleaner: &Cleaner) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut told = std::mem::take(&mut self.answer.warnings);
        if whole {
            // Before all else: an answer that says nothing is no success in silence.
            if self.text.content().trim().is_empty() {
                let only = if self.text.reasoning().trim().is_empty() {
                    "the answer is empty"
                } else {
                    "the answer is empty: only reasoning came"
                };
                warnings.push(only.to_owned());
            }
            warnings.append(&mut told);
            if let Some(reason) = self.answer.finish_reason.as_deref().filter(|_| self.answer.unknown_finish) {
                warnings.push(format!("the answer ended for a reason that is not known here: {}", cleaner.line(reason, 80)));
            }
            if self.left_open {
                warnings.push(
                    "the answer was whole, and its connection was not closed as it should be; the answer ends with its last event"
                        .to_owned(),
                );
            }
            if self.timing.streamed != request.stream {
                let how =
                    if request.stream { "not streamed: the answer came whole" } else { "streamed, although a whole answer was asked for" };
                warnings.push(how.to_owned());
            }
        }
        warnings.append(&mut told);
        match self.repeated {
            Some(Repeated::EachPiece) => warnings.push("each piece held all that was said before it; it was kept once".to_owned()),
            Some(Repeated::LastPiece) => warnings.push("the last piece held the whole answer again; it was kept once".to_owned()),
            None => {}
        }
        if self.text.is_contradicted() {
            warnings.push("the whole answer that followed the pieces is another text than theirs; the pieces were kept".to_owned());
        }
        if self.text.is_from_tags() {
            warnings.push(REASONING_FROM_TAGS.to_owned());
        }
        match self.text.mended() {
            Some(Mended::ToldTwice) => {
                warnings.push("the reasoning came in a field of its own and between tags as well; it was kept once".to_owned());
            }
            Some(Mended::TakenBack) => warnings.push(TAG_KEPT.to_owned()),
            None => {}
        }
        match self.malformed_events {
            0 => {}
            1 => warnings.push("1 malformed event was skipped".to_owned()),
            n => warnings.push(format!("{n} malformed events were skipped")),
        }
        if self.answer.unknown_events > 0 {
            let kind = cleaner.line(self.answer.unknown_kind.as_deref().unwrap_or_default(), 80);
            let count = self.answer.unknown_events;
            warnings.push(match count {
                1 => format!("1 event of a kind that is not known here ({kind}) was skipped"),
                _ => format!("{count} events of a kind that is not known here ({kind}) were skipped"),
            });
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
        let thought = !self.text.reasoning().trim().is_empty() || self.answer.usage.is_some_and(|usage| usage.reasoning_tokens > Some(0));
        if thought && request.params.asks_for_no_thinking() {
            warnings.push("thinking was to be off, and the model thought".to_owned());
        }
        if self.answer.output_not_counted && self.answer.finish_reason.is_some() && self.has_text() {
            self.answer.usage = None;
            warnings.push("the provider counted the answer only before it began; its counts were ignored".to_owned());
        }
        // Every prompt has tokens, and so has every text: counts that say otherwise would make a false cost.
        if let Some(usage) = self.answer.usage
            && (usage.input_tokens == 0 || (usage.output_tokens == 0 && self.has_text()))
        {
            self.answer.usage = None;
            warnings.push("the provider counted 0 tokens where there are some; its counts were ignored".to_owned());
        }
        if let Some(usage) = self.answer.usage
            && usage.output_tokens.saturating_mul(LONGEST_TOKEN_BYTES) < self.text.content().len() as u64
        {
            let (tokens, bytes) = (usage.output_tokens, self.text.content().len());
            warnings.push(format!("the provider counts {tokens} tokens for a text of {bytes} bytes, which are more than these can hold"));
        }
        warnings
    }
}

/// Every line is JSON, and there are several.
fn is_lines(body: &str) -> bool {
    let mut lines = body.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
    body.trim().contains('\n') && lines.all(|line| is_end_mark(line) || is_json(line.as_bytes()))
}

/// What answered speaks another wire format.
fn wrong_wire(spoken: Spoken, asked: WireFormat) -> CallError {
    let to_do = match spoken {
        Spoken::Wire(_) => "Switch the wire format of this connection.",
        Spoken::Ollama | Spoken::MiniMax => "Its OpenAI-compatible address ends in /v1.",
        Spoken::Cohere => "Its OpenAI-compatible address is https://api.cohere.ai/compatibility/v1.",
        Spoken::DashScope => "Its OpenAI-compatible address ends in /compatible-mode/v1.",
        Spoken::Replicate => "That format cannot be read here.",
    };
    let (spoken, asked) = (spoken.label(), asked.label());
    let message = format!("The server was asked in {asked} and answered in {spoken}, so nothing of the answer could be read. {to_do}");
    failure(FailureKind::WrongWire, message)
}

/// Words of a failure in place of an event; what keeps a connection open says none.
fn tells_a_failure(data: &str) -> bool {
    const WORDS: [&str; 9] = ["error", "fail", "exception", "timeout", "timed out", "unavailable", "exceeded", "refused", "overload"];
    let lower = data.to_lowercase();
    !data.starts_with(['{', '[', ':']) && WORDS.iter().any(|word| lower.contains(word))
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
