//! The window's frame: it drains facts, lets commands happen, and draws the rail, the screen, the status line and the toasts.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui;
use jiff::Timestamp;

use crate::app::backend::{Backend, Drained};
use crate::app::{AppState, Command, Effect, ExchangeCommand, Fact};
use crate::domain::ThemeChoice;

use super::close_question::{AtStake, close_question};
use super::cx::Cx;
use super::screens::{self, Views};
use super::theme::{self, HasTokens as _};
use super::waker::Waker;
use super::{pictures, rail, shortcuts, status_line, toasts};

/// Longest time that a frame spends on facts.
const FACT_BUDGET: Duration = Duration::from_millis(8);
/// While something waits for time to pass, the window looks again this often.
const TICK: Duration = Duration::from_millis(200);

/// The window.
pub struct Shell {
    state: AppState,
    backend: Option<Backend>,
    waker: Arc<Waker>,
    views: Views,
    commands: RefCell<Vec<Command>>,
    applied_look: Option<(ThemeChoice, u16)>,
    close_confirmed: bool,
    longest_frame_ms: f32,
}

/// A frame that takes more CPU time than this is noticed by a person; it is logged.
const SLOW_FRAME_MS: f32 = 50.0;

impl Shell {
    /// Over a state and its backend, which wakes the window through `waker`; asks the backend for what the first screen needs.
    pub(super) fn new(ctx: &egui::Context, state: AppState, mut backend: Backend, waker: Arc<Waker>) -> Self {
        theme::install(ctx);
        waker.set_window(ctx);
        backend.perform(Effect::Start);
        Self {
            state,
            backend: Some(backend),
            waker,
            views: Views::default(),
            commands: RefCell::new(Vec::new()),
            applied_look: None,
            close_confirmed: false,
            longest_frame_ms: 0.0,
        }
    }

    /// Over a state that nothing stands behind: wishes change it, effects go nowhere. Tests draw screens with it.
    pub fn detached(state: AppState) -> Self {
        Self {
            state,
            backend: None,
            waker: Arc::default(),
            views: Views::default(),
            commands: RefCell::new(Vec::new()),
            applied_look: None,
            close_confirmed: false,
            longest_frame_ms: 0.0,
        }
    }

    /// Takes the wishes that were not done yet; tests read them.
    pub fn take_wishes(&self) -> Vec<Command> {
        self.commands.take()
    }

    /// What the window shows; tests read it.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Puts a wish in, as a click would; tests use it.
    pub fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }

    /// Takes a fact in, as the backend would tell it; tests use it.
    pub fn tell(&mut self, fact: Fact) {
        let now = self.state.now;
        let effects = self.state.apply(fact, now);
        self.perform(effects);
    }

    /// Does the wishes that wait, at the time that the state shows; tests use it.
    pub fn grant_wishes(&mut self) {
        let now = self.state.now;
        for command in self.commands.take() {
            let effects = self.state.update(command, now);
            self.perform(effects);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        if let Some(backend) = &mut self.backend {
            for effect in effects {
                backend.perform(effect);
            }
        }
    }

    /// Facts in, wishes done, time passed. Also runs while the window is hidden.
    pub fn advance(&mut self, ctx: &egui::Context) {
        let now = Timestamp::now();
        let mut effects = Vec::new();
        if let Some(backend) = &mut self.backend {
            let state = &mut self.state;
            if backend.drain(FACT_BUDGET, |fact| effects.extend(state.apply(fact, now))) == Drained::MoreWaiting {
                ctx.request_repaint();
            }
        }
        for command in self.commands.take() {
            effects.extend(self.state.update(command, now));
        }
        effects.extend(self.state.tick(now));
        self.perform(effects);
        self.waker.set_measuring(self.state.runs.live.is_some());
        if let Some(text) = self.state.clipboard.take() {
            ctx.copy_text(text);
        }
        let look = (self.state.preferences.settings.theme, self.state.preferences.settings.zoom_percent);
        if self.applied_look != Some(look) {
            theme::apply_choice(ctx, look.0, look.1);
            self.applied_look = Some(look);
        }
        if self.state.is_waiting() {
            ctx.request_repaint_after(TICK);
        }
        self.guard_close(ctx);
    }

    /// Closing asks first where it stops or loses something.
    fn guard_close(&mut self, ctx: &egui::Context) {
        if !ctx.input(|input| input.viewport().close_requested()) || self.close_confirmed {
            return;
        }
        if !AtStake::of(&self.state, &self.views).is_nothing() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.views.close_question = true;
        }
    }

    /// Draws one frame.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        let Self { state, views, commands, .. } = self;
        let cx = Cx::new(state, commands);
        let tokens = ui.tokens();
        let collapsed = state.preferences.settings.rail_collapsed;
        let rail_width = if collapsed { tokens.row.rail_collapsed } else { tokens.row.rail };
        egui::Panel::left("rail")
            .exact_size(rail_width)
            .resizable(false)
            .show_separator_line(false)
            .frame(egui::Frame::new().fill(tokens.bg0).inner_margin(egui::Margin::symmetric(tokens.gap.s as i8, 0)))
            .show(ui, |ui| rail::rail(&cx, collapsed, ui));
        egui::Panel::bottom("status")
            .exact_size(tokens.row.status_line)
            .resizable(false)
            .show_separator_line(false)
            .frame(egui::Frame::new().fill(tokens.bg0))
            .show(ui, |ui| status_line::status_line(&cx, ui));
        egui::CentralPanel::default().frame(egui::Frame::new().fill(tokens.bg0)).show(ui, |ui| screens::show(&cx, views, ui));
        screens::show_sheets(&cx, views, ui.ctx());
        toasts::toasts(&cx, &mut views.toasts, tokens.row.status_line, ui.ctx());
        shortcuts::dispatch(&cx, ui.ctx());
        take_dropped_files(&cx, ui.ctx());
        pictures::save_taken(&cx, ui.ctx());
        if close_question(&cx, views, ui.ctx()) {
            self.close_confirmed = true;
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
        if !self.commands.borrow().is_empty() {
            ui.ctx().request_repaint();
        }
    }

    fn note_frame_time(&mut self, frame: &eframe::Frame) {
        let Some(ms) = frame.info().cpu_usage.map(|seconds| seconds * 1000.0) else { return };
        if ms > SLOW_FRAME_MS {
            tracing::warn!("a frame took {ms:.0} ms of CPU time on the {:?} screen", self.state.screen);
        }
        self.longest_frame_ms = self.longest_frame_ms.max(ms);
    }

    /// Keeps every edit, stops what runs, ends the backend.
    pub fn close(&mut self) {
        tracing::info!("the longest frame took {:.1} ms of CPU time", self.longest_frame_ms);
        let mut effects = Vec::new();
        for command in self.commands.take() {
            effects.extend(self.state.update(command, Timestamp::now()));
        }
        effects.extend(self.state.flush());
        self.perform(effects);
        if let Some(backend) = self.backend.take() {
            backend.shut_down();
        }
    }
}

fn take_dropped_files(cx: &Cx<'_>, ctx: &egui::Context) {
    let dropped = ctx.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
    if let Some(path) = dropped {
        cx.send(Command::Exchange(ExchangeCommand::ReadImport(path)));
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.note_frame_time(frame);
        self.advance(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.close();
    }
}
