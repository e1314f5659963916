//! The backend's thread and its two ends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::super::effect::Effect;
use super::super::fact::Fact;
use super::channel::Facts;
use super::world::World;
use super::{connections, demo, doctor, exports, files, history, interrupts, launch, prompts, ramp, resend, start, weigh};

/// Why the backend could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gave no thread or no event queue.
    #[error("the system could not start another thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Whether [`Backend::drain`] left facts behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All were taken.
    Everything,
    /// The budget ran out first.
    MoreWaiting,
}

/// Facts that may wait to be read before senders have to.
const FACTS_WAITING: usize = 1024;
/// Effects that may wait to be taken up before they are held on the caller's side.
const EFFECTS_WAITING: usize = 256;
/// How long [`Backend::wait`] lets facts gather.
const LINGER: Duration = Duration::from_millis(1);

/// The face's end of the backend. Dropping it ends the thread, without waiting for a keychain that never answers.
pub struct Backend {
    effects: Option<mpsc::Sender<Effect>>,
    held: VecDeque<Effect>,
    facts: mpsc::Receiver<Fact>,
    /// A fact was waited for, and there was none since.
    lately: bool,
    thread: Option<JoinHandle<()>>,
}

impl Backend {
    /// Starts the thread. `wake` is called, from any thread, whenever facts wait.
    pub fn spawn(world: World, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, StartError> {
        let (effects, mut effects_in) = mpsc::channel::<Effect>(EFFECTS_WAITING);
        let (facts_out, facts) = mpsc::channel::<Fact>(FACTS_WAITING);
        let facts_out = Facts::new(facts_out, Arc::new(wake));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("backend-worker").enable_all().build()?;
        let world = Arc::new(world);
        let thread = std::thread::Builder::new().name("backend".to_owned()).spawn(move || {
            runtime.block_on(async {
                while let Some(effect) = effects_in.recv().await {
                    take_up(effect, &world, &facts_out).await;
                }
                world.wind_down().await;
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { effects: Some(effects), held: VecDeque::new(), facts, lately: false, thread: Some(thread) })
    }

    /// Asks for something to be done. Never waits.
    pub fn perform(&mut self, effect: Effect) {
        self.held.push_back(effect);
        self.push_held();
    }

    fn push_held(&mut self) {
        let Some(sender) = &self.effects else { return };
        while let Some(effect) = self.held.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(effect)) = sender.try_send(effect) {
                self.held.push_front(effect);
                break;
            }
        }
    }

    /// Hands over the facts that wait, for at most `budget`.
    pub fn drain(&mut self, budget: Duration, mut fold: impl FnMut(Fact)) -> Drained {
        self.push_held();
        let began = Instant::now();
        while let Ok(fact) = self.facts.try_recv() {
            fold(fact);
            if began.elapsed() >= budget {
                return Drained::MoreWaiting;
            }
        }
        if self.held.is_empty() { Drained::Everything } else { Drained::MoreWaiting }
    }

    /// Waits for the next fact; absent when the backend has ended. Not for the window's thread.
    pub fn wait(&mut self) -> Option<Fact> {
        self.push_held();
        if let Ok(fact) = self.facts.try_recv() {
            return Some(fact);
        }
        if std::mem::take(&mut self.lately) {
            linger();
            if let Ok(fact) = self.facts.try_recv() {
                self.lately = true;
                return Some(fact);
            }
        }
        let fact = self.facts.blocking_recv();
        self.lately = fact.is_some();
        fact
    }

    /// Stops what runs (trials in flight are stored as cancelled), keeps what is not kept, and ends the thread; facts that still come are dropped.
    /// Bounded: a stuck keychain or server does not hold it up.
    pub fn shut_down(mut self) {
        while !self.held.is_empty() {
            self.push_held();
            if self.facts.try_recv().is_err() {
                std::thread::yield_now();
            }
        }
        self.effects = None;
        self.facts.close();
        while self.facts.blocking_recv().is_some() {}
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Facts of a run come thick and fast. To be woken for each of them would cost the threads that send requests more than the facts themselves.
#[expect(clippy::disallowed_methods, reason = "what is waited for is time: more facts, without being woken for them")]
fn linger() {
    std::thread::sleep(LINGER);
}

/// Effects whose order matters are done one after the other (they only talk to the archive, milliseconds each). Connections are saved one after the other
/// too, but beside those, because a keychain may take seconds; what uses a connection waits for it. All others are done on their own.
async fn take_up(effect: Effect, world: &Arc<World>, facts: &Facts) {
    match effect {
        Effect::SaveCases { .. }
        | Effect::CreateSet { .. }
        | Effect::KeepFileSet { .. }
        | Effect::RenameSet { .. }
        | Effect::DuplicateSet(_)
        | Effect::DeleteSet(_)
        | Effect::UndeleteSet(_)
        | Effect::Control { .. }
        | Effect::Judge { .. }
        | Effect::KeepBaseline { .. }
        | Effect::SettleLost { .. }
        | Effect::DeleteRun(_)
        | Effect::UndeleteRun(_)
        | Effect::LeaveUnfinished(_)
        | Effect::SetPrice(_)
        | Effect::RemovePrice { .. }
        | Effect::SaveSettings(_) => perform(effect, world, facts).await,
        Effect::SaveConnection { .. } | Effect::RemoveConnection(_) => {
            let (mut before, ended) = world.next_save();
            let (on, facts) = (Arc::clone(world), facts.clone());
            world.writing.spawn(async move {
                before.wait_for(|ended| *ended).await.ok();
                perform(effect, &on, &facts).await;
                ended.send(true).ok();
            });
        }
        Effect::ExportRun { .. } | Effect::ExportSet { .. } | Effect::SavePicture { .. } => {
            let (on, facts) = (Arc::clone(world), facts.clone());
            world.writing.spawn(async move { perform(effect, &on, &facts).await });
        }
        // Keys are asked for, and a keychain may take seconds. What is stored before them was, by now.
        Effect::Ramp { .. } | Effect::Weigh { .. } | Effect::Launch(_) | Effect::SendAgain { .. } => {
            let (on, facts) = (Arc::clone(world), facts.clone());
            world.running.spawn(async move { perform(effect, &on, &facts).await });
        }
        other => {
            let (world, facts) = (Arc::clone(world), facts.clone());
            tokio::spawn(async move { perform(other, &world, &facts).await });
        }
    }
}

async fn perform(effect: Effect, world: &Arc<World>, facts: &Facts) {
    match effect {
        Effect::Start => start::start(world, facts).await,
        Effect::SaveConnection { connection, key, is_new } => connections::save(world, facts, *connection, key, is_new).await,
        Effect::RemoveConnection(id) => connections::remove(world, facts, id).await,
        Effect::LookUpKey(id) => connections::look_up_key(world, facts, id).await,
        Effect::Check { id, model } => connections::check_connection(world, facts, id, model).await,
        Effect::LoadModels(id) => connections::load_models(world, facts, id).await,
        Effect::Ramp { id, model, ceiling } => ramp::climb(world, facts, id, model, ceiling).await,
        Effect::StopRamp(id) => ramp::stop(world, id),
        Effect::Probe { patient, connection, probes, key_elsewhere } => {
            doctor::make_probes(world, facts, patient, connection, probes, key_elsewhere).await;
        }
        Effect::SetPrice(price) => connections::set_price(world, facts, *price).await,
        Effect::RemovePrice { host, model } => connections::remove_price(world, facts, host, model).await,
        Effect::LoadSet(id) => prompts::load(world, facts, id).await,
        Effect::SaveCases { id, cases } => prompts::save_cases(world, facts, id, cases).await,
        Effect::CreateSet { name, kind, cases } => prompts::create(world, facts, name, kind, cases).await,
        Effect::KeepFileSet { name, cases } => prompts::keep_file_set(world, facts, name, cases).await,
        Effect::RenameSet { id, name } => prompts::rename(world, facts, id, name).await,
        Effect::DuplicateSet(id) => prompts::duplicate(world, facts, id).await,
        Effect::DeleteSet(id) => prompts::delete(world, facts, id).await,
        Effect::UndeleteSet(id) => prompts::undelete(world, facts, id).await,
        Effect::ReadImage { id, case_id, path } => files::read_image(world, facts, id, case_id, path).await,
        Effect::Forecast(question) => history::forecast_run(world, facts, *question).await,
        Effect::Weigh { start, ask_over } => weigh::weigh(world, facts, start, ask_over).await,
        Effect::Launch(plan) => launch::launch(world, facts, *plan).await,
        Effect::SendAgain { run_id, which } => resend::send_again(world, facts, run_id, which).await,
        Effect::Control { run_id, control } => launch::control(world, run_id, control),
        Effect::OpenRun(id) => history::open_run(world, facts, id).await,
        Effect::KeepBaseline { run_id, target_index } => history::keep_baseline(world, facts, run_id, target_index).await,
        Effect::LoadBaseline(id) => history::load_baseline(world, facts, id).await,
        Effect::LeaveUnfinished(id) => history::leave_unfinished(world, facts, id).await,
        Effect::SettleLost { run_id, billed } => history::settle_lost(world, facts, run_id, billed).await,
        Effect::LoadBodies { run_id, trials } => history::load_bodies(world, facts, run_id, trials).await,
        Effect::Diff { run_id, baseline, other } => history::diff(world, facts, run_id, baseline, other).await,
        Effect::SearchAnswers { run_id, text } => history::search_answers(world, facts, run_id, text).await,
        Effect::Judge { trial_id, judgement } => history::judge(world, facts, trial_id, judgement).await,
        Effect::LoadRuns { search, offset } => history::load_runs(world, facts, search, offset).await,
        Effect::LoadTrend(filter) => history::load_trend(world, facts, *filter).await,
        Effect::DeleteRun(id) => history::delete_run(world, facts, id, true).await,
        Effect::UndeleteRun(id) => history::delete_run(world, facts, id, false).await,
        Effect::PickImport => files::pick_import(facts).await,
        Effect::ReadImport { path, mapping } => files::read_import(world, facts, path, mapping).await,
        Effect::PickExport { suggested } => files::pick_export(facts, suggested).await,
        Effect::ExportRun { run_id, kind, path } => exports::export_run(world, facts, run_id, kind, path).await,
        Effect::ExportSet { id, kind, path } => exports::export_set(world, facts, id, kind, path).await,
        Effect::SavePicture { folder, stem, png } => files::save_picture(world, facts, folder, stem, png).await,
        Effect::SaveSettings(settings) => files::save_settings(world, facts, *settings).await,
        Effect::StartDemo => demo::start(world, facts).await,
        Effect::HeedInterrupts => interrupts::heed(facts).await,
    }
}
