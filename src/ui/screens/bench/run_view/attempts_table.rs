//! Every attempt of a trial, with its times.

use egui::{Grid, RichText, ScrollArea, Ui};
use jiff::tz::TimeZone;

use crate::analysis::{capitalised, format_ms, stated_cost_words};
use crate::domain::{Attempt, Money, RunTarget, Timing};
use crate::ui::theme::{HasTokens as _, Tokens, text};
use crate::ui::widgets::visible;

use super::measured_under::set_up_words;
use super::request_sheet::unknown;

const HEADS: [&str; 12] =
    ["#", "Started", "Status", "Result", "Wait before", "Connection", "Headers", "First event", "TTFT", "Total", "Cost", "Request id"];

/// Draws the attempts, one a row; times are from the start of each.
pub(super) fn attempts_table(ui: &mut Ui, target: &RunTarget, attempts: &[Attempt]) {
    let tokens = ui.tokens();
    if attempts.is_empty() {
        ui.label(text::quiet("It was never sent.", tokens));
        return;
    }
    ScrollArea::horizontal().id_salt("attempts").show(ui, |ui| {
        Grid::new("attempts").num_columns(HEADS.len()).spacing([tokens.gap.l, tokens.gap.s]).show(ui, |ui| {
            for head in HEADS {
                ui.label(text::small(head, tokens));
            }
            ui.end_row();
            for attempt in attempts {
                attempt_row(ui, tokens, target, attempt);
                ui.end_row();
            }
        });
    });
    ui.add_space(tokens.gap.s);
    ui.label(text::small("Times count from the start of their attempt; the wait before it is not part of them.", tokens));
}

fn attempt_row(ui: &mut Ui, tokens: &Tokens, target: &RunTarget, attempt: &Attempt) {
    let time = |us: Option<u64>| us.map_or_else(|| unknown(tokens), |us| text::figures(format_ms(us as f64 / 1e3), tokens));
    let told = |words: Option<String>| words.map_or_else(|| unknown(tokens), |words| text::figures(words, tokens));
    ui.label(text::figures(attempt.number.to_string(), tokens));
    let started = attempt.started_at.to_zoned(TimeZone::system());
    ui.label(text::figures(started.strftime("%H:%M:%S%.3f").to_string(), tokens))
        .on_hover_text(started.strftime("%F %T%.3f %:z").to_string());
    ui.label(told(attempt.http_status.map(|status| status.to_string())));
    let at = if attempt.fallback { "fallback: " } else { "" };
    match &attempt.failure {
        Some(failure) => {
            ui.label(RichText::new(format!("✗ {at}{}", failure.kind.label())).color(tokens.bad))
                .on_hover_text(&*visible(&failure.message).text);
        }
        None => {
            ui.label(RichText::new(format!("✓ {at}answered")).color(tokens.good));
        }
    }
    ui.label(time((attempt.backoff_us > 0).then_some(attempt.backoff_us)));
    match &attempt.timing.set_up {
        Some(set_up) => ui.label(text::quiet(set_up.connection.as_str(), tokens)).on_hover_text(capitalised(&set_up_words(set_up))),
        None => ui.label(unknown(tokens)),
    };
    ui.label(time(attempt.timing.headers_us));
    ui.label(time(attempt.timing.first_chunk_us));
    ui.label(time(attempt.timing.ttft_us()));
    total(ui, tokens, &attempt.timing);
    let currency = target.price.as_ref().map(|price| price.currency.clone());
    let cost = attempt.cost.zip(currency).map(|(amount, currency)| Money { amount, currency });
    let label = ui.label(told(cost.as_ref().map(Money::to_string)));
    if let Some(stated) = attempt.stated_cost {
        label.on_hover_text(capitalised(&stated_cost_words(stated, cost.as_ref())));
    }
    match &attempt.request_id {
        Some(id) => ui.add(egui::Label::new(text::mono(visible(id).text, tokens)).selectable(true)),
        None => ui.label(unknown(tokens)),
    };
}

/// The total time, marked when it is not to be trusted.
fn total(ui: &mut Ui, tokens: &Tokens, timing: &Timing) {
    let words = format_ms(timing.total_us() as f64 / 1e3);
    let ms = |us: u64| format_ms(us as f64 / 1e3);
    if timing.slept() {
        let label = ui.label(text::figures(format!("{words}, slept"), tokens).color(tokens.warn));
        label.on_hover_text(format!("The computer slept for {} meanwhile: no statistic takes these times in", ms(timing.slept_us)));
    } else if let Some(delay_us) = timing.under_load_us() {
        let label = ui.label(text::figures(format!("{words}, under load"), tokens));
        label.on_hover_text(format!("Measured under load: this program got to run up to {} late", ms(delay_us)));
    } else {
        ui.label(text::figures(words, tokens));
    }
}
