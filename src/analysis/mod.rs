//! Judgement: pure functions over domain data. What is slow to make is said to be; it is made once per change, not per frame.

mod basis_words;
mod charts;
mod common;
#[cfg(test)]
mod common_tests;
mod diff;
mod doctor;
mod drift;
#[cfg(test)]
mod drift_tests;
mod drift_words;
mod expense;
mod figure;
#[cfg(test)]
pub(crate) mod fixtures;
mod forecast;
#[cfg(test)]
mod forecast_tests;
mod format;
mod measuring;
mod percentile;
mod series;
mod stated;
mod summary;
#[cfg(test)]
mod summary_tests;
mod table;
#[cfg(test)]
mod table_tests;
mod tokens;
mod wilson;

pub use basis_words::{answered_words, basis_words, hindrance_words, share_words, thin_words};
pub use charts::{Distribution, Dot, TargetCharts, TimeAgainstCost, charts};
pub use common::{Basis, Cases, CellSet, CommonCases, LeftOut, Samples, Standing, TargetShare};
pub use diff::{DiffKind, DiffPiece, diff_words};
pub use doctor::{Findings, PROVIDER_SAID, SupportCase, diagnose, nearest_models, no_model, probe_words, support_report, without_prompt};
pub use drift::{Drift, DriftReference, DriftTurn, DriftWatch};
pub use drift_words::drift_words;
pub use expense::{ASK_OVER_REQUESTS, AtMost, Expense, WhyAsked, sum_words};
pub use figure::{Better, Difference, Figure, Hindrance, Unit, best, difference_from_baseline, hindrance, no_best};
pub use forecast::{
    CurrencyTotal, Forecast, ForecastTarget, LIKELY_OUTPUT_TOKENS, LengthWarning, LikelyBasis, PromptLengths, SetAside, TargetForecast,
    WORST_OUTPUT_TOKENS, forecast, prompt_length_warnings,
};
pub use format::{
    UNKNOWN, capitalised, format_count, format_counted, format_difference, format_ms, format_ms_bare, format_percent, format_s_bare,
    format_score, format_speed, format_tokens, or_unknown,
};
pub use measuring::{GapFigures, Measuring, TimesOf, measuring_words};
pub use percentile::{Quantiles, median, percentile};
pub use series::{cumulative_distribution, thin_scatter};
pub use stated::{StatedCosts, stated_cost_words};
pub use summary::{SupersededCost, TargetSummary, TokenSums, summarise};
pub use table::{Filter, SortColumn, TableCell, TableModel, TableQuery};
pub use tokens::LazyTokenizer;
