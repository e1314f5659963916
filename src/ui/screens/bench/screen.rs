//! The frame of the bench: bars above, cases and composer at the left, the run at the right.

use eframe::egui::{self, CentralPanel, Frame, Panel, Ui};

use crate::app::{BenchView, Command, RunCommand};
use crate::ui::cx::Cx;
use crate::ui::screens::screen_frame::screen_frame;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{EmptyState, progress_line};

use super::case_list::CaseList;
use super::composer::Composer;
use super::expense_sheet::ExpenseSheet;
use super::lost_strip::LostStrip;
use super::run_settings::RunSettingsForm;
use super::run_view::RunView;
use super::target_picker::TargetPicker;
use super::{key_strip, run_controls, run_strip, targets_bar, top_bar};

/// Width of the left column at first, and the least it can be dragged to, points.
const LEFT_WIDTH: f32 = 318.0;
const LEFT_LEAST: f32 = 264.0;
/// The left column takes at most this share of the screen.
const LEFT_MOST_SHARE: f32 = 0.5;

/// What the bench remembers for itself: drafts, open menus, scroll positions.
#[derive(Default)]
pub(crate) struct BenchScreen {
    settings: RunSettingsForm,
    cases: CaseList,
    composer: Composer,
    picker: TargetPicker,
    run_view: RunView,
    lost: LostStrip,
    expense: ExpenseSheet,
}

impl BenchScreen {
    /// Draws the screen.
    pub(crate) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let Self { settings, cases, composer, picker, run_view, lost, expense } = self;
        screen_frame(
            ui,
            "Bench",
            |ui| top_bar::left(cx, settings, ui),
            |ui| run_controls::run_controls(cx, ui),
            |ui| {
                if !cx.state.ready {
                    EmptyState::new(icons::FOLDER, "Reading the archive…", "Prompts, runs and connections are on their way.").show(ui);
                    return;
                }
                key_strip::key_strip(cx, ui);
                run_strip::run_strip(cx, ui);
                lost.show(cx, ui);
                targets_bar::targets_bar(cx, picker, ui);
                // Figures and charts need the width; they are not about one case.
                if cx.state.bench.view != BenchView::Summary || cx.state.run_in_view().is_none() {
                    left_column(cx, cases, composer, ui);
                }
                CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
                    if cx.state.runs.opening.is_some() {
                        progress_line(ui, "Reading the run", None);
                    }
                    run_view.show(cx, ui);
                });
            },
        );
        picker.show(cx, ui.ctx());
        expense.show(cx, ui.ctx());
    }
}

fn left_column(cx: &Cx<'_>, cases: &mut CaseList, composer: &mut Composer, ui: &mut Ui) {
    let tokens = ui.tokens();
    let most = (ui.available_width() * LEFT_MOST_SHARE).max(LEFT_LEAST);
    Panel::left("cases").resizable(true).default_size(LEFT_WIDTH).size_range(LEFT_LEAST..=most).frame(Frame::NONE).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if cx.state.bench_cases().is_empty() && cx.state.shown_cases().is_empty() {
            ui.take_available_width();
            EmptyState::new(icons::SETS, "Loading the prompts…", "The set's cases are being read.").show(ui);
            return;
        }
        let added = cases.show(cx, ui);
        if added {
            composer.focus_user();
        }
        let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 1.0), egui::Sense::hover());
        ui.painter().hline(rect.x_range(), rect.center().y, (1.0, tokens.line));
        composer.show(cx, ui);
    });
}

/// The command that controls the run in flight, made from its id.
pub(super) fn for_live(cx: &Cx<'_>, command: impl FnOnce(crate::domain::RunId) -> RunCommand) {
    if let Some(id) = cx.state.runs.live {
        cx.send(Command::Runs(command(id)));
    }
}
