//! What a provider itself says that its answers cost.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::super::testing::{Bench, Reply, one_a_token};
use super::money::usd;
use crate::domain::StopReason;

#[tokio::test(start_paused = true)]
async fn what_the_provider_says_stands_beside_the_cost_and_never_in_its_place() {
    let cents = |cents: i64| Some(Decimal::new(cents, 2));
    let mut bench = Bench::new(2, 1);
    bench.plan.targets[0].price = Some(one_a_token());
    bench.plan.settings.params.max_tokens = Some(44);
    bench.plan.settings.cap = Some(usd(1_000));
    bench.plan.settings.retries = 1;
    bench.script = Arc::new(move |call| match call.number {
        1 => Reply { stated_cost: cents(50), ..Reply::server_error(1) },
        _ => Reply { stated_cost: cents(25), ..Reply::answer(1) },
    });
    let ran = bench.run().await;
    assert_eq!(ran.reason, StopReason::Complete);
    for trial in &ran.trials {
        assert_eq!((trial.row.attempts, trial.row.stated_cost, trial.row.cost), (2, cents(75), Some(Decimal::from(15))));
        let stated: Vec<Option<Decimal>> = trial.body.attempts.iter().map(|attempt| attempt.stated_cost).collect();
        assert_eq!(stated, [cents(50), cents(25)]);
        let told = trial
            .row
            .warnings
            .iter()
            .any(|warning| warning.contains("itself says that this answer cost $0.25") && warning.contains("$15.00"));
        assert!(told, "{:?}", trial.row.warnings);
    }
}
