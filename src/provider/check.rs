//! The check of a connection: from its host name to one tiny answer, each step with its time. What a failure comes down to is judged elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use crate::domain::{
    Amendment, ApiKey, CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, Dialect, FailedExchange, Failure, FailureKind,
    Message, Params, Price, PriceStanding, Speaker, is_refusal, whole_us,
};

use super::chat::{AttemptReport, ChatRequest, Provider as _};
use super::models::NoList;
use super::tls_probe::TlsProbe;
use super::transport_fault::{fault_of, io_fault};
use super::{CallError, HttpProvider};

/// What a check needs to know.
pub struct CheckInput<'a> {
    /// The connection to check.
    pub connection: &'a Connection,
    /// Its key, `None` when it has none; an error when the key could not be read.
    pub key: Result<Option<ApiKey>, Failure>,
    /// The model to ask; absent: the connection's last one, else the first listed that can chat.
    pub model: Option<String>,
    /// The price of a model at this connection; absent when unknown.
    pub price: &'a (dyn Fn(&str) -> Option<Price> + Send + Sync),
}

/// Checks a connection; `on_step` hears each step as it ends.
///
/// Resolve, Connect and TLS (for `https` only) are made by hand, one after the other, so that each is timed alone: the handshake goes over the socket
/// that Connect made. Models and Answer are the HTTP client's: the time of Models holds the set-up of the client's own connection.
/// A missing model list (404, or one that the key may not read) is skipped when the answer works. The answer asks for at most 16 tokens.
/// Through this computer's proxy nothing of it can be told apart: Resolve and Connect are skipped, and TLS is tried through the proxy, without a time of its own.
pub async fn check(input: CheckInput<'_>, on_step: &mut (dyn FnMut(&CheckStep) + Send)) -> CheckReport {
    let system_proxy = true;
    run(input, on_step, system_proxy).await
}

pub(super) async fn run(input: CheckInput<'_>, on_step: &mut (dyn FnMut(&CheckStep) + Send), system_proxy: bool) -> CheckReport {
    let mut checking = Checking {
        begun: Instant::now(),
        on_step,
        report: CheckReport {
            connection_id: input.connection.id,
            at: Timestamp::now(),
            steps: Vec::new(),
            model: input.model.clone().or_else(|| input.connection.last_model.clone()),
            models: Vec::new(),
            cost: Some(Decimal::ZERO),
            exchange: None,
            foreign_key: None,
            learned: Vec::new(),
        },
    };
    let failed = checking.steps(&input, system_proxy).await;
    let mut report = checking.report;
    if failed.is_none() {
        report.exchange = None;
    }
    report
}

struct Checking<'a> {
    begun: Instant,
    on_step: &'a mut (dyn FnMut(&CheckStep) + Send),
    report: CheckReport,
}

/// A failure that ends the check, if any did.
type Verdict = Option<Failure>;

impl Checking<'_> {
    /// Goes through the steps; gives the failure that is the cause, if there is one.
    async fn steps(&mut self, input: &CheckInput<'_>, system_proxy: bool) -> Verdict {
        let key = input.key.as_ref().ok().cloned().flatten();
        let started = Instant::now();
        let connection = input.connection.clone();
        // Loading the certificate roots takes a tenth of a second; no worker that reads a socket may wait for it.
        let made = tokio::task::spawn_blocking(move || HttpProvider::with_proxy(&connection, key, system_proxy)).await;
        let made = made.unwrap_or_else(|_panicked| {
            Err(CallError { kind: FailureKind::Internal, message: "the HTTP client could not be made".to_owned(), retryable: false })
        });
        let provider = match made {
            Ok(provider) => provider,
            Err(error) => return Some(self.fail(CheckStepKind::Resolve, started, error.to_failure())),
        };
        let stream = match self.resolve(&provider).await {
            Ok(addresses) => self.connect(&provider, &addresses).await,
            Err(failure) => Err(failure),
        };
        let stream = match stream {
            Ok(stream) => stream,
            Err(failure) => return Some(failure),
        };
        if provider.route.origin.scheme == "https"
            && let Some(failure) = self.tls(&provider, stream).await
        {
            return Some(failure);
        }
        if let Err(failure) = &input.key {
            return Some(self.fail(CheckStepKind::Models, Instant::now(), failure.clone()));
        }
        self.models_and_answer(input, &provider).await
    }

    /// None behind a proxy, which resolves the name itself.
    async fn resolve(&mut self, provider: &HttpProvider) -> Result<Vec<SocketAddr>, Failure> {
        let started = Instant::now();
        if provider.route.proxied {
            self.end(CheckStepKind::Resolve, started, CheckOutcome::Skipped("the proxy of this computer resolves the name".to_owned()));
            return Ok(Vec::new());
        }
        let origin = &provider.route.origin;
        let found = timeout(connect_bound(provider), lookup_host((origin.host.as_str(), origin.port))).await;
        let error = match found {
            Ok(Ok(addresses)) => {
                let addresses: Vec<SocketAddr> = addresses.collect();
                if !addresses.is_empty() {
                    self.end(CheckStepKind::Resolve, started, CheckOutcome::Passed);
                    return Ok(addresses);
                }
                provider.route.cannot_resolve("no address", &provider.cleaner)
            }
            Ok(Err(error)) => provider.route.cannot_resolve(&error.to_string(), &provider.cleaner),
            Err(_elapsed) => provider.route.cannot_resolve("no answer from the name service", &provider.cleaner),
        };
        Err(self.fail(CheckStepKind::Resolve, started, error.to_failure()))
    }

    /// None behind a proxy, which connects itself.
    async fn connect(&mut self, provider: &HttpProvider, addresses: &[SocketAddr]) -> Result<Option<TcpStream>, Failure> {
        let started = Instant::now();
        if provider.route.proxied {
            self.end(CheckStepKind::Connect, started, CheckOutcome::Skipped("the proxy of this computer connects".to_owned()));
            return Ok(None);
        }
        let attempt = async {
            let mut last = None;
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = Some(error),
                }
            }
            Err(last)
        };
        let error = match timeout(connect_bound(provider), attempt).await {
            Ok(Ok(stream)) => {
                self.end(CheckStepKind::Connect, started, CheckOutcome::Passed);
                return Ok(Some(stream));
            }
            Ok(Err(error)) => {
                let words = error.as_ref().map(ToString::to_string).unwrap_or_default();
                self.left_behind().evidence.fault = error.as_ref().and_then(|error| io_fault(error.kind()));
                provider.route.connect_error(error.map(|error| error.kind()), &words, &provider.cleaner)
            }
            Err(_elapsed) => provider.route.connect_timeout(),
        };
        Err(self.fail(CheckStepKind::Connect, started, error.to_failure()))
    }

    async fn tls(&mut self, provider: &HttpProvider, stream: Option<TcpStream>) -> Verdict {
        let Some(stream) = stream else { return self.tls_through_proxy(provider).await };
        stream.set_nodelay(true).ok();
        // Reading the certificate roots is no part of the handshake, and no worker that reads a socket may wait for it.
        let made = tokio::task::spawn_blocking(TlsProbe::new).await;
        let started = Instant::now();
        let error = match (made, provider.tls_host()) {
            (Ok(Ok(probe)), Ok(host)) => match timeout(connect_bound(provider), probe.shake_hands(stream, &host)).await {
                Ok(Ok(())) => {
                    self.end(CheckStepKind::Tls, started, CheckOutcome::Passed);
                    return None;
                }
                Ok(Err(error)) => {
                    self.left_behind().evidence.fault = fault_of(&error);
                    provider.route.tls_error(&error, &provider.cleaner)
                }
                Err(_elapsed) => provider.route.connect_timeout(),
            },
            (_, Err(error)) => error,
            (Ok(Err(_)) | Err(_), _) => {
                let message = "This computer's certificates cannot be read. Check the system's certificate store.".to_owned();
                CallError { kind: FailureKind::Internal, message, retryable: false }
            }
        };
        Some(self.fail(CheckStepKind::Tls, started, error.to_failure()))
    }

    /// A `HEAD` request to the origin, without the key: it shows whether the tunnel and TLS work, and no time of theirs.
    async fn tls_through_proxy(&mut self, provider: &HttpProvider) -> Verdict {
        let started = Instant::now();
        let probe = async {
            let request = provider.bare_request().map_err(|error| (error, None))?;
            match provider.client.execute(request).await {
                Ok(_response) => Ok(()),
                // Once connected, TLS has worked, whatever the server makes of the request.
                Err(error) if !error.is_connect() => Ok(()),
                Err(error) => {
                    let fault = fault_of(&error);
                    Err((provider.route.send_error(error, &provider.cleaner, 0), fault))
                }
            }
        };
        // The connect timeout covers the handshake; what comes later than this is the server thinking about the request.
        let bound = connect_bound(provider).saturating_mul(2);
        match timeout(bound, probe).await {
            Ok(Ok(())) | Err(_) => {
                let why =
                    "it works; through the proxy of this computer its time cannot be told from those of the tunnel and of one round trip";
                self.end(CheckStepKind::Tls, started, CheckOutcome::Skipped(why.to_owned()));
                None
            }
            Ok(Err((error, fault))) => {
                self.left_behind().evidence.fault = fault;
                Some(self.fail(CheckStepKind::Tls, started, error.to_failure()))
            }
        }
    }

    async fn models_and_answer(&mut self, input: &CheckInput<'_>, provider: &HttpProvider) -> Verdict {
        let started = Instant::now();
        let listed = provider.list_models().await;
        let models_took = (started, Instant::now());
        let no_list = match listed {
            Ok(models) => {
                self.report.models = models;
                self.end(CheckStepKind::Models, started, CheckOutcome::Passed);
                None
            }
            Err(NoList { error, exchange }) => {
                self.report.exchange = Some(exchange);
                Some(error)
            }
        };
        if let Some(error) = &no_list
            && (self.report.model.is_none() || !answer_can_tell_more(error.kind))
        {
            return Some(self.fail(CheckStepKind::Models, started, error.to_failure()));
        }
        if self.report.model.is_none() {
            self.report.model = first_chat_model(&self.report.models).map(str::to_owned);
        }
        let Some(model) = self.report.model.clone() else {
            let reason = "no model is known; name one".to_owned();
            self.end(CheckStepKind::Answer, Instant::now(), CheckOutcome::Skipped(reason));
            return None;
        };
        let started = Instant::now();
        let (report, learned) = ask(provider, &model, &input.connection.dialect).await;
        self.report.learned = learned;
        self.report.cost = cost_of(&report, &model, input.price);
        let answer_failure = report.result.err().map(|error| error.to_failure());
        self.report.exchange = answer_failure.as_ref().map(|_failed| FailedExchange {
            http_status: report.http_status,
            request_id: report.request_id,
            error_body: report.error_body,
            evidence: report.evidence,
        });
        let ended = Instant::now();
        if let Some(error) = no_list {
            let wrong_address = |kind| matches!(kind, FailureKind::PathNotFound | FailureKind::NotAnApi);
            let counts =
                answer_failure.as_ref().is_some_and(|answer| wrong_address(answer.kind) || error.kind != FailureKind::PathNotFound);
            let outcome = if counts {
                CheckOutcome::Failed(error.to_failure())
            } else {
                CheckOutcome::Skipped(format!("no list of models: {}", error.message))
            };
            self.end_at(CheckStepKind::Models, models_took, outcome);
        }
        self.end_at(CheckStepKind::Answer, (started, ended), answer_failure.clone().map_or(CheckOutcome::Passed, CheckOutcome::Failed));
        answer_failure
    }

    /// What the failing request leaves behind.
    fn left_behind(&mut self) -> &mut FailedExchange {
        self.report.exchange.get_or_insert_default()
    }

    fn fail(&mut self, kind: CheckStepKind, started: Instant, failure: Failure) -> Failure {
        self.end(kind, started, CheckOutcome::Failed(failure.clone()));
        failure
    }

    fn end(&mut self, kind: CheckStepKind, started: Instant, outcome: CheckOutcome) {
        self.end_at(kind, (started, Instant::now()), outcome);
    }

    fn end_at(&mut self, kind: CheckStepKind, (started, ended): (Instant, Instant), outcome: CheckOutcome) {
        let (started_us, took_us) = (whole_us(started.duration_since(self.begun)), whole_us(ended.duration_since(started)));
        let step = CheckStep { kind, started_us, took_us, outcome };
        (self.on_step)(&step);
        self.report.steps.push(step);
    }
}

fn connect_bound(provider: &HttpProvider) -> Duration {
    Duration::from_millis(provider.route.limits.connect_timeout_ms)
}

/// A list that is missing or withheld says nothing about the answer.
fn answer_can_tell_more(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::PathNotFound
            | FailureKind::NotAnApi
            | FailureKind::ModelNotFound
            | FailureKind::Forbidden
            | FailureKind::BadRequest
            | FailureKind::ServerError
            | FailureKind::Malformed
            | FailureKind::TooLarge
    )
}

/// The first model that looks as if it could chat, else the first.
fn first_chat_model(models: &[String]) -> Option<&str> {
    const OTHER_TRADES: [&str; 22] = [
        "embed",
        "bge-",
        "rerank",
        "whisper",
        "tts",
        "transcribe",
        "speech",
        "audio",
        "realtime",
        "dall-e",
        "image",
        "imagen",
        "video",
        "veo-",
        "sora",
        "wanx",
        "moderation",
        "guard",
        "davinci",
        "babbage",
        "ocr",
        "cosyvoice",
    ];
    let chats = |model: &&String| {
        let name = model.to_lowercase();
        !OTHER_TRADES.iter().any(|trade| name.contains(trade))
    };
    models.iter().find(chats).or_else(|| models.first()).map(String::as_str)
}

/// One tiny answer. A server that wants the request written otherwise refuses it, which costs nothing, and is asked again so; a model that takes no
/// such bound at all is asked without one. With what was learnt by it, where the answer came.
async fn ask(provider: &HttpProvider, model: &str, dialect: &Dialect) -> (AttemptReport, Vec<Amendment>) {
    let mut request = ChatRequest {
        model: model.to_owned(),
        messages: Arc::new([Message::new(Speaker::User, "Say OK")]),
        params: Params { max_tokens: Some(16), ..Params::default() },
        stream: true,
        spelling: dialect.spelling_of(model),
    };
    let mut report = provider.attempt(&request, &mut |_delta| {}).await;
    let mut learned = Vec::new();
    // Of two things at most: the bound's name and the stream's options.
    for _ in 0..2 {
        let Some(amendment) = report.amendment else { break };
        learned.push(amendment);
        request.spelling = request.spelling.with(amendment);
        report = provider.attempt(&request, &mut |_delta| {}).await;
    }
    let refused = matches!(&report.result, Err(CallError { kind: FailureKind::BadRequest, .. })) && report.error_body.contains("_tokens");
    if refused {
        // Neither name of the bound is taken, so that nothing was learnt about it.
        learned.retain(|amendment| !amendment.is_about_the_same(Amendment::MaxCompletionTokens));
        request.params.max_tokens = None;
        report = provider.attempt(&request, &mut |_delta| {}).await;
    }
    if report.result.is_err() {
        learned.clear();
    }
    (report, learned)
}

/// What the answer cost: absent when unknown, zero when nothing can have been charged.
fn cost_of(report: &AttemptReport, model: &str, price: &(dyn Fn(&str) -> Option<Price> + Send + Sync)) -> Option<Decimal> {
    let price = price(model);
    if let Some(usage) = &report.usage {
        return price?.cost(usage);
    }
    let never_charged = match &report.result {
        Ok(()) => false,
        Err(error) => {
            report.http_status.is_some_and(is_refusal)
                || matches!(
                    error.kind,
                    FailureKind::CannotResolve | FailureKind::Refused | FailureKind::Tls | FailureKind::ConnectTimeout | FailureKind::Proxy
                )
        }
    };
    (never_charged || price.is_some_and(|price| price.standing == PriceStanding::Local)).then_some(Decimal::ZERO)
}
