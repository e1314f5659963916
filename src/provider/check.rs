//! The check of a connection: from its host name to one tiny answer, each step with its time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use crate::domain::{
    ApiKey, CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, Dialect, Failure, FailureKind, Message, Params, Presets,
    Price, PriceStanding, Speaker,
};

use super::chat::{AttemptReport, ChatRequest, Provider as _};
use super::diagnosis::{Findings, diagnose};
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
    /// Known providers: whose key it might be is a hint, never a verdict.
    pub presets: &'a Presets,
}

/// Checks a connection; `on_step` hears each step as it ends.
///
/// Resolve and Connect are tried by hand. TLS (for `https` only) is a `HEAD` request to the origin on a new connection, without the key: its time
/// holds TCP and TLS set-up and one round trip, because the HTTP client does not show the handshake alone. Models and Answer then use that connection.
/// A missing model list (404, or one that the key may not read) is skipped when the answer works. The answer asks for at most 16 tokens.
/// Behind a proxy set by the environment, Resolve and Connect are skipped when they fail: the proxy does them.
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
            cause: None,
            advice: None,
            remedies: Vec::new(),
        },
        wait: None,
    };
    let failed = checking.steps(&input, system_proxy).await;
    let mut report = checking.report;
    if let Some(failure) = failed {
        let key = input.key.as_ref().ok().and_then(Option::as_ref);
        let diagnosis = diagnose(&Findings {
            failure: &failure,
            connection: input.connection,
            key,
            model: report.model.as_deref(),
            models: &report.models,
            wait: checking.wait,
            presets: input.presets,
        });
        report.cause = Some(diagnosis.cause);
        report.advice = Some(diagnosis.advice);
        report.remedies = diagnosis.remedies;
    }
    report
}

struct Checking<'a> {
    begun: Instant,
    on_step: &'a mut (dyn FnMut(&CheckStep) + Send),
    report: CheckReport,
    wait: Option<Duration>,
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
        let proxied = system_proxy && !provider.route.origin.is_loopback() && environment_has_proxy();
        let addresses = match self.resolve(&provider, proxied).await {
            Ok(addresses) => addresses,
            Err(failure) => return Some(failure),
        };
        if let Some(failure) = self.connect(&provider, &addresses, proxied).await {
            return Some(failure);
        }
        if provider.route.origin.scheme == "https"
            && let Some(failure) = self.tls(&provider).await
        {
            return Some(failure);
        }
        if let Err(failure) = &input.key {
            return Some(self.fail(CheckStepKind::Models, Instant::now(), failure.clone()));
        }
        self.models_and_answer(input, &provider).await
    }

    async fn resolve(&mut self, provider: &HttpProvider, proxied: bool) -> Result<Vec<SocketAddr>, Failure> {
        let started = Instant::now();
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
        if proxied {
            self.end(CheckStepKind::Resolve, started, CheckOutcome::Skipped("the proxy of this computer resolves the name".to_owned()));
            return Ok(Vec::new());
        }
        Err(self.fail(CheckStepKind::Resolve, started, error.to_failure()))
    }

    async fn connect(&mut self, provider: &HttpProvider, addresses: &[SocketAddr], proxied: bool) -> Verdict {
        let started = Instant::now();
        let attempt = async {
            let mut last = None;
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(_stream) => return Ok(()),
                    Err(error) => last = Some(error),
                }
            }
            Err(last)
        };
        let error = match timeout(connect_bound(provider), attempt).await {
            Ok(Ok(())) => {
                self.end(CheckStepKind::Connect, started, CheckOutcome::Passed);
                return None;
            }
            Ok(Err(error)) => {
                let words = error.as_ref().map(ToString::to_string).unwrap_or_default();
                provider.route.connect_error(error.map(|error| error.kind()), &words, &provider.cleaner)
            }
            Err(_elapsed) => provider.route.connect_timeout(),
        };
        if proxied {
            self.end(CheckStepKind::Connect, started, CheckOutcome::Skipped("the proxy of this computer connects".to_owned()));
            return None;
        }
        Some(self.fail(CheckStepKind::Connect, started, error.to_failure()))
    }

    async fn tls(&mut self, provider: &HttpProvider) -> Verdict {
        let started = Instant::now();
        let probe = async {
            let request = provider.bare_request()?;
            match provider.client.execute(request).await {
                Ok(_response) => Ok(()),
                // Once connected, TLS has worked, whatever the server makes of the request.
                Err(error) if !error.is_connect() => Ok(()),
                Err(error) => Err(provider.route.send_error(error, &provider.cleaner, 0)),
            }
        };
        // The connect timeout covers the handshake; what comes later than this is the server thinking about the request.
        let bound = connect_bound(provider).saturating_mul(2);
        match timeout(bound, probe).await {
            Ok(Ok(())) | Err(_) => {
                self.end(CheckStepKind::Tls, started, CheckOutcome::Passed);
                None
            }
            Ok(Err(error)) => Some(self.fail(CheckStepKind::Tls, started, error.to_failure())),
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
            Err((error, wait)) => {
                self.wait = wait;
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
            self.report.cause = Some("The provider lists no models.".to_owned());
            self.report.advice = Some("Name a model, and check again.".to_owned());
            let reason = "no model is known; name one".to_owned();
            self.end(CheckStepKind::Answer, Instant::now(), CheckOutcome::Skipped(reason));
            return None;
        };
        let started = Instant::now();
        let report = ask(provider, &model, &input.connection.dialect).await;
        self.report.cost = cost_of(&report, &model, input.price);
        let answer_failure = report.result.err().map(|error| error.to_failure());
        if answer_failure.is_some() {
            self.wait = report.retry_after;
        }
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

    fn fail(&mut self, kind: CheckStepKind, started: Instant, failure: Failure) -> Failure {
        self.end(kind, started, CheckOutcome::Failed(failure.clone()));
        failure
    }

    fn end(&mut self, kind: CheckStepKind, started: Instant, outcome: CheckOutcome) {
        self.end_at(kind, (started, Instant::now()), outcome);
    }

    fn end_at(&mut self, kind: CheckStepKind, (started, ended): (Instant, Instant), outcome: CheckOutcome) {
        let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let step =
            CheckStep { kind, started_us: us(started.duration_since(self.begun)), took_us: us(ended.duration_since(started)), outcome };
        (self.on_step)(&step);
        self.report.steps.push(step);
    }
}

fn connect_bound(provider: &HttpProvider) -> Duration {
    Duration::from_millis(provider.route.limits.connect_timeout_ms)
}

fn environment_has_proxy() -> bool {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
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
/// such bound at all is asked without one.
async fn ask(provider: &HttpProvider, model: &str, dialect: &Dialect) -> AttemptReport {
    let mut request = ChatRequest {
        model: model.to_owned(),
        messages: Arc::new([Message::new(Speaker::User, "Say OK")]),
        params: Params { max_tokens: Some(16), ..Params::default() },
        stream: true,
        spelling: dialect.spelling_of(model),
    };
    let mut report = provider.attempt(&request, &mut |_delta| {}).await;
    // Of two things at most: the bound's name and the stream's options.
    for _ in 0..2 {
        let Some(amendment) = report.amendment else { break };
        request.spelling = request.spelling.with(amendment);
        report = provider.attempt(&request, &mut |_delta| {}).await;
    }
    let refused = matches!(&report.result, Err(CallError { kind: FailureKind::BadRequest, .. })) && report.error_body.contains("_tokens");
    if !refused {
        return report;
    }
    request.params.max_tokens = None;
    provider.attempt(&request, &mut |_delta| {}).await
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
            report.http_status.is_some_and(|status| !(200..300).contains(&status))
                || matches!(
                    error.kind,
                    FailureKind::CannotResolve | FailureKind::Refused | FailureKind::Tls | FailureKind::ConnectTimeout | FailureKind::Proxy
                )
        }
    };
    (never_charged || price.is_some_and(|price| price.standing == PriceStanding::Local)).then_some(Decimal::ZERO)
}
