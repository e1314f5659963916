//! That the cap stopped the run in view: how far each target came, and how to go on.

use egui::{Frame, Margin, Ui};

use crate::analysis::share_words;
use crate::app::{Command, OpenRun, RunCommand};
use crate::domain::{Money, RunId, RunStatus};
use crate::ui::cx::Cx;
use crate::ui::screens::typed;
use crate::ui::theme::HasTokens as _;
use crate::ui::widgets::{Alert, Level, PushButton, TextField, visible};

/// What the notice remembers for itself.
#[derive(Default)]
pub(super) struct StopNotice {
    of: Option<RunId>,
    amount: String,
}

impl StopNotice {
    /// Draws it above the results; nothing for a run that was not stopped by its cap.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) {
        let (Some(cap), Some(figures)) = (&run.plan.settings.cap, run.figures()) else { return };
        if run.status != RunStatus::Capped || run.live.is_some() {
            return;
        }
        let tokens = ui.tokens();
        let run_id = run.plan.id;
        if self.of != Some(run_id) {
            *self = Self { of: Some(run_id), amount: String::new() };
        }
        let (finished, _, _) = run.counts();
        let title = format!(
            "Stopped by the cap of {}: {} of {} answered",
            cap.exact(),
            crate::analysis::format_count(finished),
            crate::analysis::format_count(run.plan.cell_count())
        );
        let shares = share_words(&figures.summary, |summary| visible(&summary.label).text.into_owned());
        let text = format!("{shares}.");
        Frame::new().inner_margin(Margin::symmetric(tokens.gap.l as i8, tokens.gap.s as i8)).show(ui, |ui| {
            Alert::new(Level::Warn, &title).text(&text).show_with(ui, |ui| {
                let hint = format!("above {}", cap.exact());
                TextField::new(&mut self.amount, "New cap").hint(&hint).char_limit(20).width(120.0).show(ui);
                let raised = typed::amount_from_zero(&self.amount).filter(|amount| *amount > cap.amount);
                let can = raised.is_some() && cx.state.runs.live.is_none();
                let button = ui.add_enabled(can, PushButton::secondary("Raise the cap and send the rest"));
                let about = "Nothing that is answered is sent again";
                if button
                    .on_hover_text(about)
                    .on_disabled_hover_text("Type the new cap first; nothing that is answered is sent again")
                    .clicked()
                    && let Some(amount) = raised
                {
                    cx.send(Command::Runs(RunCommand::RaiseCap { run_id, amount }));
                    // Where the new cap stops it too, the next one is typed from the start.
                    self.amount.clear();
                }
                let spent = run.money().map(|money| Money { amount: money.spent, currency: cap.currency.clone() });
                if let Some(spent) = spent {
                    ui.label(crate::ui::theme::text::small(format!("spent {spent}"), tokens));
                }
            });
        });
    }
}
