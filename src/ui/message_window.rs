//! A small window that says why the program does not go on. Whoever started it by a double-click sees no terminal.

use eframe::egui::{self, Align, CentralPanel, Frame, Key, Label, Layout, Margin, Panel, RichText, ScrollArea, Ui, ViewportCommand};

use crate::analysis::capitalised;
use crate::app::backend::{OpenError, ProgramFault};
use crate::domain::ThemeChoice;

use super::theme::text::title;
use super::theme::{self, HasTokens as _};
use super::widgets::PushButton;
use super::window::{APP_ID, WindowError, viewport};

/// Why the program does not go on, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    title: &'static str,
    text: String,
}

impl Message {
    /// Why the window did not open. Absent where that was shown already, and where no other window would open either.
    pub fn of(error: &WindowError) -> Option<Self> {
        let title = match error {
            WindowError::Display | WindowError::Fault(_) => return None,
            WindowError::Open(error) if error.is_open_already() => "Assay is already open",
            WindowError::Open(OpenError::Store(_)) => "The archive cannot be opened",
            WindowError::Open(OpenError::Places(_) | OpenError::Lock(_)) => "The data folder cannot be used",
            WindowError::Open(OpenError::Bundled(_)) | WindowError::Start(_) => "Assay cannot start",
        };
        Some(Self { title, text: capitalised(&error.to_string()) })
    }

    /// A fault of the program ended the window.
    pub fn of_fault(fault: &ProgramFault) -> Self {
        Self { title: "Assay had to close", text: capitalised(&fault.to_string()) }
    }
}

/// Shows `message` until it is closed. Nothing happens where no window can be shown: what matters is on stderr too.
pub fn show_message(message: Message) {
    let heading = message.title;
    let viewport = viewport().with_title(heading).with_inner_size([480.0, 240.0]).with_min_inner_size([320.0, 180.0]);
    let options = eframe::NativeOptions { viewport, centered: true, ..eframe::NativeOptions::default() };
    let shown = eframe::run_native(
        APP_ID,
        options,
        Box::new(|creation| {
            theme::install(&creation.egui_ctx);
            theme::apply_choice(&creation.egui_ctx, ThemeChoice::System, 100);
            Ok(Box::new(MessageWindow::new(message)))
        }),
    );
    if let Err(error) = shown {
        tracing::warn!("the message window could not be shown: {error}");
    }
}

/// The content of that window.
pub struct MessageWindow {
    message: Message,
    opened: bool,
}

impl MessageWindow {
    /// Says `message`.
    pub fn new(message: Message) -> Self {
        Self { message, opened: false }
    }

    /// Draws it. True when the window shall close: by Escape, Enter or its button.
    pub fn draw(&mut self, ui: &mut Ui) -> bool {
        let tokens = ui.tokens();
        let foot = Frame::new().fill(tokens.bg0).inner_margin(Margin::symmetric(20, 12));
        let clicked = Panel::bottom("foot").resizable(false).show_separator_line(false).frame(foot).show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = ui.add(PushButton::primary("Close"));
                if !std::mem::replace(&mut self.opened, true) {
                    close.request_focus();
                }
                close.clicked()
            })
            .inner
        });
        CentralPanel::default().frame(Frame::new().fill(tokens.bg1).inner_margin(Margin::symmetric(20, 18))).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.add(Label::new(title(self.message.title, tokens)).wrap());
                ui.add_space(tokens.gap.s);
                let text = RichText::new(&self.message.text).color(tokens.text1).line_height(Some(20.0));
                ui.add(Label::new(text).wrap().selectable(true));
            });
        });
        clicked.inner || ui.input(|input| input.key_pressed(Key::Escape) || input.key_pressed(Key::Enter))
    }
}

impl eframe::App for MessageWindow {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if self.draw(ui) {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
