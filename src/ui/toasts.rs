//! Notices become toasts, each once.

use eframe::egui;

use crate::app::{Command, NoticeCommand, NoticeLevel};

use super::cx::Cx;
use super::widgets::{Level, Toast, Toasts};

/// What the toasts have taken over from the state so far.
#[derive(Default)]
pub(super) struct ToastView {
    toasts: Toasts<Command>,
    next_notice: u64,
}

/// Draws the toasts `above_bottom` points over the lower edge.
pub(super) fn toasts(cx: &Cx<'_>, view: &mut ToastView, above_bottom: f32, ctx: &egui::Context) {
    for notice in cx.state.notices.shown.iter().filter(|notice| notice.id >= view.next_notice) {
        let level = match notice.level {
            NoticeLevel::Info => Level::Info,
            NoticeLevel::Good => Level::Good,
            NoticeLevel::Warning => Level::Warn,
            NoticeLevel::Error => Level::Bad,
        };
        let toast = Toast::new(level, notice.text.clone());
        view.toasts.push(match notice.undo {
            Some(_) => toast.action("Undo", Command::Notices(NoticeCommand::Undo(notice.id))),
            None => toast,
        });
    }
    if let Some(last) = cx.state.notices.shown.last() {
        view.next_notice = view.next_notice.max(last.id + 1);
    }
    for command in view.toasts.show(ctx, above_bottom) {
        cx.send(command);
    }
}
