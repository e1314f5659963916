//! The list of models that a provider offers.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::FailureKind;

use super::body::Body;
use super::gather::{failure, not_an_api, too_large};
use super::retry_after::retry_after;
use super::stopwatch::Stopwatch;
use super::{CallError, HttpProvider};

const LIST_CAP_BYTES: usize = 8 * 1024 * 1024;

/// Why there is no list, and the wait that the server asked for.
pub(super) type NoList = (CallError, Option<Duration>);

impl HttpProvider {
    /// The provider's model ids, as it spells and sorts them, each once, at most 10,000; may be empty. One request, within the
    /// connection's bounds. A provider without such a list fails with `path_not_found`.
    pub async fn models(&self) -> Result<Vec<String>, CallError> {
        self.list_models().await.map_err(|(error, _wait)| error)
    }

    pub(super) async fn list_models(&self) -> Result<Vec<String>, NoList> {
        let prepared = self.models_request().map_err(|error| (error, None))?;
        let watch = Stopwatch::start(&self.route.limits);
        let response = self.send(prepared, &watch).await.map_err(|error| (error, None))?;
        if !response.status().is_success() {
            let wait = retry_after(response.headers(), Timestamp::now());
            let refused = self.refusal(response, &watch, None).await;
            return Err((refused.error, wait.or(refused.retry_after)));
        }
        self.read_list(Body::new(response, &watch)).await.map_err(|error| (error, None))
    }

    async fn read_list(&self, mut body: Body<'_>) -> Result<Vec<String>, CallError> {
        let mut bytes = Vec::new();
        if body.read_up_to(LIST_CAP_BYTES, &mut bytes).await? {
            return Err(too_large("The list of models is larger than 8 MiB; it was not read."));
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some(models) = self.wire.decode_models(text.trim_start_matches('\u{feff}')) {
            // A key that comes back as a model name must not be stored as one.
            return Ok(models.into_iter().filter(|model| self.cleaner.redact(model) == *model).collect());
        }
        if text.trim().is_empty() {
            return Err(failure(FailureKind::Malformed, "The server sent an empty list of models. Check the base URL.".to_owned()));
        }
        Err(not_an_api(&text, &self.cleaner))
    }
}
