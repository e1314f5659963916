//! One failure: what happened, whose side it is, what it cost, what to do, and the buttons that do it.

use egui::{Label, RichText, Ui};

use super::{buttons, probes};
use crate::analysis::{PROVIDER_SAID, capitalised};
use crate::app::Patient;
use crate::domain::{Charge, Connection, Diagnosis, Remedy, Side};
use crate::ui::cx::Cx;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::text::{mono, small};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Alert, IconButton, Level, bar, key_value, visible};

/// Keys of facts are this wide, points.
const KEY_WIDTH: f32 = 88.0;

/// A diagnosis and where it is shown.
pub(in crate::ui::screens) struct DoctorView<'a> {
    /// Whose failure.
    pub(in crate::ui::screens) patient: Patient,
    /// What it comes down to.
    pub(in crate::ui::screens) diagnosis: &'a Diagnosis,
    /// What was asked.
    pub(in crate::ui::screens) connection: &'a Connection,
    /// Tells the buttons of one failure from those of another on the same screen, for the screen reader; empty when there is only one.
    pub(in crate::ui::screens) of: &'a str,
}

impl DoctorView<'_> {
    /// Draws it; `more` adds buttons of the place that it is shown in.
    pub(in crate::ui::screens) fn show<R>(&self, cx: &Cx<'_>, ui: &mut Ui, more: impl FnOnce(&mut Ui) -> R) -> R {
        let happened = visible(&self.diagnosis.happened).text;
        let to_do = visible(&self.diagnosis.to_do).text;
        Alert::new(Level::Bad, &happened).text(&to_do).show_over(ui, |ui| self.foot(cx, ui, more)).inner
    }

    /// The wait that the server asked for is over.
    pub(super) fn is_over(&self, cx: &Cx<'_>, seconds: Option<u64>) -> bool {
        let failed_at = cx.state.failed_at(self.patient);
        let due = failed_at.zip(seconds).map(|(at, seconds)| at.as_second() + i64::try_from(seconds).unwrap_or(i64::MAX / 2));
        due.is_none_or(|due| due <= cx.state.now.as_second())
    }

    /// A run asks as it was planned: that its connection is asked otherwise by now, so that sending again would fail in the same way.
    pub(super) fn moved_words(&self, cx: &Cx<'_>) -> Option<String> {
        let Patient::Trial { .. } = self.patient else { return None };
        let (planned, now) = (self.connection, cx.state.connections.find(self.connection.id)?);
        let name = visible(&now.name).text;
        if now.wire != planned.wire {
            return Some(format!(
                "{name} is asked in {} now; this run keeps to {}. Only a new run asks so.",
                now.wire.label(),
                planned.wire.label()
            ));
        }
        let elsewhere = now.base_url != planned.base_url;
        elsewhere.then(|| format!("{name} is at {} now; this run keeps to {}. Only a new run asks there.", now.base_url, planned.base_url))
    }

    fn foot<R>(&self, cx: &Cx<'_>, ui: &mut Ui, more: impl FnOnce(&mut Ui) -> R) -> R {
        let tokens = ui.tokens();
        let Diagnosis { side, charge, facts, open, note, remedies, probes: to_ask, .. } = self.diagnosis;
        if let Some(moved) = self.moved_words(cx) {
            aside(ui, icons::INFO, &visible(&moved).text);
        }
        ui.add_space(6.0);
        let answer = ui
            .horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                buttons::remedies(cx, ui, self);
                more(ui)
            })
            .inner;
        ui.add_space(tokens.gap.s);
        key_value(ui, KEY_WIDTH, "Whose side", RichText::new(side_words(*side, self.connection)).strong());
        key_value(ui, KEY_WIDTH, "Cost", cost_words(charge));
        // Beside an answer the whole body stands below.
        let is_check = matches!(self.patient, Patient::Check(_));
        for fact in facts.iter().filter(|fact| is_check || fact.label != PROVIDER_SAID) {
            key_value(ui, KEY_WIDTH, fact.label, &*visible(&fact.value).text);
        }
        if let Some(open) = open {
            aside(ui, icons::INFO, &visible(open).text);
        }
        if let Some(note) = note {
            aside(ui, icons::RETRY, note);
        }
        if remedies.contains(&Remedy::StartServer) {
            start_row(cx, ui, self.connection);
        }
        if !to_ask.is_empty() {
            probes::show(cx, ui, self);
        }
        answer
    }
}

/// Whose side, as the connection's role has it.
fn side_words(side: Side, connection: &Connection) -> &'static str {
    match side {
        Side::Upstream if connection.role == crate::domain::Role::Official => "The provider",
        Side::You => "Your side",
        Side::Network => "The network in between",
        Side::Relay => "The relay",
        Side::Upstream => "The upstream provider",
        Side::Program => "This program",
        Side::Unclear => "Not clear from here",
    }
}

/// What it cost, short.
fn cost_words(charge: &Charge) -> String {
    match charge {
        Charge::NotSent => "Nothing: it was not sent".to_owned(),
        Charge::Nothing => "Nothing was charged".to_owned(),
        Charge::Amount(certainty, money) => capitalised(&format!("{}{money}", certainty.word())),
        Charge::Unknown => "Not known: it may have been charged".to_owned(),
    }
}

/// A quiet line with a sign.
fn aside(ui: &mut Ui, icon: Icon, words: &str) {
    let tokens = ui.tokens();
    ui.add_space(2.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.add(Label::new(RichText::new(icon.glyph()).font(icons::font(12.0)).color(tokens.text3)));
        ui.add(Label::new(text::small(words, tokens).color(tokens.text2)).wrap().selectable(true));
    });
}

/// How the server on this computer is started, as text to copy: nothing is started from here.
fn start_row(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
    let Some(command) = cx.state.presets.start_command(connection) else { return };
    let tokens = ui.tokens();
    bar(ui, |ui| {
        ui.label(small("To start it", tokens));
        ui.add(Label::new(mono(&command, tokens)).selectable(true).truncate());
        if ui.add(IconButton::new(icons::COPY, "Copy the command that starts the server").small()).clicked() {
            ui.ctx().copy_text(command.clone());
        }
        if command.contains("MODEL") {
            ui.add(Label::new(small("MODEL stands for yours", tokens)).truncate());
        }
    });
}
