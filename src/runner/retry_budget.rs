//! How many further attempts a host is sent in all: under a storm retries must not make it worse.

use std::collections::HashMap;

use crate::domain::{FailureKind, Origin, RunTarget};

/// Retries that a host always gets.
const ALWAYS: u64 = 10;
/// Beyond them, one for so many first attempts: 20 %.
const FIRST_TRIES_A_RETRY: u64 = 5;

/// The first attempts and retries of each host.
pub(super) struct RetryBudget {
    /// By target index.
    host_of: Vec<usize>,
    hosts: Vec<Host>,
}

#[derive(Clone, Copy, Default)]
struct Host {
    /// First attempts that the run is to make.
    planned: u64,
    first_tries: u64,
    retries: u64,
}

impl RetryBudget {
    /// Targets with the same host and port share their retries.
    pub(super) fn new(targets: &[RunTarget]) -> Self {
        let mut known: HashMap<(String, u16), usize> = HashMap::new();
        let host_of = targets
            .iter()
            .map(|target| {
                let host = Origin::of(&target.connection.base_url).map_or_else(|_| (String::new(), 0), |origin| (origin.host, origin.port));
                let next = known.len();
                *known.entry(host).or_insert(next)
            })
            .collect();
        Self { host_of, hosts: vec![Host::default(); known.len()] }
    }

    /// A trial of this target is to be sent.
    pub(super) fn plan(&mut self, target: usize) {
        self.hosts[self.host_of[target]].planned += 1;
    }

    /// A trial of this target is sent for the first time.
    pub(super) fn first_try(&mut self, target: usize) {
        self.hosts[self.host_of[target]].first_tries += 1;
    }

    /// Takes a retry of this target out of the budget; false when it has none left. Refusals for too many requests come in the first burst, before the run
    /// has found its pace: for them the share is that of the whole run.
    pub(super) fn take(&mut self, target: usize, why: FailureKind) -> bool {
        let host = &mut self.hosts[self.host_of[target]];
        let of = if why == FailureKind::RateLimited { host.planned.max(host.first_tries) } else { host.first_tries };
        let left = host.retries < ALWAYS.max(of / FIRST_TRIES_A_RETRY);
        host.retries += u64::from(left);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::testing::Bench;

    #[test]
    fn a_fifth_of_the_first_tries_but_never_under_ten() {
        let mut plan = Bench::new(1, 3).plan;
        plan.targets[2].connection.base_url = "http://127.0.0.1:2/v1".to_owned();
        let mut budget = RetryBudget::new(&plan.targets);
        assert_eq!((0..100).filter(|_| budget.take(0, FailureKind::ServerError)).count(), 10);
        (0..100).for_each(|_| budget.first_try(1));
        assert_eq!((0..100).filter(|at| budget.take(*at % 2, FailureKind::ServerError)).count(), 10, "one host has one budget");
        assert_eq!((0..100).filter(|_| budget.take(2, FailureKind::ServerError)).count(), 10, "another has its own");
        (0..1_000).for_each(|_| budget.first_try(0));
        assert_eq!((0..1_000).filter(|_| budget.take(0, FailureKind::ServerError)).count(), 200);
    }

    #[test]
    fn a_first_burst_of_refusals_has_the_share_of_the_whole_run() {
        let mut budget = RetryBudget::new(&Bench::new(1, 1).plan.targets);
        (0..300).for_each(|_| budget.plan(0));
        (0..64).for_each(|_| budget.first_try(0));
        assert_eq!((0..100).filter(|_| budget.take(0, FailureKind::ServerError)).count(), 12);
        assert_eq!((0..100).filter(|_| budget.take(0, FailureKind::RateLimited)).count(), 48);
    }
}
