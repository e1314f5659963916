//! The mind and the engine behind one command: effects go out, facts are waited for and folded in.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::app::backend::{Backend, OpenedWorld, OutputPlaces, WorldConfig, open_world};
use crate::app::{AppState, Command, ConnectionFact, Effect, Fact, NoticeLevel, Preferences, RunFact};
use crate::domain::RunEventKind;

use super::console::Console;
use super::error::CliError;

/// One command's session. Works beside an open window on the same data folder.
pub(super) struct Session<'c> {
    pub(super) state: AppState,
    pub(super) console: &'c mut Console,
    pub(super) places: OutputPlaces,
    backend: Backend,
}

/// What a fact means besides what is folded in.
enum Heard {
    Nothing,
    Failure(String),
    Interrupt,
}

impl<'c> Session<'c> {
    /// Opens the data folder, does `work` with what is stored at hand, and ends the engine whatever came of it.
    pub(super) fn with<T>(
        data_dir: Option<PathBuf>,
        console: &'c mut Console,
        work: impl FnOnce(&mut Self) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let OpenedWorld { world, settings, catalog, presets, data_folder } = open_world(WorldConfig::new(data_dir))?;
        let preferences = Preferences::new(settings, data_folder);
        let state = AppState::new(preferences, catalog, presets, Timestamp::now());
        let places = OutputPlaces::of(&world);
        let backend = Backend::spawn(world, || {})?;
        let mut session = Self { state, console, places, backend };
        let done = session
            .ask(vec![Effect::HeedInterrupts, Effect::Start], |fact| matches!(fact, Fact::Started(_)).then_some(Ok(())))
            .and_then(|()| work(&mut session));
        session.console.end_bar();
        session.backend.shut_down();
        done
    }

    /// Wishes for something; the effects are for [`Self::ask`].
    pub(super) fn wish(&mut self, command: Command) -> Vec<Effect> {
        self.state.update(command, Timestamp::now())
    }

    /// Has effects performed and waits for the fact in which `answer` sees the answer. A failure that is told as a notice, and Ctrl-C, end the wait.
    pub(super) fn ask<T>(
        &mut self,
        effects: Vec<Effect>,
        mut answer: impl FnMut(&Fact) -> Option<Result<T, CliError>>,
    ) -> Result<T, CliError> {
        self.perform(effects);
        loop {
            match self.take_in(|_, fact| answer(fact))? {
                (Some(answer), _) => return answer,
                (None, Heard::Interrupt) => return Err(CliError::Interrupted),
                (None, Heard::Failure(message)) => return Err(CliError::Failed(message)),
                (None, Heard::Nothing) => {}
            }
        }
    }

    /// Has an effect performed and waits like [`Self::ask`], but failures are told and waited past, and Ctrl-C is left to the state: it cancels runs.
    pub(super) fn follow<T>(
        &mut self,
        effect: Effect,
        mut see: impl FnMut(&mut Console, &Fact) -> Option<Result<T, CliError>>,
    ) -> Result<T, CliError> {
        self.perform(vec![effect]);
        loop {
            match self.take_in(&mut see)? {
                (Some(answer), _) => return answer,
                (None, Heard::Interrupt) => {
                    self.console.note("stopping; what is in flight is stored as cancelled (Ctrl-C again quits at once)");
                }
                (None, Heard::Failure(message)) => self.console.warn(&message),
                (None, Heard::Nothing) => {}
            }
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.backend.perform(effect);
        }
    }

    fn take_in<T>(&mut self, mut see: impl FnMut(&mut Console, &Fact) -> Option<T>) -> Result<(Option<T>, Heard), CliError> {
        let fact = self.backend.wait().ok_or(CliError::Ended)?;
        let seen = see(self.console, &fact);
        let heard = self.listen(&fact);
        let effects = self.state.apply(fact, Timestamp::now());
        for run in self.state.runs.open.values_mut() {
            self.console.drifted(&run.plan, &run.drifting.take_fresh());
        }
        // The window's notices; what they tell is told here in other ways.
        self.state.notices.shown.clear();
        // A keychain may ask its user to unlock it: not for commands that need no key.
        self.perform(effects.into_iter().filter(|effect| !matches!(effect, Effect::LookUpKey(_))).collect());
        Ok((seen, heard))
    }

    fn listen(&self, fact: &Fact) -> Heard {
        match fact {
            Fact::Interrupted => return Heard::Interrupt,
            Fact::Connections(ConnectionFact::Gone(_)) => return Heard::Failure("the connection was removed meanwhile".to_owned()),
            Fact::Notice { level: NoticeLevel::Error, text } => return Heard::Failure(text.clone()),
            Fact::Notice { level, text } => self.console.notice(*level, text),
            Fact::Started(started) => started.notices.iter().for_each(|(level, text)| self.console.notice(*level, text)),
            Fact::Runs(RunFact::Event(event)) => {
                if let RunEventKind::NothingSent { reason } = &event.kind {
                    self.console.warn(&format!("nothing more is sent until the archive can be written: {reason}"));
                }
                if let RunEventKind::NotSaved { reason, .. } = &event.kind {
                    let known = self.state.runs.live_run().and_then(|run| run.live.as_ref()).map_or(0, |live| live.unsaved);
                    let answers = format_counted(known + 1, "answer waits", "answers wait");
                    self.console
                        .warn(&format!("cannot save: {answers} in memory, and nothing more is sent until they are stored; {reason}"));
                }
            }
            _ => {}
        }
        Heard::Nothing
    }
}
