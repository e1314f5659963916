//! How far a run is: a bar where stderr is a terminal, nothing elsewhere.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::Decimal;

use crate::domain::{Currency, Money, RunPlan, TrialRow, TrialStatus};

use super::console::Console;

const STYLE: &str = "{bar:30} {pos}/{len}{msg}  {eta} left";

/// Counts the trials of one start.
pub(super) struct Progress {
    bar: ProgressBar,
    currencies: Vec<Option<Currency>>,
    failed: u64,
    spent: BTreeMap<Currency, Decimal>,
    /// Spent, set aside and free under the cap; absent without one.
    money: Option<String>,
    cap: Option<Money>,
}

impl Progress {
    /// Shows the bar, when there is something to send and somebody to see it.
    pub(super) fn begin(console: &mut Console, plan: &RunPlan, asked: u64) -> Self {
        let bar = if console.has_progress() && asked > 0 {
            let bar = ProgressBar::new(asked);
            if let Ok(style) = ProgressStyle::with_template(STYLE) {
                bar.set_style(style);
            }
            console.show_bar(bar.clone());
            bar
        } else {
            ProgressBar::hidden()
        };
        let currencies = plan.targets.iter().map(|target| target.price.as_ref().map(|price| price.currency.clone())).collect();
        Self { bar, currencies, failed: 0, spent: BTreeMap::new(), money: None, cap: plan.settings.cap.clone() }
    }

    /// A trial has ended and is stored.
    pub(super) fn ended(&mut self, row: &TrialRow) {
        self.failed += u64::from(row.own_status() == TrialStatus::Failed && row.was_sent());
        if let (Some(cost), Some(Some(currency))) = (row.cost, self.currencies.get(row.cell.target_index as usize)) {
            *self.spent.entry(currency.clone()).or_default() += cost;
        }
        self.bar.inc(1);
        self.say();
    }

    /// The money under the cap has changed.
    pub(super) fn money(&mut self, spent: Decimal, reserved: Decimal) {
        let Some(cap) = &self.cap else { return };
        let amount = |amount| Money { amount, currency: cap.currency.clone() };
        let free = (cap.amount - spent - reserved).max(Decimal::ZERO);
        self.money = Some(format!("  spent {}, reserved {}, free {}", amount(spent), amount(reserved), amount(free)));
        self.say();
    }

    fn say(&self) {
        let mut message = String::new();
        if self.failed > 0 {
            message = format!("  {} failed", self.failed);
        }
        match &self.money {
            Some(money) => message.push_str(money),
            None => {
                for (currency, amount) in &self.spent {
                    message = format!("{message}  {}", Money { amount: *amount, currency: currency.clone() });
                }
            }
        }
        self.bar.set_message(message);
    }
}
