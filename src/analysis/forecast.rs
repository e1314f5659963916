//! What a run will send, cost and take, before anything is sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::{
    Case, ConnectionId, FoundLimit, Image, Limits, Money, Observed, Params, Price, PriceStanding, RoughCounter, RunTarget, TokenCounter,
    Usage, UsageSource, input_bound_tokens,
};

use super::expense::Expense;
use super::format::{format_count, format_counted};

/// Answer tokens taken as likely for a target without history.
pub const LIKELY_OUTPUT_TOKENS: u64 = 300;
/// Answer tokens taken as the most when no maximum is set.
pub const WORST_OUTPUT_TOKENS: u64 = crate::domain::ASSUMED_MAX_OUTPUT_TOKENS as u64;
/// Time to the first token and output speed taken as likely for a target without history.
const LIKELY_TTFT_MS: f64 = 800.0;
const LIKELY_TOKENS_PER_S: f64 = 60.0;
/// The estimate of prompt tokens may be this much too low for another vendor's tokenizer; the worst cost allows for it.
const WORST_INPUT_PERCENT: u64 = 120;
/// A chat format adds a role and marks to each message, and opens the answer (OpenAI cookbook, "How to count tokens with tiktoken").
const TOKENS_PER_MESSAGE: u64 = 4;
const TOKENS_TO_OPEN_ANSWER: u64 = 3;

/// Estimated length of every prompt. Making it is the slow part (it tokenizes), so make it off the window's thread when the cases
/// change, and [`forecast`] from it as often as targets and settings do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptLengths {
    /// By case, in order; absent for a case that cannot be sent.
    pub tokens: Vec<Option<u64>>,
    /// By case: its id.
    pub case_ids: Vec<String>,
    /// How many cases have which length.
    histogram: BTreeMap<u64, u64>,
    /// How many cases have which bound on their length (see [`input_bound_tokens`]).
    bounds: BTreeMap<u64, u64>,
}

impl PromptLengths {
    /// Renders and counts every case.
    pub fn count(cases: &[Case], counter: &dyn TokenCounter) -> Self {
        let mut lengths = Self::default();
        for case in cases {
            let rendered = case.render().ok();
            let bound = rendered.as_deref().map(input_bound_tokens);
            let tokens = rendered.map(|messages| {
                let texts: u64 = messages.iter().map(|message| TOKENS_PER_MESSAGE + counter.count_tokens(&message.content)).sum();
                let pictures: u64 = messages.iter().flat_map(|message| &message.images).map(Image::likely_tokens).sum();
                texts + pictures + TOKENS_TO_OPEN_ANSWER
            });
            if let Some(tokens) = tokens {
                *lengths.histogram.entry(tokens).or_default() += 1;
            }
            if let Some(bound) = bound {
                *lengths.bounds.entry(bound).or_default() += 1;
            }
            lengths.tokens.push(tokens);
            lengths.case_ids.push(case.id.clone());
        }
        lengths
    }

    /// Tokens of all prompts together, each once.
    pub fn total_tokens(&self) -> u64 {
        self.tokens.iter().flatten().sum()
    }
}

/// A target as the forecast needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastTarget {
    /// Its label.
    pub label: String,
    /// Its connection; targets of one connection share its limits.
    pub connection: ConnectionId,
    /// The connection's limits.
    pub limits: Limits,
    /// What a ramp found out about the connection; absent before the first.
    pub found_limit: Option<FoundLimit>,
    /// The parameters as sent.
    pub params: Params,
    /// Absent: unknown, never 0.
    pub price: Option<Price>,
    /// Absent when not known.
    pub context_window_tokens: Option<u64>,
    /// Absent without history.
    pub observed: Option<Observed>,
    /// Index of the target that is asked where this one fails; absent: nobody is.
    pub fallback: Option<usize>,
}

impl ForecastTarget {
    /// From a target of a plan; `run_params` are the run's own parameters.
    pub fn new(target: &RunTarget, run_params: &Params, context_window_tokens: Option<u64>, observed: Option<Observed>) -> Self {
        Self {
            label: target.label.clone(),
            connection: target.connection.id,
            limits: target.connection.limits.clone(),
            found_limit: target.connection.found_limit.clone(),
            params: run_params.overridden_by(&target.params),
            price: target.price.clone(),
            context_window_tokens,
            observed,
            fallback: target.fallback.map(|index| index as usize),
        }
    }

    fn likely_output_tokens(&self) -> u64 {
        let likely = self
            .observed
            .filter(|observed| observed.output_tokens_mean.is_finite())
            .map_or(LIKELY_OUTPUT_TOKENS, |observed| observed.output_tokens_mean.round().max(0.0) as u64);
        self.params.max_tokens.map_or(likely, |most| likely.min(u64::from(most)))
    }

    /// Schema and tools, which every request carries.
    fn definition_tokens(&self) -> u64 {
        RoughCounter.count_tokens(&self.params.definitions())
    }

    /// Not below the likely length: history may know longer answers than the assumed maximum.
    fn worst_output_tokens(&self) -> u64 {
        self.params.max_tokens.map_or_else(|| WORST_OUTPUT_TOKENS.max(self.likely_output_tokens()), u64::from)
    }

    fn likely_total_ms(&self) -> f64 {
        self.observed
            .map(|observed| observed.total_mean_ms)
            .filter(|ms| ms.is_finite() && *ms >= 0.0)
            .unwrap_or_else(|| LIKELY_TTFT_MS + self.likely_output_tokens() as f64 / LIKELY_TOKENS_PER_S * 1e3)
    }

    fn basis(&self) -> LikelyBasis {
        match self.observed {
            None => LikelyBasis::Guess,
            Some(Observed { n, same_prompt_set: true, .. }) => LikelyBasis::ThisSet(n),
            Some(Observed { n, .. }) => LikelyBasis::OtherPrompts(n),
        }
    }
}

/// What the likely length and time of an answer rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikelyBasis {
    /// There are no earlier answers.
    Guess,
    /// The mean of so many earlier answers to the same prompt set.
    ThisSet(u64),
    /// The mean of so many earlier answers to other prompts.
    OtherPrompts(u64),
}

impl LikelyBasis {
    /// The words on screen: `from 120 earlier answers to this set`.
    pub fn words(self) -> String {
        let answers = |n| format_counted(n, "earlier answer", "earlier answers");
        match self {
            Self::Guess => "a guess: no earlier answers".to_owned(),
            Self::ThisSet(n) => format!("from {} to this set", answers(n)),
            Self::OtherPrompts(n) => format!("from {} to other prompts", answers(n)),
        }
    }
}

/// The forecast for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetForecast {
    /// Its label.
    pub label: String,
    /// Requests, retries not counted.
    pub requests: u64,
    /// Estimated prompt tokens in all.
    pub input_tokens: u64,
    /// Answer tokens in all: the mean of earlier answers, else [`LIKELY_OUTPUT_TOKENS`] an answer, never above the maximum.
    pub likely_output_tokens: u64,
    /// Answer tokens in all when every answer is as long as it may be: the maximum, else [`WORST_OUTPUT_TOKENS`].
    pub worst_output_tokens: u64,
    /// Absent when the price is unknown.
    pub likely_cost: Option<Money>,
    /// Every answer as long as it may be and prompts 20 % longer than estimated, and every trial charged and then sent to the fallback, where there is one
    /// whose price is known; attempts that are retried after a charge are not in it. Absent when the price is unknown.
    pub worst_cost: Option<Money>,
    /// How far the price is to be believed; absent when it is unknown: say so.
    pub standing: Option<PriceStanding>,
    /// What the likely length and time rest on.
    pub basis: LikelyBasis,
    /// What a cap sets aside for one request; absent when the price is unknown.
    pub set_aside: Option<SetAside>,
    /// About how many of its requests fit under the cap; absent without a cap, and when all do.
    pub cap_allows: Option<u64>,
}

/// The most that one request to a target can cost, in its currency: a cap sends nothing that could go past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// For the shortest prompt.
    pub least: Decimal,
    /// On average.
    pub mean: Decimal,
}

/// Costs of all targets whose price is in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyTotal {
    /// Likely.
    pub likely: Money,
    /// Worst.
    pub worst: Money,
}

/// A prompt that, with the answer's maximum, does not fit a target's context window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthWarning {
    /// The case.
    pub case_id: String,
    /// Index of the target.
    pub target_index: u32,
    /// Estimated prompt tokens.
    pub prompt_tokens: u64,
    /// The answer's maximum; 0 when none is set.
    pub max_tokens: u32,
    /// The window.
    pub context_window_tokens: u64,
}

/// What a run will send, cost and take.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Requests in all, retries not counted.
    pub requests: u64,
    /// Estimated prompt tokens in all.
    pub input_tokens: u64,
    /// Likely answer tokens in all.
    pub likely_output_tokens: u64,
    /// Estimated prompt tokens of each case, sent once; absent for a case that cannot be sent.
    pub case_tokens: Vec<Option<u64>>,
    /// By target, in order.
    pub targets: Vec<TargetForecast>,
    /// One a currency, by code; targets without a price are not in it.
    pub totals: Vec<CurrencyTotal>,
    /// Labels of the targets without a price: the totals are too low by what they cost.
    pub price_unknown: Vec<String>,
    /// Likely duration, seconds, without retries.
    pub likely_duration_s: f64,
    /// Prompts that may not fit.
    pub length_warnings: Vec<LengthWarning>,
}

/// Forecasts `lengths` × `targets` × `repeats`, at most `concurrency` in flight. Cases that cannot be sent are in `requests` alone.
pub fn forecast(lengths: &PromptLengths, targets: &[ForecastTarget], repeats: u32, concurrency: u32) -> Forecast {
    let requests_per_target = (lengths.tokens.len() as u64).saturating_mul(u64::from(repeats));
    let forecasts: Vec<TargetForecast> =
        targets.iter().map(|target| forecast_target(lengths, target, repeats, requests_per_target)).collect();
    let pair_of = |(own, target): (&TargetForecast, &ForecastTarget)| Some((own.clone(), forecasts.get(target.fallback?)?.clone()));
    let pairs: Vec<_> = forecasts.iter().zip(targets).filter_map(pair_of).collect();
    let forecasts = with_fallbacks(forecasts, targets);
    let expense = Expense::new(forecasts.clone(), None).with_fallbacks(&pairs);
    Forecast {
        requests: requests_per_target.saturating_mul(targets.len() as u64),
        input_tokens: forecasts.iter().map(|target| target.input_tokens).sum(),
        likely_output_tokens: forecasts.iter().map(|target| target.likely_output_tokens).sum(),
        case_tokens: lengths.tokens.clone(),
        totals: expense.totals,
        price_unknown: expense.price_unknown,
        targets: forecasts,
        likely_duration_s: likely_duration_s(lengths, targets, repeats, concurrency),
        length_warnings: prompt_length_warnings(lengths, targets),
    }
}

fn with_fallbacks(forecasts: Vec<TargetForecast>, targets: &[ForecastTarget]) -> Vec<TargetForecast> {
    let own: Vec<Option<Money>> = forecasts.iter().map(|forecast| forecast.worst_cost.clone()).collect();
    let worst_of_fallback = |target: &ForecastTarget| own.get(target.fallback?)?.as_ref();
    let add = |(mut forecast, target): (TargetForecast, &ForecastTarget)| {
        if let (Some(worst), Some(more)) = (&mut forecast.worst_cost, worst_of_fallback(target))
            && worst.currency == more.currency
        {
            worst.amount = worst.amount.saturating_add(more.amount);
        }
        forecast
    };
    forecasts.into_iter().zip(targets).map(add).collect()
}

fn forecast_target(lengths: &PromptLengths, target: &ForecastTarget, repeats: u32, requests: u64) -> TargetForecast {
    let (likely_output, worst_output) = (target.likely_output_tokens(), target.worst_output_tokens());
    let sendable: u64 = lengths.histogram.values().sum::<u64>() * u64::from(repeats);
    let definitions = target.definition_tokens();
    let sum = |cost_of: &dyn Fn(&Price, u64) -> Option<Decimal>| {
        let price = target.price.as_ref()?;
        let amount = lengths.histogram.iter().try_fold(Decimal::ZERO, |sum, (tokens, cases)| {
            let times = Decimal::from(*cases).checked_mul(Decimal::from(repeats))?;
            sum.checked_add(cost_of(price, *tokens + definitions)?.checked_mul(times)?)
        })?;
        Some(Money { amount: amount.normalize(), currency: price.currency.clone() })
    };
    TargetForecast {
        label: target.label.clone(),
        requests,
        input_tokens: lengths.total_tokens() * u64::from(repeats) + definitions * sendable,
        likely_output_tokens: likely_output * sendable,
        worst_output_tokens: worst_output * sendable,
        likely_cost: sum(&|price, input_tokens| price.cost(&plain_usage(input_tokens, likely_output))),
        worst_cost: sum(&|price, input_tokens| price.worst_cost((input_tokens * WORST_INPUT_PERCENT).div_ceil(100), worst_output)),
        standing: target.price.as_ref().map(|price| price.standing),
        basis: target.basis(),
        set_aside: set_aside(lengths, target),
        cap_allows: None,
    }
}

fn set_aside(lengths: &PromptLengths, target: &ForecastTarget) -> Option<SetAside> {
    let price = target.price.as_ref()?;
    let definitions = target.params.most_definition_tokens();
    let most_output = target.params.max_tokens.unwrap_or(crate::domain::ASSUMED_MAX_OUTPUT_TOKENS).into();
    let one = |bound: u64| price.worst_cost(bound.saturating_add(definitions), most_output);
    let least = one(*lengths.bounds.keys().next()?)?;
    let sum = lengths
        .bounds
        .iter()
        .try_fold(Decimal::ZERO, |sum, (bound, cases)| sum.checked_add(one(*bound)?.checked_mul(Decimal::from(*cases))?))?;
    Some(SetAside { least, mean: sum.checked_div(Decimal::from(lengths.bounds.values().sum::<u64>()))? })
}

/// A target whose requests are sent, one a round, until the next no longer fits.
struct Sending {
    target: usize,
    /// What one is likely to cost.
    likely: Decimal,
    set_aside: Decimal,
}

impl Forecast {
    /// The same under a cap: says of which targets not all requests will fit. As the engine does it, a request is sent only while what was spent and the
    /// most that it can cost stay within the cap; targets take turns, and answers cost what is likely.
    #[must_use]
    pub fn under_cap(mut self, cap: Option<&Money>) -> Self {
        let Some(cap) = cap else { return self };
        let mut sending: Vec<Sending> = Vec::new();
        for (index, target) in self.targets.iter_mut().enumerate() {
            let priced = target.likely_cost.clone().zip(target.set_aside);
            match priced {
                Some((_, set_aside)) if set_aside.mean.is_zero() => {}
                Some((likely, set_aside)) if likely.currency == cap.currency && set_aside.least <= cap.amount => {
                    let likely = likely.amount.checked_div(Decimal::from(target.requests)).unwrap_or_default();
                    sending.push(Sending { target: index, likely, set_aside: set_aside.mean.min(cap.amount) });
                }
                // Nothing of it is sent.
                _ => target.cap_allows = Some(0),
            }
        }
        let (mut spent, mut sent) = (Decimal::ZERO, 0u64);
        let rounds = self.targets.first().map_or(0, |target| target.requests);
        // Those that set most aside drop out first.
        sending.sort_by_key(|one| one.set_aside);
        while let Some(dearest) = sending.last() {
            let a_round = sending.iter().fold(Decimal::ZERO, |sum, one| sum.saturating_add(one.likely));
            let room = cap.amount - dearest.set_aside - spent;
            // After so many rounds the next one does not fit.
            let fit = match room.checked_div(a_round) {
                _ if room.is_sign_negative() => 0,
                None => u64::MAX,
                Some(rounds) => rounds.floor().to_u64().unwrap_or(u64::MAX).saturating_add(1),
            };
            if fit >= rounds - sent {
                break;
            }
            sent += fit;
            spent = spent.saturating_add(a_round.saturating_mul(Decimal::from(fit)));
            self.targets[dearest.target].cap_allows = Some(sent);
            sending.pop();
        }
        self
    }
}

impl TargetForecast {
    /// That the cap stops it early: `the cap allows about 11 of 114 requests to X`; absent when it does not.
    pub fn cap_words(&self, cap: Option<&Money>) -> Option<String> {
        let label = &self.label;
        let most = |set_aside: SetAside| {
            self.likely_cost.as_ref().map(|likely| Money { amount: set_aside.least, currency: likely.currency.clone() })
        };
        Some(match (self.cap_allows?, self.set_aside.and_then(most)) {
            (0, None) => format!("nothing is sent to {label} under a cap, because its price is unknown"),
            (0, Some(most)) if let Some(cap) = cap.filter(|cap| cap.currency != most.currency) => {
                format!("{label} is priced in {}, the cap is in {}: nothing is sent to it", most.currency, cap.currency)
            }
            (0, Some(most)) => format!("the cap allows no request to {label}: one may cost up to {most}"),
            (allows, _) => {
                format!(
                    "the cap allows about {} of {} to {label}",
                    format_count(allows),
                    format_counted(self.requests, "request", "requests")
                )
            }
        })
    }
}

fn plain_usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage {
        input_tokens,
        cached_input_tokens: None,
        cache_write_tokens: None,
        output_tokens,
        reasoning_tokens: None,
        source: UsageSource::Estimated,
    }
}

/// What the targets of one connection ask of it.
struct Shared<'a> {
    work_ms: f64,
    requests: f64,
    tokens: f64,
    target: &'a ForecastTarget,
}

/// The tightest of the bounds: the run's slots, each connection's slots, requests and tokens per minute (set, or found by a ramp), and one answer's time.
fn likely_duration_s(lengths: &PromptLengths, targets: &[ForecastTarget], repeats: u32, concurrency: u32) -> f64 {
    let requests = lengths.tokens.len() as f64 * f64::from(repeats);
    if requests == 0.0 {
        return 0.0;
    }
    let input_tokens = lengths.total_tokens() as f64 * f64::from(repeats);
    let mut by_connection: BTreeMap<ConnectionId, Shared<'_>> = BTreeMap::new();
    let (mut work_ms, mut longest_ms) = (0.0, 0.0f64);
    for target in targets {
        let ms = target.likely_total_ms();
        work_ms += ms * requests;
        longest_ms = longest_ms.max(ms);
        let shared = by_connection.entry(target.connection).or_insert(Shared { work_ms: 0.0, requests: 0.0, tokens: 0.0, target });
        shared.work_ms += ms * requests;
        shared.requests += requests;
        shared.tokens += input_tokens + target.likely_output_tokens() as f64 * requests;
    }
    let mut duration_ms = longest_ms.max(work_ms / f64::from(concurrency.max(1)));
    for shared in by_connection.values() {
        let (limits, found) = (&shared.target.limits, shared.target.found_limit.as_ref());
        let tightest = |set: Option<u32>, found: Option<u32>| set.into_iter().chain(found).min().map(|least| f64::from(least.max(1)));
        if let Some(slots) = tightest(limits.max_in_flight, found.and_then(FoundLimit::at_once)) {
            duration_ms = duration_ms.max(shared.work_ms / slots);
        }
        if let Some(per_minute) = tightest(limits.max_per_minute, found.and_then(FoundLimit::per_minute)) {
            duration_ms = duration_ms.max(minutes_ms(shared.requests, per_minute));
        }
        if let Some(per_minute) = tightest(limits.max_tokens_per_minute, None) {
            duration_ms = duration_ms.max(minutes_ms(shared.tokens, per_minute));
        }
    }
    duration_ms / 1e3
}

/// So many at so many a minute.
fn minutes_ms(count: f64, per_minute: f64) -> f64 {
    count / per_minute * 60_000.0
}

/// The prompts that, with the answer's maximum, exceed a known context window; by target, then by case.
pub fn prompt_length_warnings(lengths: &PromptLengths, targets: &[ForecastTarget]) -> Vec<LengthWarning> {
    let mut warnings = Vec::new();
    for (target_index, target) in targets.iter().enumerate() {
        let Some(window) = target.context_window_tokens else { continue };
        let max_tokens = target.params.max_tokens.unwrap_or(0);
        for (case_id, tokens) in lengths.case_ids.iter().zip(&lengths.tokens) {
            if let Some(prompt_tokens) = tokens.filter(|tokens| tokens + u64::from(max_tokens) > window) {
                let case_id = case_id.clone();
                warnings.push(LengthWarning {
                    case_id,
                    target_index: target_index as u32,
                    prompt_tokens,
                    max_tokens,
                    context_window_tokens: window,
                });
            }
        }
    }
    warnings
}
