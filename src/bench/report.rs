//! What a bench run found, as it is told.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::comparison::{Measured, WarmAndCold, errors};
use super::resources::Resources;
use super::truth::{Pace, Truth};

/// One client at one number of requests at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientReport {
    /// Requests sent.
    pub requests: u64,
    /// Requests without a whole answer; they have no errors below.
    pub failed: u64,
    /// From the first request to the last answer (for Assay: stored), seconds.
    pub wall_s: f64,
    /// Requests a second over that time.
    pub requests_per_s: f64,
    /// Time on a core for each request, all threads, milliseconds.
    pub cpu_ms_per_request: f64,
    /// The most memory of the whole process up to then, MiB; absent where the system does not tell.
    pub peak_memory_mib: Option<f64>,
    /// How far what was measured is from the truth.
    pub errors: WarmAndCold,
}

/// A client's work, before it is set against the truth.
#[derive(Clone, Debug)]
pub struct ClientRun {
    /// Requests sent.
    pub requests: u64,
    /// What was measured of each whole answer.
    pub measured: Vec<Measured>,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// What the process had used before.
    pub before: Resources,
    /// What it had used after.
    pub after: Resources,
}

impl ClientRun {
    /// Sets it against the truth.
    pub fn report(&self, truths: &[Truth]) -> ClientReport {
        let requests = self.requests.max(1) as f64;
        let wall_s = self.wall.as_secs_f64();
        ClientReport {
            requests: self.requests,
            failed: self.requests.saturating_sub(self.measured.len() as u64),
            wall_s,
            requests_per_s: if wall_s > 0.0 { self.requests as f64 / wall_s } else { 0.0 },
            cpu_ms_per_request: self.after.cpu.saturating_sub(self.before.cpu).as_secs_f64() * 1e3 / requests,
            peak_memory_mib: self.after.peak_memory_bytes.map(|bytes| bytes as f64 / (1024.0 * 1024.0)),
            errors: errors(&self.measured, truths),
        }
    }
}

/// One number of requests at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelReport {
    /// Requests at once.
    pub parallel: u32,
    /// The whole program: scheduling, parsing, storing every trial durably.
    pub assay: ClientReport,
    /// A bare loop over the same HTTP client that stores nothing.
    pub bare: ClientReport,
}

/// What another load generator said of the same server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherReport {
    /// Its name and version.
    pub name: String,
    /// Requests at once.
    pub parallel: u32,
    /// Its median of the total, milliseconds.
    pub total_p50_ms: f64,
    /// Its 99th percentile of the total, milliseconds.
    pub total_p99_ms: f64,
    /// The server's own median of the same requests.
    pub true_total_p50_ms: f64,
    /// The server's own 99th percentile of the same requests.
    pub true_total_p99_ms: f64,
    /// Requests a second.
    pub requests_per_s: f64,
}

/// A whole bench run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// Version of this program.
    pub version: String,
    /// Cores that the system offers.
    pub cores: usize,
    /// How the server answered.
    pub pace: Pace,
    /// By requests at once.
    pub levels: Vec<LevelReport>,
    /// Other load generators found on this computer.
    pub others: Vec<OtherReport>,
}
