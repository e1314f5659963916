//! The least that a client of streams can do: send, read, stamp, forget. What this program measures is compared with it.

use std::time::Instant;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect};

use crate::domain::whole_us;

/// A client without anything around it. Never sends a key.
#[derive(Clone, Debug)]
pub struct BareClient {
    client: Client,
    url: String,
}

/// One answer as it arrived, microseconds after the request was handed to the HTTP client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BareAnswer {
    /// What the first piece of the body held.
    pub first_piece: Vec<u8>,
    /// Its arrival.
    pub first_us: u64,
    /// The arrival of the last piece.
    pub last_us: u64,
}

/// A request did not bring an answer.
#[derive(Debug, thiserror::Error)]
#[error("the bare request failed: {0}")]
pub struct BareError(String);

impl From<reqwest::Error> for BareError {
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url().to_string())
    }
}

impl BareClient {
    /// Sends nothing. For `http` on this computer only.
    pub fn new(base_url: &str) -> Result<Self, BareError> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .tls_certs_only([])
            .build()?;
        Ok(Self { client, url: format!("{}/chat/completions", base_url.trim_end_matches('/')) })
    }

    /// Sends `body` and reads the whole answer.
    pub async fn ask(&self, body: &str) -> Result<BareAnswer, BareError> {
        let request = self.client.post(&self.url).header(CONTENT_TYPE, "application/json").body(body.to_owned()).build()?;
        let started = Instant::now();
        let us = || whole_us(started.elapsed());
        let mut response = self.client.execute(request).await?.error_for_status()?;
        let mut answer = BareAnswer::default();
        while let Some(piece) = response.chunk().await? {
            let now_us = us();
            if answer.first_piece.is_empty() {
                answer.first_us = now_us;
                answer.first_piece = piece.to_vec();
            }
            answer.last_us = now_us;
        }
        Ok(answer)
    }
}
