//! What of the run in view was in flight when the program ended: nobody but its provider knows what that cost.

use eframe::egui::{Frame, Margin, Panel, Ui};
use rust_decimal::Decimal;

use crate::analysis::format_count;
use crate::app::{Command, RunCommand};
use crate::domain::{Money, RunId};
use crate::ui::cx::Cx;
use crate::ui::screens::typed;
use crate::ui::widgets::{Alert, Level, PushButton, TextField};

/// What the strip remembers for itself.
#[derive(Default)]
pub(super) struct LostStrip {
    of: Option<RunId>,
    amount: String,
}

impl LostStrip {
    /// Draws the question; nothing when nothing was lost, or all of it is settled.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let Some(run) = cx.state.run_in_view().filter(|run| run.live.is_none() && run.lost.open > 0) else { return };
        let Some(cap) = &run.plan.settings.cap else { return };
        let run_id = run.plan.id;
        if self.of != Some(run_id) {
            *self = Self { of: Some(run_id), amount: String::new() };
        }
        let worst = Money { amount: run.lost.open_worst, currency: cap.currency.clone() };
        let (title, them) = match run.lost.open {
            1 => ("1 request was lost in a crash".to_owned(), "it"),
            count => (format!("{} requests were lost in a crash", format_count(count)), "them"),
        };
        let text = format!("The worst case, {worst}, counts as spent until you say what the provider billed for {them}.");
        Panel::top("lost").frame(Frame::new().inner_margin(Margin::symmetric(14, 8))).show_separator_line(true).show(ui, |ui| {
            Alert::new(Level::Warn, &title).text(&text).show_with(ui, |ui| {
                let settle = |billed| cx.send(Command::Runs(RunCommand::SettleLost { run_id, billed: Some(billed) }));
                let hint = cap.currency.sign();
                TextField::new(&mut self.amount, "What the provider billed").hint(&hint).char_limit(20).width(110.0).show(ui);
                let billed = typed::amount_from_zero(&self.amount);
                if ui.add_enabled(billed.is_some(), PushButton::secondary("Set what was billed")).clicked()
                    && let Some(billed) = billed
                {
                    settle(billed);
                }
                if ui.add(PushButton::quiet("Count as 0")).on_hover_text("The provider billed nothing for them").clicked() {
                    settle(Decimal::ZERO);
                }
            });
        });
    }
}
