//! The cap over several lives of a program that is killed at any moment.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use rust_decimal::Decimal;
use tokio::time::sleep;

use super::super::budget::input_bound_tokens;
use super::super::memory_recorder::MemoryRecorder;
use super::super::order::draw;
use super::super::testing::{Bench, Call, Reply, ms, usage};
use super::super::{RunControl, WorkItem};
use super::money::{Entry, Ledger, usd};
use crate::domain::{Cell, Currency, FailureKind, Price, PriceStanding, StopReason, Trial};

const CASES: usize = 10;
const TARGETS: usize = 3;
const MOST_OUTPUT: u64 = 50;

/// Everything that lives on between the lives of the program.
struct Books {
    seed: u64,
    ledger: Arc<Mutex<Ledger>>,
    /// Of all lives.
    trials: Vec<Trial>,
    /// What counts as spent of requests that were lost.
    lost: Decimal,
}

impl Books {
    fn stored(&self) -> Decimal {
        self.trials.iter().map(|trial| trial.row.cost.unwrap()).sum()
    }

    fn prices(&self) -> Vec<Price> {
        let per_token = |target: u64| Decimal::from(1_000_000 * (draw(self.seed, &[target]) % 4));
        let price = |at: u64| Price::flat(per_token(at), per_token(at) * Decimal::from(3), Currency::usd(), PriceStanding::List, "test");
        (0..TARGETS as u64).map(price).collect()
    }

    /// The next life, with what the last ones stored.
    fn life(&self, number: u64, cap: u32, concurrency: u32, recorder: MemoryRecorder) -> Bench {
        let mut bench = Bench::new(CASES, TARGETS).settings(|settings| (settings.concurrency, settings.seed) = (concurrency, self.seed));
        bench.plan.settings.cap = Some(usd(cap));
        bench.plan.settings.params.max_tokens = Some(MOST_OUTPUT as u32);
        let prices = self.prices();
        for (target, price) in bench.plan.targets.iter_mut().zip(&prices) {
            target.price = Some(price.clone());
        }
        let ended: BTreeSet<Cell> = self.trials.iter().map(|trial| trial.row.cell).collect();
        bench.work =
            Some(bench.plan.cells().filter(|cell| !ended.contains(cell)).map(|cell| WorkItem { cell, supersedes: None }).collect());
        bench.spent_before = self.stored() + self.lost;
        bench.counted = self.trials.iter().filter_map(|trial| Some((trial.row.cell, trial.row.usage?))).collect();
        let (seed, before, ledger) = (self.seed, bench.spent_before, Arc::clone(&self.ledger));
        let (stored, reserved) = (Arc::clone(&recorder.stored), Arc::clone(&recorder.reserved));
        bench.recorder = recorder;
        bench.script(move |call: &Call<'_>| {
            let text = call.request.messages[0].content.bytes().fold(0u64, |sum, byte| sum * 31 + u64::from(byte));
            let draw = draw(seed, &[number, text, call.target as u64, call.number as u64]);
            let used = usage(draw % 157, draw % (MOST_OUTPUT + 1));
            let price = &prices[call.target];
            let entry = Entry::open(&ledger, price.worst_cost(156, MOST_OUTPUT).unwrap(), price.cost(&used).unwrap());
            let keeps: Option<Arc<dyn Any + Send + Sync>> = Some(entry);
            let booked: Decimal = stored.lock().unwrap().iter().map(|trial| trial.row.cost.unwrap()).sum();
            let kept = before + booked + reserved.lock().unwrap().values().sum::<Decimal>();
            let committed = ledger.lock().unwrap().committed;
            assert!(committed <= kept, "killed now, {kept} would be known of {committed}");
            match draw % 7 {
                0 => Reply { usage: Some(used), keeps, ..Reply::server_error(draw % 40) },
                1 => Reply { usage: None, keeps, steps: vec![(ms(draw % 40), "cut")], ..Reply::fail(0, FailureKind::Truncated, Some(200)) },
                2 => Reply { usage: None, keeps, ..Reply::answer(draw % 60) },
                3 => Reply { usage: None, keeps, ..Reply::fail(draw % 40, FailureKind::FirstByteTimeout, None) },
                4 => Reply { usage: Some(used), keeps, ..Reply::fail(draw % 40, FailureKind::RateLimited, Some(429)) },
                _ => Reply { usage: Some(used), keeps, ..Reply::answer(draw % 60) },
            }
        })
    }

    /// The program died: what it had set aside for cells without a trial counts as spent.
    fn take(&mut self, trials: Vec<Trial>, reserved: &Mutex<BTreeMap<Cell, Decimal>>) {
        self.trials.extend(trials);
        self.lost += std::mem::take(&mut *reserved.lock().unwrap()).into_values().sum::<Decimal>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However often the program is killed, the provider never charges more than the cap; and once it is said what the lost requests really cost, the last
    /// life leaves nothing out that fits.
    #[test]
    fn the_cap_holds_over_all_lives(
        seed in any::<u64>(),
        cap in 200u32..9_000,
        concurrency in 1u32..10,
        store_ms in 0u64..20,
        kills_ms in proptest::collection::vec((0u64..300, 0u64..100, 0u64..100), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut books = Books { seed, ledger: Arc::default(), trials: Vec::new(), lost: Decimal::ZERO };
            for (life, (kill_ms, pause_ms, paused_ms)) in (0u64..).zip(kills_ms) {
                let recorder = MemoryRecorder { delay: ms(store_ms), ..MemoryRecorder::default() };
                let reserved = Arc::clone(&recorder.reserved);
                let running = books.life(life, cap, concurrency, recorder).start();
                sleep(ms(pause_ms)).await;
                running.control.send(RunControl::Paused).ok();
                sleep(ms(paused_ms)).await;
                running.control.send(RunControl::Running).ok();
                sleep(ms(kill_ms)).await;
                let trials = running.kill().await;
                books.take(trials, &reserved);
                let charged = books.ledger.lock().unwrap().committed;
                assert!(charged <= books.stored() + books.lost, "{charged} charged, {} counted", books.stored() + books.lost);
                assert!(books.stored() + books.lost <= Decimal::from(cap));
            }
            // The lost ones are settled as the provider billed them.
            let billed = books.ledger.lock().unwrap().committed;
            books.lost = books.lost.min((billed - books.stored()).max(Decimal::ZERO));
            let before = books.stored() + books.lost;
            let recorder = MemoryRecorder { delay: ms(store_ms), ..MemoryRecorder::default() };
            let ran = books.life(99, cap, concurrency, recorder).run().await;
            let cap = Decimal::from(cap);
            assert!(books.ledger.lock().unwrap().highest <= cap, "{} of {cap}", books.ledger.lock().unwrap().highest);
            let now: Decimal = ran.trials.iter().map(|trial| trial.row.cost.unwrap()).sum();
            assert!(before + now <= cap && books.ledger.lock().unwrap().committed <= before + now);
            let left_out = ran.plan.cells().filter(|cell| {
                books.trials.iter().chain(&ran.trials).all(|trial| trial.row.cell != *cell)
            });
            let prices = books.prices();
            let mut any = false;
            for cell in left_out {
                any = true;
                let messages = ran.plan.cases[cell.case_index as usize].render().unwrap();
                let worst = prices[cell.target_index as usize].worst_cost(input_bound_tokens(&messages), MOST_OUTPUT).unwrap();
                assert!(before + now + worst > cap, "left out although it fits");
            }
            assert!(!any || ran.reason == StopReason::Capped);
        });
    }
}
