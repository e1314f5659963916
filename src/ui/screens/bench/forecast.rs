//! The forecast in the top bar, and in full when it is asked for.

use eframe::egui::{FontId, Label, Response, Ui};

use crate::analysis::{
    Forecast, LIKELY_OUTPUT_TOKENS, LengthWarning, LikelyBasis, TargetForecast, WORST_OUTPUT_TOKENS, format_counted, format_tokens,
};
use crate::domain::Money;
use crate::ui::cx::Cx;
use crate::ui::screens::price_words;
use crate::ui::theme::text::{quiet, small, strong};
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Alert, Level, PushButton, dot, popover, visible};

use super::forecast_words::{cap_words, cost_words, duration_words, forms, token_words};

/// Width of the detail, points.
const DETAIL_WIDTH: f32 = 440.0;
/// Width of the sign before the words, with the gap after it, points.
const SIGN: f32 = 22.0;
/// With less room nothing is told in the bar, points.
const LEAST_ROOM: f32 = 64.0;
/// So many prompts that may not fit are named one by one.
const WARNINGS_NAMED: usize = 4;

/// Draws what the next run will send, cost and take; a click tells it in full.
pub(super) fn forecast(cx: &Cx<'_>, ui: &mut Ui) {
    let tokens = ui.tokens();
    let state = &cx.state.bench.forecast;
    if let Some(problem) = &state.problem {
        if ui.available_width() < LEAST_ROOM {
            return;
        }
        let words = crate::analysis::capitalised(problem);
        let room = (ui.available_width() - 40.0).max(24.0);
        let button = PushButton::quiet(&words).name("What stands in the way of a run").icon(icons::INFO).max_width(room);
        let response = ui.add(button).on_hover_text(&words);
        popover(&response, "What stands in the way of a run", 320.0, |ui| ui.label(quiet(&words, tokens)));
        return;
    }
    let Some(forecast) = &state.value else { return };
    if ui.available_width() < LEAST_ROOM {
        return;
    }
    let forms = forms(forecast, cap(cx));
    let font = FontId::proportional(tokens.text.base);
    let warned = !forecast.length_warnings.is_empty() || !forecast.price_unknown.is_empty() || cap_words(forecast, cap(cx)).is_some();
    let width = |words: &str| ui.fonts_mut(|fonts| fonts.layout_no_wrap(words.to_owned(), font.clone(), tokens.text1).size().x);
    let room = ui.available_width() - 2.0 * tokens.gap.m;
    // Words that say it need no sign more than they need the room.
    let warned = warned && width(&forms[forms.len() - 1]) + SIGN <= room;
    let room = room - if warned { SIGN } else { 0.0 };
    let words = forms.iter().find(|words| width(words) <= room).unwrap_or(&forms[forms.len() - 1]);
    let name = format!("Forecast: {}", forms[0]);
    let mut button = PushButton::quiet(words).name(&name).max_width(room.max(24.0));
    if warned {
        button = button.icon(icons::WARNING);
    }
    let response = ui.add(button);
    let response = if words == &forms[0] { response } else { response.on_hover_text(&forms[0]) };
    detail(cx, forecast, &response);
}

fn detail(cx: &Cx<'_>, forecast: &Forecast, button: &Response) {
    popover(button, "Forecast", DETAIL_WIDTH, |ui| {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        ui.label(strong(total_words(forecast, cap(cx)), tokens));
        for (index, target) in forecast.targets.iter().enumerate() {
            ui.add_space(tokens.gap.s);
            target_detail(cx, index, target, ui);
        }
        ui.add_space(tokens.gap.s);
        ui.add(Label::new(small(rests_on(forecast), tokens)).wrap());
        if let Some(words) = cap_words(forecast, cap(cx)) {
            ui.add_space(tokens.gap.s);
            let text = format!(
                "{}. Raise the cap in the run settings, set it in the prices' currency, or set a lower maximum of tokens.",
                visible(&words).text
            );
            Alert::new(Level::Warn, "The cap ends the run early").text(&text).show(ui);
        }
        if !forecast.length_warnings.is_empty() {
            ui.add_space(tokens.gap.s);
            let title = format!("{} may not fit", format_counted(forecast.length_warnings.len() as u64, "prompt", "prompts"));
            Alert::new(Level::Warn, &title).text(&warning_words(forecast)).show(ui);
        }
    });
}

fn cap<'a>(cx: &Cx<'a>) -> Option<&'a Money> {
    cx.state.bench.settings.cap.as_ref()
}

fn total_words(forecast: &Forecast, cap: Option<&Money>) -> String {
    let (requests, cost) = (format_counted(forecast.requests, "request", "requests"), cost_words(forecast, cap));
    format!("{requests} · {cost} · {}", duration_words(forecast.likely_duration_s))
}

fn target_detail(cx: &Cx<'_>, index: usize, target: &TargetForecast, ui: &mut Ui) {
    let tokens = ui.tokens();
    let bench = cx.state.bench.targets.get(index);
    ui.horizontal(|ui| {
        dot(ui, tokens.series(bench.map_or(index, |target| target.colour.into())));
        ui.add(Label::new(strong(visible(&target.label).text, tokens)).truncate());
    });
    let sent = format!(
        "{} · {}",
        format_counted(target.requests, "request", "requests"),
        token_words(target.input_tokens, target.likely_output_tokens, target.worst_output_tokens)
    );
    ui.add(Label::new(quiet(sent, tokens)).wrap());
    ui.add(Label::new(small(target.basis.words(), tokens)).wrap());
    let cost = match (&target.likely_cost, &target.worst_cost) {
        (Some(likely), Some(worst)) if worst.amount.is_zero() && likely.amount.is_zero() => "no charge".to_owned(),
        (Some(likely), Some(worst)) => format!("about {likely}, at most {worst}"),
        _ => "price unknown: its cost is in no total; set a price where the model is chosen".to_owned(),
    };
    ui.add(Label::new(quiet(cost, tokens)).wrap());
    let price = bench.and_then(|target| cx.state.price_of(cx.state.connection_of(target)?, target.model.trim()));
    if let Some(price) = price {
        ui.add(Label::new(small(price_words::amounts(&price), tokens)).wrap());
        ui.add(Label::new(small(price_words::basis(&price), tokens)).wrap());
    }
}

fn rests_on(forecast: &Forecast) -> String {
    let guessed = forecast.targets.iter().any(|target| target.basis == LikelyBasis::Guess);
    let likely = if guessed {
        format!(
            "About: answers as long as earlier ones on average; for a guess {LIKELY_OUTPUT_TOKENS} tokens, or less where a maximum says so."
        )
    } else {
        "About: answers as long as earlier ones on average.".to_owned()
    };
    format!(
        "{likely} At most: every answer as long as its maximum allows ({} tokens where none is set) and prompts 20 % longer than estimated. Retries that are charged come on top.",
        format_tokens(WORST_OUTPUT_TOKENS)
    )
}

fn warning_words(forecast: &Forecast) -> String {
    let one = |warning: &LengthWarning| {
        let label = forecast.targets.get(warning.target_index as usize).map_or("a target", |target| target.label.as_str());
        let answer = if warning.max_tokens > 0 { format!(" and {} out", format_tokens(warning.max_tokens.into())) } else { String::new() };
        format!(
            "Case “{}” at {label}: about {} tokens in{answer}, its window is {}.",
            visible(&warning.case_id).text,
            format_tokens(warning.prompt_tokens),
            format_tokens(warning.context_window_tokens)
        )
    };
    let mut lines: Vec<String> = forecast.length_warnings.iter().take(WARNINGS_NAMED).map(one).collect();
    if forecast.length_warnings.len() > WARNINGS_NAMED {
        lines.push(format!("And {} more.", forecast.length_warnings.len() - WARNINGS_NAMED));
    }
    lines.join("\n")
}
