use proptest::prelude::*;
use rust_decimal::Decimal;

use super::fixtures::{price, target};
use super::forecast::{Forecast, ForecastTarget, LikelyBasis, PromptLengths, forecast};
use crate::domain::{
    Case, Currency, FoundBound, FoundLimit, Message, Money, Observed, Params, PromptBody, RoughCounter, Speaker, TokenCounter,
};

/// One token a character.
struct Characters;

impl TokenCounter for Characters {
    fn count_tokens(&self, text: &str) -> u64 {
        text.chars().count() as u64
    }
}

fn priced(label: &str, input: &str, output: &str) -> ForecastTarget {
    ForecastTarget::new(&target(label, Some(price(input, output))), &Params::default(), None, None)
}

/// A prompt of 100 tokens: 93 of text, 7 of chat format.
fn hundred(id: &str) -> Case {
    Case::single(id, "", &"x".repeat(93))
}

#[test]
fn tokens_and_costs_are_multiplied_out() {
    let lengths = PromptLengths::count(&[hundred("a"), hundred("b")], &Characters);
    let mut bounded = priced("bounded", "2", "8");
    bounded.params.max_tokens = Some(50);
    let forecast = forecast(&lengths, &[bounded, priced("free", "2", "8")], 3, 16);
    assert_eq!((forecast.requests, forecast.input_tokens), (12, 1_200));
    let [bounded, free] = &forecast.targets[..] else { panic!() };
    assert_eq!((bounded.requests, bounded.likely_output_tokens, bounded.worst_output_tokens), (6, 300, 300));
    // 6 × (100 × 2 + 50 × 8) / 10⁶, and at worst 120 prompt tokens.
    assert_eq!(bounded.likely_cost.as_ref().unwrap().amount, Decimal::new(36, 4));
    assert_eq!(bounded.worst_cost.as_ref().unwrap().amount, Decimal::new(384, 5));
    // Without max_tokens: 6 × 8,192 at worst.
    assert_eq!((free.likely_output_tokens, free.worst_output_tokens), (1_800, 49_152));
    assert_eq!(forecast.totals.len(), 1);
    assert_eq!(forecast.totals[0].likely.amount, Decimal::new(192, 4));
}

#[test]
fn an_unknown_price_is_said_and_never_zero() {
    let lengths = PromptLengths::count(&[hundred("a")], &Characters);
    let unknown = ForecastTarget { price: None, ..priced("unknown", "1", "1") };
    let mut yuan = priced("yuan", "1", "1");
    if let Some(price) = &mut yuan.price {
        price.currency = Currency::new("CNY").unwrap();
    }
    let forecast = forecast(&lengths, &[unknown, yuan, priced("dollar", "1", "1")], 1, 16);
    assert_eq!((&forecast.targets[0].likely_cost, &forecast.targets[0].worst_cost), (&None, &None));
    assert_eq!(forecast.price_unknown, ["unknown"]);
    assert_eq!(forecast.totals.iter().map(|total| total.likely.currency.code()).collect::<Vec<_>>(), ["CNY", "USD"]);
}

fn observed(total_mean_ms: f64, output_tokens_mean: f64) -> Observed {
    Observed { n: 120, output_tokens_mean, total_mean_ms, same_prompt_set: true }
}

#[test]
fn history_comes_before_defaults_and_is_named() {
    let lengths = PromptLengths::count(&[hundred("a")], &Characters);
    let known = ForecastTarget { observed: Some(observed(10_000.0, 1_000.4)), ..priced("known", "1", "1") };
    let mut bounded = known.clone();
    bounded.params.max_tokens = Some(64);
    let mut elsewhere = known.clone();
    elsewhere.observed = elsewhere.observed.map(|observed| Observed { n: 1, same_prompt_set: false, ..observed });
    let forecast = forecast(&lengths, &[known, bounded, elsewhere, priced("new", "1", "1")], 1, 16);
    assert_eq!(forecast.targets.iter().map(|target| target.likely_output_tokens).collect::<Vec<_>>(), [1_000, 64, 1_000, 300]);
    let bases: Vec<LikelyBasis> = forecast.targets.iter().map(|target| target.basis).collect();
    assert_eq!(bases, [LikelyBasis::ThisSet(120), LikelyBasis::ThisSet(120), LikelyBasis::OtherPrompts(1), LikelyBasis::Guess]);
    assert!((forecast.likely_duration_s - 10.0).abs() < 1e-9);
}

#[test]
fn the_tightest_limit_sets_the_time() {
    let cases: Vec<Case> = (0..100).map(|number| hundred(&number.to_string())).collect();
    let lengths = PromptLengths::count(&cases, &Characters);
    let plain = ForecastTarget { observed: Some(observed(2_000.0, 10.0)), ..priced("plain", "1", "1") };
    let duration = |targets: &[ForecastTarget], concurrency| forecast(&lengths, targets, 1, concurrency).likely_duration_s.round();
    assert_eq!(duration(std::slice::from_ref(&plain), 10).to_string(), "20");
    assert_eq!(duration(std::slice::from_ref(&plain), 1_000).to_string(), "2", "never shorter than one answer");
    let mut slots = plain.clone();
    slots.limits.max_in_flight = Some(2);
    assert_eq!(duration(&[slots.clone(), slots], 16).to_string(), "200", "both share the connection's slots");
    let mut rate = plain.clone();
    rate.limits.max_per_minute = Some(10);
    assert_eq!(duration(&[rate.clone()], 16).to_string(), "600");
    // 100 prompts of 100 tokens with 10 of answer.
    let mut tokens = plain.clone();
    tokens.limits.max_tokens_per_minute = Some(1_100);
    assert_eq!(duration(&[tokens], 16).to_string(), "600");
    let found = |bound| Some(FoundLimit { at: jiff::Timestamp::UNIX_EPOCH, model: "m".to_owned(), requests: 9, bound });
    let ramped = |bound| ForecastTarget { found_limit: found(bound), ..plain.clone() };
    assert_eq!(duration(&[ramped(FoundBound::AtOnce(4))], 16).to_string(), "50");
    assert_eq!(duration(&[ramped(FoundBound::PerMinute(20))], 16).to_string(), "300");
    assert_eq!(duration(&[ramped(FoundBound::NotBelow(4))], 100).to_string(), "2", "it may take more");
    rate.found_limit = found(FoundBound::PerMinute(5));
    assert_eq!(duration(&[rate], 16).to_string(), "1200", "the tighter one of the two");
}

#[test]
fn cases_that_cannot_be_sent_have_no_length() {
    let missing = Case::single("missing", "Be {{tone}}.", "Explain it");
    let literal = Case {
        body: PromptBody::Messages(vec![Message::new(Speaker::User, "{{not a variable}} {{x}}")]),
        ..Case::single("literal", "", "")
    };
    let lengths = PromptLengths::count(&[missing, Case::single("empty", "", " "), literal], &RoughCounter);
    assert_eq!(lengths.tokens.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn prompts_that_do_not_fit_are_named() {
    let lengths = PromptLengths::count(&[hundred("short"), Case::single("long", "", &"x".repeat(993))], &Characters);
    let mut narrow = priced("narrow", "1", "1");
    narrow.context_window_tokens = Some(1_000);
    let fits = forecast(&lengths, &[narrow.clone(), priced("unknown window", "1", "1")], 1, 1);
    assert_eq!(fits.length_warnings, []);
    narrow.params.max_tokens = Some(1);
    let warnings = forecast(&lengths, &[narrow], 1, 1).length_warnings;
    assert_eq!(warnings.iter().map(|warning| (warning.case_id.as_str(), warning.prompt_tokens)).collect::<Vec<_>>(), [("long", 1_000)]);
}

#[test]
fn nothing_to_send_is_no_error() {
    let nothing = forecast(&PromptLengths::default(), &[priced("one", "1", "1")], 1, 16);
    assert_eq!((nothing.requests, nothing.likely_duration_s.to_string()), (0, "0".to_owned()));
    assert_eq!(nothing.targets[0].likely_cost.as_ref().unwrap().amount, Decimal::ZERO);
    assert_eq!(forecast(&PromptLengths::count(&[hundred("a")], &Characters), &[], 1, 16).requests, 0);
}

proptest! {
    #[test]
    fn totals_are_the_sums_and_the_worst_is_the_most(
        lengths in proptest::collection::vec(1usize..400, 1..8),
        prices in proptest::collection::vec(proptest::option::of((0u32..500, 0u32..2_000)), 1..5),
        max_tokens in proptest::option::of(1u32..40_000),
        history in proptest::option::of(0.0..50_000.0f64),
        repeats in 1u32..=100,
        concurrency in 1u32..64,
    ) {
        let cases: Vec<Case> = lengths.iter().enumerate().map(|(at, length)| Case::single(&at.to_string(), "", &"x".repeat(*length))).collect();
        let lengths = PromptLengths::count(&cases, &Characters);
        let targets: Vec<ForecastTarget> = prices.iter().map(|amounts| {
            let price = amounts.map(|(input, output)| price(&Decimal::new(i64::from(input), 2).to_string(), &Decimal::new(i64::from(output), 2).to_string()));
            let mut target = ForecastTarget { price, ..priced("target", "1", "1") };
            target.params.max_tokens = max_tokens;
            target.observed = history.map(|tokens| observed(1_000.0, tokens));
            target
        }).collect();
        let forecast = forecast(&lengths, &targets, repeats, concurrency);
        let sum = |cost: &dyn Fn(&super::TargetForecast) -> Option<Decimal>| forecast.targets.iter().filter_map(cost).sum::<Decimal>();
        let (likely, worst) = forecast.totals.first().map_or((Decimal::ZERO, Decimal::ZERO), |total| (total.likely.amount, total.worst.amount));
        prop_assert_eq!(likely, sum(&|target| target.likely_cost.as_ref().map(|cost| cost.amount)));
        prop_assert_eq!(worst, sum(&|target| target.worst_cost.as_ref().map(|cost| cost.amount)));
        prop_assert_eq!(forecast.price_unknown.len(), prices.iter().filter(|price| price.is_none()).count());
        prop_assert_eq!(forecast.requests, (cases.len() * prices.len()) as u64 * u64::from(repeats));
        for target in &forecast.targets {
            prop_assert!(target.likely_output_tokens <= target.worst_output_tokens);
            if let (Some(likely), Some(worst)) = (&target.likely_cost, &target.worst_cost) {
                prop_assert!(likely.amount <= worst.amount);
            }
        }
        prop_assert!(forecast.likely_duration_s > 0.0);
    }
}

#[test]
fn what_a_forecast_rests_on_is_said() {
    let said = [LikelyBasis::Guess, LikelyBasis::ThisSet(120), LikelyBasis::OtherPrompts(1)].map(LikelyBasis::words);
    assert_eq!(said, ["a guess: no earlier answers", "from 120 earlier answers to this set", "from 1 earlier answer to other prompts"]);
}

#[test]
fn at_worst_every_trial_is_paid_for_at_the_fallback_too() {
    let lengths = PromptLengths::count(&[hundred("a"), hundred("b")], &Characters);
    let alone = [priced("one", "1", "2"), priced("two", "3", "6")];
    let mut falling_back = alone.clone();
    falling_back[0].fallback = Some(1);
    let (alone, falling_back) = (forecast(&lengths, &alone, 1, 4), forecast(&lengths, &falling_back, 1, 4));
    let worst = |forecast: &crate::analysis::Forecast, at: usize| forecast.targets[at].worst_cost.as_ref().unwrap().amount;
    assert_eq!(worst(&falling_back, 0), worst(&alone, 0) + worst(&alone, 1));
    assert_eq!(worst(&falling_back, 1), worst(&alone, 1));
    assert_eq!(falling_back.totals[0].worst.amount, worst(&alone, 0) + worst(&alone, 1) * Decimal::TWO);
    assert_eq!(falling_back.totals[0].likely, alone.totals[0].likely, "nobody expects it");
}

fn under(cap: &str, targets: &[ForecastTarget], cases: usize) -> Vec<Option<u64>> {
    let cases: Vec<Case> = (0..cases).map(|number| hundred(&number.to_string())).collect();
    let cap = Money { amount: cap.parse().unwrap(), currency: Currency::usd() };
    let forecast = forecast(&PromptLengths::count(&cases, &Characters), targets, 1, 16).under_cap(Some(&cap));
    forecast.targets.iter().map(|target| target.cap_allows).collect()
}

#[test]
fn a_cap_that_a_target_cannot_fit_is_known_before_the_run() {
    let with_most = |label: &str, output: &str, most| {
        let mut target = priced(label, "0", output);
        target.params.max_tokens = Some(most);
        target
    };
    // A request may cost 8,192 × 10 / 10⁶ = 0.08192, and is likely to cost 300 × 10 / 10⁶ = 0.003.
    let dear = priced("dear", "0", "10");
    assert_eq!(under("0.08", std::slice::from_ref(&dear), 114), [Some(0)]);
    assert_eq!(under("0.0821", std::slice::from_ref(&dear), 114), [Some(1)]);
    // After n requests 0.003 n are spent: the next one fits while 0.003 n + 0.08192 ≤ 0.1, that is up to n = 6.
    assert_eq!(under("0.1", std::slice::from_ref(&dear), 114), [Some(7)]);
    assert_eq!(under("0.1", std::slice::from_ref(&dear), 7), [None]);
    assert_eq!(under("0.43", std::slice::from_ref(&dear), 114), [None], "0.003 × 113 + 0.08192 = 0.42092");
    // Beside it, one that sets little aside (0.0005) and costs as much each time goes on alone: 0.0035 a round while both are sent.
    let cheap = with_most("cheap", "10", 50);
    assert_eq!(under("0.1", &[dear.clone(), cheap.clone()], 114), [Some(6), None]);
    assert_eq!(under("0.001", &[dear.clone(), cheap], 114), [Some(0), Some(2)]);
    let free = priced("free", "0", "0");
    let unknown = ForecastTarget { price: None, ..priced("unknown", "1", "1") };
    let mut yuan = priced("yuan", "1", "1");
    yuan.price.as_mut().unwrap().currency = Currency::new("CNY").unwrap();
    assert_eq!(under("0.001", &[free, unknown, yuan], 10), [None, Some(0), Some(0)]);
    let lengths = PromptLengths::count(&[hundred("a")], &Characters);
    let none = forecast(&lengths, &[dear], 1, 16).under_cap(None);
    assert_eq!((none.targets[0].cap_allows, none.targets[0].cap_words(None)), (None, None));
}

#[test]
fn what_a_cap_allows_is_said_in_words() {
    let lengths = PromptLengths::count(&(0..114).map(|number| hundred(&number.to_string())).collect::<Vec<_>>(), &Characters);
    let words = |cap: &str, target: ForecastTarget| {
        let cap = Money { amount: cap.parse().unwrap(), currency: Currency::usd() };
        forecast(&lengths, &[target], 1, 16).under_cap(Some(&cap)).targets[0].cap_words(Some(&cap))
    };
    assert_eq!(words("0.1", priced("X", "0", "10")).as_deref(), Some("the cap allows about 7 of 114 requests to X"));
    assert_eq!(words("0.01", priced("X", "0", "10")).as_deref(), Some("the cap allows no request to X: one may cost up to $0.082"));
    let unknown = ForecastTarget { price: None, ..priced("X", "1", "1") };
    assert_eq!(words("9", unknown).as_deref(), Some("nothing is sent to X under a cap, because its price is unknown"));
    let mut yuan = priced("X", "1", "1");
    yuan.price.as_mut().unwrap().currency = Currency::new("CNY").unwrap();
    assert_eq!(words("9", yuan).as_deref(), Some("X is priced in CNY, the cap is in USD: nothing is sent to it"));
    assert_eq!(words("9", priced("X", "0", "10")), None);
}

#[test]
fn a_fallback_in_another_currency_or_without_a_price_counts_in_the_most_that_it_can_cost() {
    let lengths = PromptLengths::count(&[hundred("a")], &Characters);
    let mut yuan = priced("yuan", "1", "1");
    yuan.price.as_mut().unwrap().currency = Currency::new("CNY").unwrap();
    let with_fallback = |other: ForecastTarget| {
        let own = ForecastTarget { fallback: Some(1), ..priced("own", "1", "1") };
        let alone = forecast(&lengths, std::slice::from_ref(&other), 1, 1);
        (forecast(&lengths, &[own, other], 1, 1), alone)
    };
    let (both, alone) = with_fallback(yuan);
    let worst = |forecast: &Forecast| forecast.totals.iter().find(|total| total.worst.currency.code() == "CNY").unwrap().worst.amount;
    assert_eq!(worst(&both), worst(&alone) * Decimal::TWO);
    let (both, _) = with_fallback(ForecastTarget { price: None, ..priced("unknown", "1", "1") });
    assert_eq!(both.price_unknown, ["unknown"]);
}
