//! The status line: one line, always true.

use eframe::egui;

use crate::analysis::{format_count, format_counted, format_ms};
use crate::app::{AppState, LivePhase, OpenRun, Screen};
use crate::domain::Money;

use super::cx::Cx;
use super::local_time::local_time_within;
use super::theme::HasTokens as _;
use super::theme::text::small;
use super::widgets::{dot, visible};

/// What the words about limits mean.
const LIMITS_ABOUT: &str = "Requests at once are halved when a provider refuses one as too many, and grow by one a round trip while it answers. \
                            A model that fails 5 times in a row is left alone for 30 s.";

/// Draws the line.
pub(super) fn status_line(cx: &Cx<'_>, ui: &mut egui::Ui) {
    let tokens = ui.tokens();
    let state = cx.state;
    ui.horizontal_centered(|ui| {
        ui.add_space(tokens.gap.l);
        ui.spacing_mut().item_spacing.x = tokens.gap.l;
        if !state.ready {
            ui.label(small("reading the archive…", tokens));
            return;
        }
        match state.runs.live_run() {
            Some(run) => {
                if let Some(live) = &run.live {
                    ui.spacing_mut().item_spacing.x = tokens.gap.s;
                    dot(ui, if live.phase == LivePhase::Running { tokens.info } else { tokens.warn });
                    ui.spacing_mut().item_spacing.x = tokens.gap.l;
                }
                for part in live_parts(state, run) {
                    ui.label(small(part, tokens));
                }
                let limits = run.live.as_ref().map(|live| live.limits.words(&run.plan, state.now)).unwrap_or_default();
                if let Some(words) = limit_words(&limits) {
                    let label = egui::Label::new(small(visible(&words).text, tokens).color(tokens.warn)).truncate();
                    ui.add(label).on_hover_text(format!("{LIMITS_ABOUT}\n\n{}", visible(&limits.join("\n")).text));
                }
            }
            None => {
                for part in idle_parts(state) {
                    ui.label(small(part, tokens));
                }
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(tokens.gap.l);
            let saved = saved_words(state);
            if !saved.is_empty() {
                ui.label(small(saved, tokens));
            }
        });
    });
}

/// What a run has cost so far: `$0.36`.
pub(super) fn amount_words(run: &OpenRun) -> String {
    let (spent, unknown) = run.spent();
    let mut parts: Vec<String> = spent.into_iter().map(|(currency, amount)| Money { amount, currency }.to_string()).collect();
    if unknown {
        parts.push("price unknown".to_owned());
    }
    if parts.is_empty() { "$0.00".to_owned() } else { parts.join(" + ") }
}

fn spent_words(run: &OpenRun) -> String {
    let (Some(cap), Some(money)) = (&run.plan.settings.cap, run.money()) else { return format!("spent {}", amount_words(run)) };
    let amount = |amount| Money { amount, currency: cap.currency.clone() }.to_string();
    let of_cap = format!("of cap {}", cap.exact());
    let foreign = run.spent().0.keys().any(|currency| *currency != cap.currency);
    match &run.live {
        // All three are of one moment and add up to the cap.
        Some(_) => {
            let (spent, reserved, free) = (amount(money.spent), amount(money.reserved), amount(money.free));
            format!("spent {spent} · reserved {reserved} · free {free} {of_cap}")
        }
        None if run.lost.count > 0 && !foreign => {
            format!("spent {} {of_cap}, {} of it lost in a crash", amount(money.spent), amount(run.lost.counted))
        }
        None => format!("spent {} {of_cap}", amount_words(run)),
    }
}

/// What limits do to the run: the first thing, and how many more.
fn limit_words(lines: &[String]) -> Option<String> {
    let first = lines.first()?;
    Some(if lines.len() > 1 { format!("{first} · {} more", lines.len() - 1) } else { first.clone() })
}

fn live_parts(state: &AppState, run: &OpenRun) -> Vec<String> {
    let Some(live) = &run.live else { return Vec::new() };
    let phase = match live.phase {
        LivePhase::Running => format!("{} running", live.cells.len()),
        LivePhase::Paused => format!("paused · {} still running", live.cells.len()),
        LivePhase::Stopping => "stopping…".to_owned(),
    };
    let mut parts = vec![phase, format!("{} of {}", format_count(live.ended), format_count(live.asked)), spent_words(run)];
    if let Some(seconds) = live.seconds_left(state.now) {
        parts.push(format!("{} left", format_ms(seconds * 1000.0)));
    }
    if live.unsaved > 0 {
        parts.push(format!("{} not saved yet", format_count(live.unsaved)));
    }
    parts
}

fn idle_parts(state: &AppState) -> Vec<String> {
    match state.screen {
        Screen::Bench => match state.run_in_view() {
            Some(run) => {
                let failed = run.counts().1.saturating_sub(run.not_sent());
                let ended =
                    format!("{} of {}", format_count(run.rows.len() as u64), format_counted(run.plan.cell_count(), "trial", "trials"));
                let failed = if failed > 0 { format!(" · {} failed", format_count(failed)) } else { String::new() };
                let failed = if run.not_sent() > 0 { format!("{failed} · {} not sent", format_count(run.not_sent())) } else { failed };
                let made = format!("run of {}", local_time_within(run.plan.created_at, state.now));
                vec![made, format!("{ended}{failed}"), spent_words(run)]
            }
            None if state.history.total == 0 => vec!["nothing leaves this computer until you run".to_owned()],
            None => vec![format_counted(state.history.total, "run", "runs") + " stored"],
        },
        Screen::Sets => vec![format_counted(state.prompts.listed().count() as u64, "prompt set", "prompt sets")],
        Screen::History if !state.history.search.trim().is_empty() => vec![format_counted(state.history.total, "run", "runs") + " found"],
        Screen::History => vec![format!(
            "{}, {}",
            format_counted(state.history.total, "run", "runs"),
            format_counted(state.history.trials, "trial", "trials")
        )],
        Screen::Connections => vec![format_counted(state.connections.list.len() as u64, "connection", "connections")],
        Screen::Settings => vec![format!("everything is kept in {}", state.preferences.data_folder)],
    }
}

fn saved_words(state: &AppState) -> String {
    if let Some(live) = state.runs.live_run().and_then(|run| run.live.as_ref()) {
        return match live.saved_at {
            Some(at) => format!("saved {} s ago", (state.now.as_second() - at.as_second()).max(0)),
            None => "nothing to save yet".to_owned(),
        };
    }
    // Its form is saved by a button, and says itself whether it is.
    if state.screen == Screen::Connections {
        return String::new();
    }
    if state.prompts.unsaved() { "saving…".to_owned() } else { "saved".to_owned() }
}
