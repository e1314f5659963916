//! The vocabulary: plain data and its invariants. No input or output, no clock.

mod base_url;
mod catalog;
mod check;
mod citation;
mod connection;
mod diagnosis;
mod event;
mod evidence;
mod failure;
mod gaps;
mod history;
mod id;
mod image;
mod input_bound;
mod judgement;
mod key_forms;
mod key_state;
mod lost;
mod money;
mod p95_limit;
mod price;
mod probe;
mod prompt;
mod python_literal;
mod ramp;
mod reasoning;
mod relay_words;
mod run;
mod secret;
mod server_wait;
mod settings;
mod spelled_duration;
mod stated_cost;
mod structured;
mod target;
pub mod template;
mod timing;
mod told_error;
#[cfg(test)]
mod told_error_tests;
mod trial;
mod usage;
mod whole_word;
mod wire_format;

pub use base_url::{BaseUrl, PlainHttp, Reach};
pub use catalog::{Catalog, CatalogEntry, OwnPrice, Preset, PresetUrl, Presets, find_price};
pub use check::{CheckOutcome, CheckReport, CheckStep, CheckStepKind};
pub use citation::{Citation, Citations, MOST_ADDRESS_BYTES, MOST_CITATIONS, NotKept};
pub use connection::{Connection, ConnectionError, FoundBound, FoundLimit, KeySource, Limits, Origin, Role, SIMULATED_HOST};
pub use diagnosis::{Cause, Charge, Diagnosis, DiagnosisFact, Remedy, Side, TimeoutKind};
pub use event::{BreakerTurn, PaceCause, RunEvent, RunEventKind, StopReason, WarmUp};
pub use evidence::{Evidence, FailedExchange, ForeignKey, TransportFault};
pub use failure::{
    CONTEXT_CODES, CONTEXT_PHRASES, FILTER_CODES, FILTER_PHRASES, FREE_QUOTA_PHRASE, Failure, FailureKind, LOADING_PHRASES,
    NOT_LOADED_CODES, NOT_LOADED_PHRASES, PRIVACY_PHRASES, RATE_CODES, SPEND_LIMIT_PHRASES, SPENT_CODES, SPENT_PHRASES, THROTTLED_CODE,
    TOKEN_LIMIT_PHRASE, has_no_quota, is_rate_in_words, is_refusal, is_spent_in_words, without_addresses,
};
pub use gaps::GapHistogram;
pub use history::{EarlierLatency, HistoryPromptSet, HistoryTarget, Observed, TargetKey, TrendFilter, TrendPoint};
pub use id::{ConnectionId, PromptSetId, RunId, TrialId};
#[cfg(test)]
pub(crate) use image::tests as image_samples;
pub use image::{Image, ImageError, ImageType, MOST_CASE_IMAGE_BYTES, MOST_IMAGE_BYTES};
pub use input_bound::input_bound_tokens;
pub use judgement::{Judgement, Thumb};
pub use key_forms::KeyForm;
pub use key_state::KeyState;
pub use lost::LostReservations;
pub use money::{Currency, CurrencyError, Money, cost_per_1k, exact_amount, format_amount};
pub use p95_limit::{P95_LIMITS_MS, p95_limit_ms};
pub use price::{ASSUMED_MAX_OUTPUT_TOKENS, COST_SCALE, Price, PriceStanding, PriceTier, Unrated};
pub use probe::{Probe, ProbeOutcome, ProbeResult};
pub use prompt::{Case, KeptChecks, Message, PromptBody, PromptSet, PromptSetHead, PromptSetKind, RenderError, Speaker};
pub use ramp::{RampEnd, RampOutcome, RampRung};
pub use reasoning::{Effort, REASONING_FROM_TAGS};
pub use relay_words::{BehindRelay, behind_relay, wait_in_words};
pub use run::{Cell, RunHead, RunPlan, RunSettings, RunStatus, RunTarget};
pub use secret::{ApiKey, KeyTextError, Trimmed};
pub use server_wait::{asked_wait, read_delay, read_wait, server_time};
pub use settings::{BenchDraft, Settings, ThemeChoice};
pub use stated_cost::{differs_from_stated, stated_cost};
pub use structured::{DefinitionError, MOST_DEFINITION_BYTES, OutputSchema, Tool};
pub use target::{Params, TargetError, TargetSpec};
pub use timing::{ConnectionUse, SetUp, Timing, UNDER_LOAD_US, whole_us};
pub use told_error::ToldError;
pub use trial::{Attempt, CostCertainty, Trial, TrialBody, TrialRow, TrialStatus, first_line, output_hash};
pub use usage::{RoughCounter, TokenCounter, Usage, UsageSource};
pub use whole_word::places_of_word;
pub use wire_format::{Amendment, Dialect, KeyHeader, Spelling, WireFormat};
