//! The window's content behind a guard: a fault of the program ends what is shown with a message instead of a window that is gone without a word.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use eframe::egui::{Context, Ui, ViewportCommand, Visuals};

use crate::app::backend::ProgramFault;

use super::message_window::{Message, MessageWindow};

/// A program that is shown until a fault ends it; then a message is.
pub(super) struct Guarded<'a, A> {
    content: Content<A>,
    data_dir: Option<&'a Path>,
    /// Told to whoever opened the window.
    fault: &'a Cell<Option<ProgramFault>>,
}

enum Content<A> {
    Running(A),
    Stopped(MessageWindow),
}

impl<'a, A> Guarded<'a, A> {
    /// Guards what `make` makes, the making included. `fault` hears of a fault.
    pub(super) fn new(data_dir: Option<&'a Path>, fault: &'a Cell<Option<ProgramFault>>, make: impl FnOnce() -> A) -> Self {
        let content = match catch_unwind(AssertUnwindSafe(make)) {
            Ok(made) => Content::Running(made),
            Err(_panic) => stopped(data_dir, fault),
        };
        Self { content, data_dir, fault }
    }

    fn guard(&mut self, ctx: &Context, work: impl FnOnce(&mut A)) {
        let Content::Running(app) = &mut self.content else { return };
        if catch_unwind(AssertUnwindSafe(|| work(app))).is_err() {
            self.content = stopped(self.data_dir, self.fault);
            ctx.request_repaint();
        }
    }
}

fn stopped<A>(data_dir: Option<&Path>, told: &Cell<Option<ProgramFault>>) -> Content<A> {
    let fault = ProgramFault::just_now(data_dir);
    let message = Message::of_fault(&fault);
    told.set(Some(fault));
    Content::Stopped(MessageWindow::new(message))
}

impl<A: eframe::App> eframe::App for Guarded<'_, A> {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.guard(ctx, |app| app.logic(ctx, frame));
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        if let Content::Stopped(message) = &mut self.content {
            if message.draw(ui) {
                ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            }
            return;
        }
        let ctx = ui.ctx().clone();
        self.guard(&ctx, |app| app.ui(ui, frame));
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        if let Content::Running(app) = &mut self.content {
            app.on_exit(gl);
        }
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui::theme;

    /// Fails when it is drawn.
    struct Broken;

    impl eframe::App for Broken {
        fn ui(&mut self, _ui: &mut Ui, _frame: &mut eframe::Frame) {
            panic!("on purpose");
        }
    }

    fn shown_after(make: fn() -> Broken) -> Option<ProgramFault> {
        let folder = tempfile::tempdir().unwrap();
        let fault = Cell::new(None);
        let guarded = Guarded::new(Some(folder.path()), &fault, make);
        let mut frame = eframe::Frame::_new_kittest();
        let mut harness = Harness::builder()
            .with_context_setup(theme::install)
            .build_ui_state(|ui, guarded: &mut Guarded<'_, Broken>| eframe::App::ui(guarded, ui, &mut frame), guarded);
        harness.run();
        harness.get_by_label("Assay had to close");
        drop(harness);
        fault.take()
    }

    #[test]
    fn a_fault_leaves_a_message_in_the_place_of_the_window() {
        assert_eq!(shown_after(|| Broken), Some(ProgramFault { report: None }));
        assert_eq!(shown_after(|| panic!("at the start, on purpose")), Some(ProgramFault { report: None }));
    }
}
