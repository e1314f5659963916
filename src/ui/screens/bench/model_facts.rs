//! What is known about the model being picked, and a price set by hand.

use eframe::egui::{Label, Ui};

use crate::analysis::format_tokens;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, OwnPrice, Price, PriceStanding};
use crate::ui::cx::Cx;
use crate::ui::screens::price_fields::PriceFields;
use crate::ui::screens::price_words::{amounts, basis, loss_words};
use crate::ui::theme::text::quiet;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Alert, Card, FormRow, Level, PushButton, key_value};

/// Width of the names of facts, points.
const KEY_WIDTH: f32 = 112.0;

/// A price that is being set.
#[derive(Default)]
pub(super) struct ModelPriceForm {
    /// Absent while none is.
    fields: Option<PriceFields>,
}

impl ModelPriceForm {
    fn take(&mut self, known: Option<&Price>) {
        self.fields = Some(PriceFields::of(known));
    }
}

/// Draws context window, price, strengths and best use of `model` at `connection`, each as far as it is known.
pub(super) fn model_facts(cx: &Cx<'_>, connection: &Connection, model: &str, form: &mut ModelPriceForm, ui: &mut Ui) {
    let tokens = ui.tokens();
    let host = connection.price_host();
    let entry = cx.state.catalog.find(&host, model);
    let price = cx.state.price_of(connection, model);
    Card::new().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        if let Some(entry) = entry {
            if let Some(claim) = &entry.claim {
                Alert::new(Level::Warn, "A claim").text(claim).show(ui);
                ui.add_space(tokens.gap.xs);
            }
            if let Some(window) = entry.context_window_tokens {
                key_value(ui, KEY_WIDTH, "Context window", format!("{} tokens", format_tokens(window)));
            }
            if !entry.strengths.is_empty() {
                key_value(ui, KEY_WIDTH, "Strengths", &*entry.strengths);
            }
            if !entry.best_use.is_empty() {
                key_value(ui, KEY_WIDTH, "Best use", &*entry.best_use);
            }
        } else {
            ui.add(Label::new(quiet("Nothing is known about this model at this host.", tokens)).wrap());
        }
        match &price {
            Some(price) => {
                key_value(ui, KEY_WIDTH, "Price", amounts(price));
                key_value(ui, KEY_WIDTH, "", quiet(basis(price), tokens));
            }
            None => {
                key_value(ui, KEY_WIDTH, "Price", "unknown: its cost will be in no total, and under a cap nothing is sent");
            }
        }
    });
    price_form(cx, connection, model, price.as_ref(), form, ui);
}

fn price_form(cx: &Cx<'_>, connection: &Connection, model: &str, known: Option<&Price>, form: &mut ModelPriceForm, ui: &mut Ui) {
    let host = connection.price_host();
    let Some(fields) = &mut form.fields else {
        ui.horizontal(|ui| {
            if ui.add(PushButton::quiet("Set price…").icon(icons::PENCIL).compact()).clicked() {
                form.take(known);
            }
            if known.is_some_and(|price| price.standing == PriceStanding::Own)
                && ui.add(PushButton::quiet("Forget own price").icon(icons::UNDO).compact()).clicked()
            {
                cx.send(Command::Connections(ConnectionCommand::RemovePrice { host: host.clone(), model: model.to_owned() }));
            }
        });
        return;
    };
    if let Some(loss) = loss_words(known) {
        Alert::new(Level::Warn, &loss).show(ui);
    }
    let read = fields.read(cx.state.now);
    FormRow::new("Price per million").label_width(KEY_WIDTH).show(ui, |ui| fields.show(ui, ui.available_width().min(250.0)));
    FormRow::new("")
        .label_width(KEY_WIDTH)
        .error(read.as_ref().err().copied())
        .show(ui, |ui| fields.show_cache(ui, ui.available_width().min(205.0)));
    ui.horizontal(|ui| {
        ui.add_space(KEY_WIDTH + ui.tokens().gap.m);
        if ui.add_enabled(read.is_ok(), PushButton::secondary("Keep price").compact()).clicked()
            && let Ok(price) = read
        {
            let own = OwnPrice { host, model: model.to_owned(), price };
            cx.send(Command::Connections(ConnectionCommand::SetPrice(Box::new(own))));
            form.fields = None;
        }
        if ui.add(PushButton::quiet("Discard").compact()).clicked() {
            form.fields = None;
        }
    });
}
