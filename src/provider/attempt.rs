//! One attempt: one HTTP request, its answer read and stamped, its report.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use rust_decimal::Decimal;
use tokio::time::{timeout, timeout_at};

use crate::domain::{Amendment, ConnectionUse, Evidence, FailureKind, TransportFault, WarmUp, asked_wait, stated_cost};

use super::body::Body;
use super::chat::{AttemptReport, BoxFuture, ChatRequest, Delta, Provider};
use super::classify::{Refusal, classify};
use super::gather::{GRACE, GRACE_FOR_MORE, Gatherer, failure, not_an_api, too_large};
use super::kept_headers::kept_headers;
use super::limit_headers::{LimitsTold, limits_told};
use super::set_up;
use super::sse::{SseParser, is_json};
use super::starting_turn::StartingTurn;
use super::stopwatch::Stopwatch;
use super::think_tags::ThinkTags;
use super::transport_fault::fault_of;
use super::wire::{Answer, Pictures, Wire, amount_of};
use super::{CallError, HttpProvider};

/// One event of a stream.
const EVENT_CAP_BYTES: usize = 512 * 1024;
/// A body that is one JSON value, decompressed.
const WHOLE_BODY_CAP_BYTES: usize = 16 * 1024 * 1024;
/// All of a stream, decompressed: comments and empty events count here only.
const STREAM_CAP_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// What is read of a body that is no answer.
const ERROR_BODY_CAP_BYTES: usize = 64 * 1024;

/// The header in which LiteLLM says what a request cost, US dollars.
const COST_HEADER: &str = "x-litellm-response-cost";
/// Headers that carry the provider's id of a request.
pub(super) const REQUEST_ID_HEADERS: [&str; 5] = ["x-request-id", "request-id", "x-oneapi-request-id", "x-generation-id", "cf-ray"];

impl Provider for HttpProvider {
    fn attempt<'a>(&'a self, request: &'a ChatRequest, on_delta: &'a mut (dyn FnMut(Delta<'_>) + Send)) -> BoxFuture<'a, AttemptReport> {
        Box::pin(self.attempt_chat(request, on_delta))
    }

    fn warm_up(&self, connections: u32) -> BoxFuture<'_, WarmUp> {
        Box::pin(self.open_connections(connections))
    }
}

impl HttpProvider {
    async fn attempt_chat(&self, request: &ChatRequest, on_delta: &mut (dyn FnMut(Delta<'_>) + Send)) -> AttemptReport {
        let written = self.wire.write(request, Pictures::Whole);
        let has_pictures = request.messages.iter().any(|message| !message.images.is_empty());
        let named = has_pictures.then(|| self.wire.write(request, Pictures::Named).body);
        let sent = self.cleaner.redact(named.as_ref().unwrap_or(&written.body));
        let turn = StartingTurn::default();
        let prepared = self.chat_request(request, written.body, &turn);
        let tags = self.route.think_tags.then(|| ThinkTags::of_answer_to(&request.messages));
        let mut gatherer = Gatherer::new(self.wire, &self.cleaner, on_delta, tags);
        turn.wait().await;
        let started_at = Timestamp::now();
        let watch = Stopwatch::start(&self.route.limits);
        let mut reply = Reply::default();
        let (read, set_up) = match prepared {
            Ok(prepared) => {
                let exchange = self.exchange(request, prepared, &watch, &mut gatherer, &mut reply);
                turn.hold(set_up::telling(self.route.proxied, exchange)).await
            }
            Err(error) => (Err(error), None),
        };
        // One that still waited for a connection when it ended got none.
        gatherer.timing.set_up = set_up.filter(|set_up| set_up.connection != ConnectionUse::Awaited || reply.status.is_some());
        gatherer.close();
        let asked_wait = gatherer.answer.error.as_ref().and_then(|error| error.retry_after);
        let result = read.and_then(|()| gatherer.verdict(request, &self.cleaner));
        gatherer.timing.end_us = reply.end_us.unwrap_or_else(|| watch.now_us());
        let mut warnings = gatherer.warnings(request, result.is_ok(), &self.cleaner);
        warnings.extend(written.warnings);
        for warning in &mut warnings {
            *warning = self.cleaner.redact(warning);
        }
        let (output, reasoning) = gatherer.texts(result.is_ok());
        let spoken = gatherer.spoken_wire();
        let Gatherer { timing, gaps, answer, .. } = gatherer;
        let evidence = if result.is_ok() { Evidence::default() } else { Evidence { spoken, ..reply.evidence } };
        let named = |name: Option<String>| name.map(|name| self.cleaner.line(&name, 200)).filter(|name| !name.is_empty());
        AttemptReport {
            started_at,
            started: watch.started,
            result,
            http_status: reply.status,
            timing,
            gaps,
            output,
            reasoning,
            usage: answer.usage,
            stated_cost: answer.stated_cost.or(reply.stated_cost),
            citations: answer.citations.map(|text| self.cleaner.redact(text)),
            response_model: named(answer.response_model),
            finish_reason: named(answer.finish_reason),
            request_id: named(reply.request_id.or(answer.id)),
            retry_after: reply.retry_after.or(asked_wait),
            limits: reply.limits,
            amendment: reply.amendment,
            warnings,
            request: sent,
            error_body: reply.error_body,
            evidence,
        }
    }

    /// Sends the request and reads the response into `gatherer` and `reply`, up to its end or its failure.
    async fn exchange(
        &self,
        request: &ChatRequest,
        prepared: reqwest::Request,
        watch: &Stopwatch,
        gatherer: &mut Gatherer<'_>,
        reply: &mut Reply,
    ) -> Result<(), CallError> {
        let response = self.send(prepared, watch, &mut reply.evidence).await?;
        gatherer.timing.headers_us = Some(watch.now_us());
        reply.status = Some(response.status().as_u16());
        reply.request_id = header_text(response.headers(), &REQUEST_ID_HEADERS);
        reply.limits = limits_told(response.headers(), Timestamp::now());
        reply.stated_cost = header_text(response.headers(), &[COST_HEADER]).and_then(|text| cost_in_header(&text));
        if !response.status().is_success() {
            let by_header = asked_wait(|name| response.headers().get(name)?.to_str().ok(), Timestamp::now());
            let Refused { error, body, retry_after } = self.refusal(response, watch, Some(&request.model)).await;
            reply.retry_after = by_header.or(retry_after);
            reply.amendment = reply.status.and_then(|status| self.wire.amendment(request, status, &body));
            reply.error_body = body;
            return Err(error);
        }
        let content_type = header_text(response.headers(), &[CONTENT_TYPE.as_str()]).unwrap_or_default().to_lowercase();
        let mut body = Body::new(response, watch);
        let first = loop {
            match body.next().await? {
                // Some servers send line feeds while the model is busy.
                Some((bytes, at_us)) => {
                    if let Some(sign) = first_sign(bytes.as_ref()) {
                        break Some((sign, bytes, at_us));
                    }
                }
                None => break None,
            }
        };
        let Some((sign, bytes, at_us)) = first else {
            reply.end_us = Some(watch.now_us());
            return Err(if content_type.contains("event-stream") {
                failure(FailureKind::Truncated, "The stream ended before it began. Try again.".to_owned())
            } else {
                failure(FailureKind::Malformed, "The server sent an empty answer. Check the base URL.".to_owned())
            });
        };
        let is_lines = ["ndjson", "jsonl", "json-lines", "jsonlines"].iter().any(|kind| content_type.contains(kind));
        let is_stream = match sign {
            b'{' if is_lines || (request.stream && begins_lines(bytes.as_ref())) => true,
            b'{' | b'[' | b'<' => false,
            _ if content_type.contains("event-stream") => true,
            sign => matches!(sign, b'd' | b'e' | b'i' | b'r' | b':'),
        };
        if is_stream {
            self.read_stream(body, bytes.as_ref(), at_us, gatherer, reply).await
        } else {
            let mut whole = bytes.as_ref().to_vec();
            let (cut, end_us) = read_whole(&mut body, at_us, &mut whole, self.wire).await?;
            reply.end_us = Some(end_us);
            let text = String::from_utf8_lossy(&whole);
            if !matches!(sign, b'{' | b'[') {
                reply.error_body = self.cleaner.body(&whole, cut);
                return Err(not_an_api(&text, &self.cleaner));
            }
            if cut {
                return Err(too_large("The answer is larger than 16 MiB; it was not read."));
            }
            gatherer.lossy |= matches!(text, Cow::Owned(_));
            let read = gatherer.whole(&text, end_us, &self.cleaner);
            if read.is_err() || gatherer.answer.error.is_some() {
                reply.error_body = self.cleaner.body(&whole, false);
            }
            read
        }
    }

    async fn read_stream(
        &self,
        mut body: Body<'_>,
        first: &[u8],
        first_at_us: u64,
        gatherer: &mut Gatherer<'_>,
        reply: &mut Reply,
    ) -> Result<(), CallError> {
        let mut parser = SseParser::new(EVENT_CAP_BYTES);
        let mut head = first[..first.len().min(ERROR_BODY_CAP_BYTES)].to_vec();
        let mut total_bytes = first.len() as u64;
        let mut take = |bytes: &[u8], at_us: u64, gatherer: &mut Gatherer<'_>| {
            parser
                .push(bytes, &mut |event| {
                    // Behind the end mark only counts are of interest.
                    if gatherer.answer.ended {
                        gatherer.event_after_end(&event);
                        return ControlFlow::Continue(());
                    }
                    let flow = gatherer.event(&event, at_us);
                    if gatherer.answer.ended { ControlFlow::Continue(()) } else { flow }
                })
                .map(|flow| if gatherer.answer.ended { ControlFlow::Break(()) } else { flow })
                .map_err(|_too_large| too_large("One event of the stream is larger than 512 KiB."))
        };
        let mut end_us = first_at_us;
        let mut flow = take(first, first_at_us, gatherer)?;
        while flow.is_continue() {
            let arrived = match gatherer.closes_us().map(|by_us| Duration::from_micros(by_us.saturating_sub(body.now_us()))) {
                None => body.next().await?,
                // The answer is whole: what the connection does now cannot spoil it.
                Some(left) => match timeout(left, body.next()).await {
                    // What has come by then is read, however late this program gets to it.
                    Ok(Ok(arrived)) => arrived,
                    Ok(Err(error)) if !gatherer.is_settled() => return Err(error),
                    Ok(Err(_)) | Err(_) => {
                        reply.end_us = Some(gatherer.leave_open());
                        return Ok(());
                    }
                },
            };
            let Some((bytes, at_us)) = arrived else { break };
            let bytes = bytes.as_ref();
            total_bytes += bytes.len() as u64;
            if total_bytes > STREAM_CAP_BYTES {
                return Err(too_large("The stream is larger than 4 GiB."));
            }
            if !gatherer.timing.streamed && head.len() < ERROR_BODY_CAP_BYTES {
                head.extend_from_slice(&bytes[..bytes.len().min(ERROR_BODY_CAP_BYTES - head.len())]);
            }
            end_us = at_us;
            flow = take(bytes, at_us, gatherer)?;
        }
        if flow.is_break() {
            // The end mark ends the answer, whatever follows. After an error or past a cap the connection is dropped instead.
            reply.end_us = Some(end_us);
            if let Some(event) = gatherer.error_event.take() {
                reply.error_body = self.cleaner.body(event.as_bytes(), false);
            }
            if gatherer.answer.ended && !gatherer.is_full() {
                if gatherer.lacks_counts() {
                    read_late_counts(&mut body, &mut parser, gatherer).await;
                }
                body.drain().await;
            }
            return Ok(());
        }
        end_us = body.now_us();
        parser.finish(&mut |event| gatherer.event(&event, end_us));
        reply.end_us = Some(gatherer.ended_us(end_us));
        if gatherer.timing.streamed {
            return Ok(());
        }
        reply.error_body = self.cleaner.body(&head, head.len() >= ERROR_BODY_CAP_BYTES);
        Err(not_an_api(&String::from_utf8_lossy(&head), &self.cleaner))
    }

    /// Hands the request to the HTTP client and waits for the response headers; `evidence` takes what they tell about a failure, or what stood in
    /// the way.
    pub(super) async fn send(&self, prepared: reqwest::Request, watch: &Stopwatch, evidence: &mut Evidence) -> Result<Response, CallError> {
        let (by, kind) = watch.next_byte_by(None);
        match timeout_at(by, self.client.execute(prepared)).await {
            Err(_elapsed) => Err(watch.late(kind)),
            Ok(Err(error)) => {
                evidence.fault = fault_of(&error);
                let error = self.route.send_error(error, &self.cleaner, watch.now_us());
                if error.kind == FailureKind::Proxy && !error.retryable {
                    evidence.fault = Some(TransportFault::ProxyLogin);
                }
                Err(error)
            }
            Ok(Ok(response)) => {
                let location = header_text(response.headers(), &["location"]).and_then(|target| self.redirect_host(&target));
                evidence.headers = kept_headers(response.headers(), location.as_deref(), &self.cleaner);
                Ok(response)
            }
        }
    }

    /// Reads and judges a response that is no success.
    pub(super) async fn refusal(&self, response: Response, watch: &Stopwatch, model: Option<&str>) -> Refused {
        let status = response.status().as_u16();
        let location = header_text(response.headers(), &["location"]);
        let location_host = location.as_deref().and_then(|target| self.redirect_host(target));
        let mut bytes = Vec::new();
        // A refusal whose body breaks off or stalls is still that refusal.
        let cut = Body::new(response, watch).read_up_to(ERROR_BODY_CAP_BYTES, &mut bytes).await.unwrap_or(true);
        let error = self.wire.decode_error(&String::from_utf8_lossy(&bytes));
        let body = self.cleaner.body(&bytes, cut);
        let refusal = Refusal { status, error: error.as_ref(), body: &body, model, location_host: location_host.as_deref() };
        let judged = classify(&refusal, &self.cleaner);
        Refused { error: judged, body, retry_after: error.and_then(|error| error.retry_after) }
    }
}

/// Reads the rest of an answer that comes whole; says whether it went on past the cap, and when it ended. A server that keeps the connection open behind a
/// whole answer is not waited for; one that wrote JSON which is none may still be writing, a line after the other.
async fn read_whole(body: &mut Body<'_>, first_at_us: u64, whole: &mut Vec<u8>, wire: &dyn Wire) -> Result<(bool, u64), CallError> {
    let last_sign = |bytes: &[u8]| bytes.trim_ascii_end().last().copied();
    let (mut last_us, mut last) = (first_at_us, last_sign(whole));
    loop {
        let ends_like_json = matches!(last, Some(b'}' | b']'));
        let arrived = if ends_like_json {
            match timeout(GRACE, body.next()).await {
                Ok(Ok(arrived)) => arrived,
                Ok(Err(_)) if is_json(whole) => return Ok((false, last_us)),
                Ok(Err(error)) => return Err(error),
                Err(_) if is_whole_answer(whole, wire) => return Ok((false, last_us)),
                Err(_) if is_json(whole) => match timeout(GRACE_FOR_MORE, body.next()).await {
                    Ok(Ok(arrived)) => arrived,
                    Ok(Err(_)) | Err(_) => return Ok((false, last_us)),
                },
                Err(_) => body.next().await?,
            }
        } else {
            body.next().await?
        };
        let Some((bytes, at_us)) = arrived else { return Ok((false, body.now_us())) };
        let (bytes, room) = (bytes.as_ref(), WHOLE_BODY_CAP_BYTES.saturating_sub(whole.len()));
        whole.extend_from_slice(&bytes[..bytes.len().min(room)]);
        last_us = at_us;
        last = last_sign(bytes).or(last);
        if bytes.len() > room {
            return Ok((true, last_us));
        }
    }
}

/// It is one answer that says why it ended, or that it failed.
fn is_whole_answer(body: &[u8], wire: &dyn Wire) -> bool {
    let mut answer = Answer::default();
    let decoded = str::from_utf8(body).map(|text| wire.decode_whole(text, &mut answer, &mut |_piece| {}));
    matches!(decoded, Ok(Ok(()))) && (answer.finish_reason.is_some() || answer.error.is_some())
}

/// Some servers send their token counts behind the end mark. The answer has ended: no stamp moves.
async fn read_late_counts(body: &mut Body<'_>, parser: &mut SseParser, gatherer: &mut Gatherer<'_>) {
    const PAUSE: Duration = Duration::from_millis(50);
    const MOST_PIECES: usize = 8;
    for _piece in 0..MOST_PIECES {
        let Ok(Ok(Some((bytes, _at_us)))) = timeout(PAUSE, body.next()).await else { break };
        let read = parser.push(bytes.as_ref(), &mut |event| {
            gatherer.event_after_end(&event);
            if gatherer.lacks_counts() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if !gatherer.lacks_counts() || read.is_err() {
            return;
        }
    }
}

/// A response that is no success.
pub(super) struct Refused {
    pub(super) error: CallError,
    /// Its body as kept.
    pub(super) body: String,
    /// The wait that its body asks for; a header may ask for another.
    pub(super) retry_after: Option<Duration>,
}

/// What the response says besides the answer.
#[derive(Debug, Default)]
struct Reply {
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    limits: LimitsTold,
    stated_cost: Option<Decimal>,
    amendment: Option<Amendment>,
    /// When the answer ended; absent when it broke off, which is now.
    end_us: Option<u64>,
    error_body: String,
    evidence: Evidence,
}

/// LiteLLM sends the headers of a stream before it knows, and says 0 then.
fn cost_in_header(text: &str) -> Option<Decimal> {
    amount_of(text).and_then(stated_cost).filter(|cost| !cost.is_zero())
}

/// The first line is a piece of an answer by itself: JSON Lines, whatever the content type claims.
fn begins_lines(bytes: &[u8]) -> bool {
    let line = bytes.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(line) else { return false };
    let is_typed = json
        .get("type")
        .and_then(serde_json::Value::as_str)
        .is_some_and(|kind| ["response.", "content_block_", "message_"].iter().any(|start| kind.starts_with(start)));
    is_typed || json.pointer("/choices/0/delta").is_some() || json.get("done").is_some_and(serde_json::Value::is_boolean)
}

/// The first byte that is neither white space nor part of a byte order mark: it tells JSON, events and web pages apart, whatever the
/// content type claims.
fn first_sign(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf))
}

pub(super) fn header_text(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| Some(headers.get(*name)?.to_str().ok()?.to_owned())).filter(|text| !text.is_empty())
}
