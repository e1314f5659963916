//! What is right of the case list.

use egui::Ui;

use crate::app::BenchView;
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;

use super::super::case_order::CaseOrder;
use super::answers::AnswersView;
use super::nothing_yet;
use super::request_sheet::RequestSheet;
use super::stop_notice::StopNotice;
use super::summary::SummaryView;
use super::table::TableView;
use super::tabs;

/// The run in view: tabs, and below them answers, table or summary.
#[derive(Default)]
pub(in crate::ui::screens::bench) struct RunView {
    cases: CaseOrder,
    answers: AnswersView,
    table: TableView,
    summary: SummaryView,
    sheet: RequestSheet,
    stopped: StopNotice,
}

impl RunView {
    /// Draws it in all the room there is.
    pub(in crate::ui::screens::bench) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = 0.0;
        tabs::tabs_row(cx, self.cases.rows(cx.state), ui);
        let edge = ui.cursor().top();
        ui.painter().hline(ui.max_rect().x_range(), edge, (1.0, tokens.line));
        ui.add_space(1.0);
        let Some(run) = cx.state.run_in_view() else {
            nothing_yet::no_run(cx, ui);
            return;
        };
        self.stopped.show(cx, run, ui);
        match cx.state.bench.view {
            BenchView::Answers => {
                if let Some(trial_id) = self.answers.show(cx, run, ui) {
                    self.sheet.open(trial_id);
                }
            }
            BenchView::Table => self.table.show(cx, run, ui),
            BenchView::Summary => self.summary.show(cx, run, ui),
        }
        self.sheet.show(cx, run, ui.ctx());
    }
}
