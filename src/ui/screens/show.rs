//! Which screen is drawn, and what each remembers for itself (scroll, drafts, open menus): losing it loses no work.

use eframe::egui;

use crate::app::Screen;
use crate::ui::cx::Cx;
use crate::ui::toasts::ToastView;

use super::{bench, connections, export_sheet, first_run, history, import_sheet, sets, settings};

/// What the screens remember for themselves.
#[derive(Default)]
pub(crate) struct Views {
    pub(super) bench: bench::BenchScreen,
    pub(super) sets: sets::SetsScreen,
    pub(super) history: history::HistoryScreen,
    pub(crate) connections: connections::ConnectionsScreen,
    pub(super) settings: settings::SettingsScreen,
    pub(super) import: import_sheet::ImportView,
    pub(super) export: export_sheet::ExportView,
    pub(crate) toasts: ToastView,
    /// Whether to close in spite of what is at stake is being asked.
    pub(crate) close_question: bool,
}

/// Draws the screen in view.
pub(crate) fn show(cx: &Cx<'_>, views: &mut Views, ui: &mut egui::Ui) {
    views.sets.leave(cx);
    match cx.state.screen {
        Screen::Bench if cx.state.is_first_run() => first_run::show(cx, ui),
        Screen::Bench => views.bench.show(cx, ui),
        Screen::Sets => views.sets.show(cx, ui),
        Screen::History => views.history.show(cx, ui),
        Screen::Connections => views.connections.show(cx, ui),
        Screen::Settings => views.settings.show(cx, ui),
    }
}

/// Draws the sheets that are open over any screen.
pub(crate) fn show_sheets(cx: &Cx<'_>, views: &mut Views, ctx: &egui::Context) {
    import_sheet::show(cx, &mut views.import, ctx);
    export_sheet::show(cx, &mut views.export, ctx);
    views.connections.show_add_sheet(cx, ctx);
}
