//! The engine with its archive, and a run that meets the chaos server.

use std::time::{Duration, Instant};

use assay::app::{BenchTarget, Effect, Fact, PlanInputs, RunFact};
use assay::domain::{
    Catalog, Connection, Currency, Failure, FailureKind, Limits, OwnPrice, Price, PriceStanding, RunEventKind, RunId, RunSettings,
    StopReason, Trial, TrialStatus,
};
use assay::runner::RunControl;
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::chaos::{Act, GOOD_END, stream, text_event};
use crate::chaos_thread::Chaos;
use crate::office::{Office, keyless, launched};

/// A run that is still to be launched: one case, one target, no retries.
pub(crate) struct Rig {
    pub(crate) settings: RunSettings,
    connection: Connection,
    cases: usize,
    own_prices: Vec<OwnPrice>,
}

impl Rig {
    pub(crate) fn at(chaos: &Chaos) -> Self {
        Self::at_url(&chaos.url())
    }

    pub(crate) fn at_url(url: &str) -> Self {
        let settings = RunSettings { retries: 0, ..RunSettings::default() };
        Self { settings, connection: keyless(url), cases: 1, own_prices: Vec::new() }
    }

    pub(crate) fn cases(self, cases: usize) -> Self {
        Self { cases, ..self }
    }

    pub(crate) fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.connection.limits);
        self
    }

    /// Dollars per million tokens.
    pub(crate) fn price(mut self, input: u32, output: u32) -> Self {
        let price = Price::flat(input.into(), output.into(), Currency::usd(), PriceStanding::Own, "test");
        self.own_prices = vec![OwnPrice { host: self.connection.price_host(), model: "m".to_owned(), price }];
        self
    }

    pub(crate) fn launch(self) -> Run {
        let mut office = Office::new();
        let connection = office.connection(self.connection, None);
        let set = office.set(self.cases);
        let target = BenchTarget {
            connection_id: connection.id,
            model: "m".into(),
            params: Default::default(),
            label: None,
            colour: 0,
            fallback: None,
        };
        let inputs = PlanInputs {
            set: &set.head,
            cases: &set.cases,
            targets: &[target],
            baseline: 0,
            settings: &self.settings,
            connections: &[connection],
            own_prices: &self.own_prices,
            catalog: &Catalog::default(),
        };
        let plan = inputs.plan(RunId::draw(), Timestamp::now()).unwrap();
        office.backend.perform(Effect::Launch(Box::new(plan)));
        let id = office.wait(launched);
        Run { office, id, trials: Vec::new(), waits: Vec::new() }
    }

    pub(crate) fn run(self) -> Run {
        let mut run = self.launch();
        run.end();
        run
    }
}

/// A run, and what was heard of it.
pub(crate) struct Run {
    pub(crate) office: Office,
    pub(crate) id: RunId,
    /// Ended trials, each told after it was stored.
    pub(crate) trials: Vec<Trial>,
    /// Waits before a further attempt, and why.
    pub(crate) waits: Vec<(Duration, Failure)>,
}

impl Run {
    /// Waits until it stops, and reads what was too long to be told.
    pub(crate) fn end(&mut self) -> StopReason {
        let reason = self.hear(|_run, kind| if let RunEventKind::Stopped { reason } = kind { Some(*reason) } else { None });
        for trial in self.trials.iter_mut().filter(|trial| trial.body.attempts.len() < trial.row.attempts as usize) {
            self.office.backend.perform(Effect::LoadBodies { run_id: self.id, trials: vec![trial.row.id] });
            trial.body = self.office.wait(|fact| match fact {
                Fact::Runs(RunFact::Bodies { bodies, .. }) => bodies.into_iter().next().map(|(_, body)| body),
                _ => None,
            });
        }
        reason
    }

    /// Waits for the first retry to be planned.
    pub(crate) fn first_wait(&mut self) -> Duration {
        self.hear(|run, _kind| run.waits.first().map(|(wait, _)| *wait))
    }

    /// Cancels it and waits for its end; no later than the promised second, ten times over.
    pub(crate) fn cancel(&mut self) -> StopReason {
        let begun = Instant::now();
        self.office.backend.perform(Effect::Control { run_id: self.id, control: RunControl::Cancelled });
        let reason = self.end();
        assert!(begun.elapsed() < Duration::from_secs(10), "the cancel took {:?}", begun.elapsed());
        reason
    }

    fn hear<T>(&mut self, see: impl Fn(&Self, &RunEventKind) -> Option<T>) -> T {
        loop {
            let event = self.office.wait(|fact| match fact {
                Fact::Runs(RunFact::Event(event)) => Some(event),
                Fact::Runs(RunFact::LaunchFailed { message }) => panic!("{message}"),
                _ => None,
            });
            match &event.kind {
                RunEventKind::Ended { trial } => self.trials.push((**trial).clone()),
                RunEventKind::RetryScheduled { after, failure, .. } => self.waits.push((*after, failure.clone())),
                _ => {}
            }
            if let Some(seen) = see(self, &event.kind) {
                return seen;
            }
        }
    }

    pub(crate) fn only(&self) -> &Trial {
        assert_eq!(self.trials.len(), 1);
        &self.trials[0]
    }

    pub(crate) fn count(&self, status: TrialStatus) -> usize {
        self.trials.iter().filter(|trial| trial.row.status == status).count()
    }

    /// What the stored trials cost in all.
    pub(crate) fn spent(&self) -> Decimal {
        self.trials.iter().filter_map(|trial| trial.row.cost).sum()
    }
}

/// One question to a server with this script.
pub(crate) fn ask(acts: Vec<Act>) -> Trial {
    Rig::at(&Chaos::start(vec![acts])).run().only().clone()
}

/// Why a trial failed; absent when it did not.
pub(crate) fn kind(trial: &Trial) -> Option<FailureKind> {
    assert_eq!(trial.row.failure.is_some(), trial.row.status == TrialStatus::Failed);
    trial.row.failure.as_ref().map(|failure| failure.kind)
}

/// An answer that leaves nothing to be desired.
pub(crate) fn good() -> Vec<Act> {
    stream(&[&text_event("ok"), GOOD_END])
}

pub(crate) fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}
