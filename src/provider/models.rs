//! The list of models that a provider offers.

use crate::domain::{FailedExchange, FailureKind};

use super::attempt::Refused;
use super::attempt::{REQUEST_ID_HEADERS, header_text};
use super::body::Body;
use super::classify::classify_error_in_answer;
use super::gather::{failure, not_an_api, too_large};
use super::stopwatch::Stopwatch;
use super::wire::{ErrorBody, Unreadable};
use super::{CallError, HttpProvider};

const LIST_CAP_BYTES: usize = 8 * 1024 * 1024;

/// Why there is no list, and what the request left behind.
pub(super) struct NoList {
    pub(super) error: CallError,
    pub(super) exchange: FailedExchange,
}

impl From<CallError> for NoList {
    fn from(error: CallError) -> Self {
        Self { error, exchange: FailedExchange::default() }
    }
}

impl HttpProvider {
    /// The provider's model ids, as it spells and sorts them, each once, at most 10,000; may be empty. One request, within the
    /// connection's bounds. A provider without such a list fails with `path_not_found`.
    pub async fn models(&self) -> Result<Vec<String>, CallError> {
        self.list_models().await.map_err(|no_list| no_list.error)
    }

    pub(super) async fn list_models(&self) -> Result<Vec<String>, NoList> {
        let prepared = self.models_request()?;
        let watch = Stopwatch::start(&self.route.limits);
        let mut exchange = FailedExchange::default();
        let response = match self.send(prepared, &watch, &mut exchange.evidence).await {
            Ok(response) => response,
            Err(error) => return Err(NoList { error, exchange }),
        };
        exchange.http_status = Some(response.status().as_u16());
        exchange.request_id = header_text(response.headers(), &REQUEST_ID_HEADERS).map(|id| self.cleaner.line(&id, 200));
        if !response.status().is_success() {
            let Refused { error, body: error_body, .. } = self.refusal(response, &watch, None).await;
            return Err(NoList { error, exchange: FailedExchange { error_body, ..exchange } });
        }
        self.read_list(Body::new(response, &watch), &mut exchange).await.map_err(|error| NoList { error, exchange })
    }

    async fn read_list(&self, mut body: Body<'_>, exchange: &mut FailedExchange) -> Result<Vec<String>, CallError> {
        let mut bytes = Vec::new();
        if body.read_up_to(LIST_CAP_BYTES, &mut bytes).await? {
            return Err(too_large("The list of models is larger than 8 MiB; it was not read."));
        }
        let text = String::from_utf8_lossy(&bytes);
        match self.wire.decode_models(text.trim_start_matches('\u{feff}')) {
            // A key that comes back as a model name must not be stored as one.
            Ok(models) => return Ok(models.into_iter().filter(|model| self.cleaner.redact(model) == *model).collect()),
            Err(Unreadable::TooManyValues) => {
                return Err(too_large("The list of models holds more values than any list has; it was not read."));
            }
            Err(Unreadable::NotJson | Unreadable::NoAnswer) => {}
        }
        exchange.error_body = self.cleaner.body(&bytes, false);
        if text.trim().is_empty() {
            return Err(failure(FailureKind::Malformed, "The server sent an empty list of models. Check the base URL.".to_owned()));
        }
        let told = ErrorBody::read_success(&text).map(|error| classify_error_in_answer(&error, false, "", &self.cleaner));
        Err(told.filter(|error| error.kind != FailureKind::ModelNotFound).unwrap_or_else(|| not_an_api(&text, &self.cleaner)))
    }
}
