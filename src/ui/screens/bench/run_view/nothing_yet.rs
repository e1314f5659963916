//! What stands where there is no answer yet, and what a run would do.

use egui::{Align, Layout, Ui};

use crate::analysis::{Forecast, capitalised, format_counted};
use crate::app::BenchView;
use crate::domain::Money;
use crate::ui::cx::Cx;
use crate::ui::screens::bench::forecast_words::{about_words, cap_words, cost_words};
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::EmptyState;

/// No run is in view.
pub(super) fn no_run(cx: &Cx<'_>, ui: &mut Ui) {
    let state = cx.state;
    if state.runs.opening.is_some() {
        busy(ui, "Opening the run…");
        return;
    }
    if state.bench.starting || state.demo_starting {
        busy(ui, "Starting the run…");
        return;
    }
    let (icon, title) = match state.bench.view {
        BenchView::Answers => (icons::BENCH, "Answers appear here when you run"),
        BenchView::Table => (icons::TABLE, "Cases and targets become a table when you run"),
        BenchView::Summary => (icons::HISTORY, "Figures and charts appear here when you run"),
    };
    let forecast = &state.bench.forecast;
    let sentence = match (&forecast.problem, &forecast.value) {
        (Some(problem), _) => format!("Not yet: {problem}."),
        (None, _) if let Some(hindrance) = state.hindrances().first() => hindrance.words(),
        (None, Some(forecast)) => what_will_happen(forecast, state.bench.settings.cap.as_ref()),
        (None, None) => "Every case goes to every target at once; answers stream in side by side, with their times and costs.".to_owned(),
    };
    EmptyState::new(icon, title, &sentence).show(ui);
}

fn what_will_happen(forecast: &Forecast, cap: Option<&Money>) -> String {
    let targets = format_counted(forecast.targets.len() as u64, "target", "targets");
    let mut sentence = format!(
        "{} to {targets}, {}. {}.",
        format_counted(forecast.requests, "request", "requests"),
        about_words(forecast.likely_duration_s),
        capitalised(&cost_words(forecast, cap))
    );
    if !forecast.price_unknown.is_empty() {
        sentence = format!("{sentence} Price unknown: {}.", forecast.price_unknown.join(", "));
    }
    if let Some(words) = cap_words(forecast, cap) {
        sentence = format!("{sentence} {words}.");
    }
    sentence
}

/// The selected case was not sent in this run.
pub(super) fn case_not_in_run(cx: &Cx<'_>, ui: &mut Ui) {
    let sentence = if cx.state.shown_cases().is_empty() {
        "The prompt set is empty. Write a prompt at the left, then run."
    } else {
        "It was added or changed since. Run again to send it; answers to the other cases stay in the history."
    };
    EmptyState::new(icons::BENCH, "This case is not part of the run in view", sentence).show(ui);
}

/// Something is on its way.
pub(super) fn busy(ui: &mut Ui, words: &str) {
    let tokens = ui.tokens();
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() * 0.4).max(tokens.gap.l));
        ui.label(text::quiet(words, tokens));
    });
}
