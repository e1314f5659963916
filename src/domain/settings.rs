//! What the program remembers about the user's preferences. Losing it is harmless.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Money, P95_LIMITS_MS, Params, RunSettings, TargetSpec};

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// The settings file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Theme.
    pub theme: ThemeChoice,
    /// Zoom of the window in percent, 50–300.
    pub zoom_percent: u16,
    /// Vantage of the next run.
    pub vantage: String,
    /// Requests in flight in a run; within [`RunSettings::CONCURRENCY`].
    pub concurrency: u32,
    /// Further attempts after a failed one; within [`RunSettings::RETRIES`].
    pub retries: u32,
    /// A run that may cost more than this, in whatever currency its prices are, is asked about before it is sent; from 0 to [`Self::MOST_ASK_OVER`].
    pub ask_over: Decimal,
    /// The left rail shows icons only.
    pub rail_collapsed: bool,
    /// What stood on the bench when the program last ended.
    pub bench: BenchDraft,
}

/// The bench as it was left, so that the next start goes on from there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BenchDraft {
    /// Name of the prompt set; empty: the scratch set.
    pub prompt_set: String,
    /// Targets in order.
    pub targets: Vec<TargetSpec>,
    /// Index of the baseline.
    pub baseline: usize,
    /// Which target is asked where another fails: indices of that other and of the one to ask.
    pub fallbacks: Vec<(usize, usize)>,
    /// Repeats of the next run; within [`RunSettings::REPEATS`].
    pub repeats: u32,
    /// Parameters of the next run.
    pub params: Params,
    /// Cap of the next run; absent: none.
    pub cap: Option<Money>,
    /// Warm-up of the next run.
    pub warm_up: bool,
    /// Limit of the next run's p95, milliseconds; absent: none.
    pub p95_limit_ms: Option<u64>,
}

impl Default for BenchDraft {
    fn default() -> Self {
        Self {
            prompt_set: String::new(),
            targets: Vec::new(),
            baseline: 0,
            fallbacks: Vec::new(),
            repeats: 1,
            params: Params::default(),
            cap: None,
            warm_up: false,
            p95_limit_ms: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            zoom_percent: 100,
            vantage: String::new(),
            concurrency: 16,
            retries: 5,
            ask_over: Decimal::new(5, 0),
            rail_collapsed: false,
            bench: BenchDraft::default(),
        }
    }
}

fn within(value: u32, range: &RangeInclusive<u32>) -> u32 {
    value.clamp(*range.start(), *range.end())
}

impl Settings {
    /// The highest amount from which on to be asked.
    pub const MOST_ASK_OVER: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

    /// Every value brought into its range.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.zoom_percent = self.zoom_percent.clamp(50, 300);
        self.concurrency = within(self.concurrency, &RunSettings::CONCURRENCY);
        self.retries = within(self.retries, &RunSettings::RETRIES);
        self.ask_over = self.ask_over.clamp(Decimal::ZERO, Self::MOST_ASK_OVER);
        self.bench.repeats = within(self.bench.repeats, &RunSettings::REPEATS);
        self.bench.p95_limit_ms = self.bench.p95_limit_ms.filter(|limit_ms| P95_LIMITS_MS.contains(limit_ms));
        self.vantage = self.vantage.chars().filter(|c| !c.is_control()).take(80).collect();
        self
    }
}
