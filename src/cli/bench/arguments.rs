//! The options of `assay bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::bench::Pace;
use crate::domain::{RunId, RunSettings};

use super::super::arguments::{run_id, within};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct BenchArguments {
    #[command(subcommand)]
    pub(in crate::cli) task: Option<BenchTask>,
    #[command(flatten)]
    pub(in crate::cli) options: BenchOptions,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BenchTask {
    /// Run only the truth server, for any client: models “paced” and “instant”, no key; what really happened is at /truth
    Serve(ServeOptions),
    /// Compare a stored run, also one of the window, with the truth server that answered it
    Compare(CompareOptions),
    /// Measure one number of requests at once in this process
    #[command(hide = true)]
    Level(LevelOptions),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BenchOptions {
    /// Requests at once, one measurement for each
    #[arg(long, value_name = "N,N…", value_delimiter = ',', default_values_t = [1, 16, 64, 256], value_parser = within(&RunSettings::CONCURRENCY))]
    pub(in crate::cli) parallel: Vec<u32>,
    /// Requests of each measurement, as a multiple of those at once
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) rounds: u32,
    /// Where the archives of the measurements are written and removed again; without it, the system's folder for temporary files
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) pace: PaceOptions,
}

/// How the truth server's paced model answers.
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct PaceOptions {
    /// From a request to the first text, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    first_ms: u64,
    /// From one text to the next, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    gap_ms: u64,
    /// Texts of an answer
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    chunks: u32,
}

impl PaceOptions {
    pub(in crate::cli) fn pace(self) -> Pace {
        Pace { first_ms: self.first_ms, gap_ms: self.gap_ms, chunks: self.chunks }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeOptions {
    /// Port on this computer; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(in crate::cli) port: u16,
    /// Started by another process: ends with its standard input
    #[arg(long, hide = true)]
    pub(in crate::cli) child: bool,
    #[command(flatten)]
    pub(in crate::cli) pace: PaceOptions,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CompareOptions {
    /// The run's id, as `assay runs` lists it
    #[arg(value_name = "RUN", value_parser = run_id)]
    pub(in crate::cli) run: RunId,
    /// Base URL of the truth server
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) server: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LevelOptions {
    #[arg(long)]
    pub(in crate::cli) server: String,
    #[arg(long)]
    pub(in crate::cli) parallel: u32,
    #[arg(long)]
    pub(in crate::cli) requests: u32,
}
