//! Under a cap: what an attempt may cost is on the disk before it is sent, so that a program that is killed does not forget it; and
//! what is not sent after all is off it again, so that the program does not think it lost.

use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::Instant;

use super::dispatcher::Dispatcher;
use super::lanes::{Pick, Started};
use super::prompts::Prompt;

/// An attempt that has its slot and waits for its reservation to be stored.
pub(super) struct Reserving {
    pick: Pick,
    prompt: Prompt,
    amount: Decimal,
    /// What earlier attempts of its trial cost.
    earlier: Decimal,
    started: Started,
    since: Instant,
    /// The pause clock at that time.
    pause_mark: Duration,
}

impl Dispatcher {
    /// Takes a slot for the attempt and has its reservation stored. What earlier attempts of its trial cost is stored with it: they are stored only
    /// when the trial ends.
    pub(super) fn reserve(&mut self, pick: Pick, prompt: Prompt, amount: Decimal, tokens: u64) {
        let now = Instant::now();
        let started = self.lanes.start(pick, now, tokens);
        self.money_changed();
        let earlier: Decimal = self.open.get(&pick.place).map_or(Decimal::ZERO, |open| open.trial.known_cost());
        self.saver.reserve(pick.place, self.work[pick.place as usize].cell, earlier.saturating_add(amount));
        let pause_mark = self.pause.reading(now);
        self.reserving.insert(pick.place, Reserving { pick, prompt, amount, earlier, started, since: now, pause_mark });
    }

    /// The reservation of the attempt at this place is on the disk.
    pub(super) fn reserved(&mut self, place: u32) {
        let Some(reserving) = self.reserving.remove(&place) else { return };
        if self.stopped.is_some() || self.pause.is_paused() {
            return self.give_back(&reserving);
        }
        let now = Instant::now();
        self.lanes.begins(reserving.pick.target, reserving.since, now);
        if let Some(open) = self.open.get_mut(&place) {
            let paused = self.pause.reading(now).saturating_sub(reserving.pause_mark);
            open.trial.storing += now.saturating_duration_since(reserving.since).saturating_sub(paused);
        }
        self.send(reserving.pick, reserving.prompt, reserving.amount, reserving.started);
    }

    /// A trial that waits for another attempt has nothing in flight: only what its attempts so far cost stays set aside. Nothing happens to one that has
    /// ended, for storing it takes all away.
    pub(super) fn keep_only_costs(&mut self, place: u32) {
        if let Some(open) = self.open.get(&place) {
            self.saver.release(place, open.trial.item.cell, open.trial.known_cost());
        }
    }

    /// The attempts that wait for their reservation are not sent; each is back in its queue.
    pub(super) fn give_all_back(&mut self) {
        for reserving in std::mem::take(&mut self.reserving).into_values() {
            self.give_back(&reserving);
        }
    }

    fn give_back(&mut self, reserving: &Reserving) {
        self.lanes.give_back(reserving.pick, reserving.started.ticket, Instant::now());
        if let Some(budget) = &mut self.budget {
            budget.settle(reserving.amount, Decimal::ZERO);
        }
        // Nothing is sent for it from here on.
        let place = reserving.pick.place;
        self.saver.release(place, self.work[place as usize].cell, reserving.earlier);
        self.money_changed();
    }
}
