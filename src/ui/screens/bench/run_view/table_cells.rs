//! One cell of the table: the first line of the answer over its figures.

use egui::{Align, FontId, Rect, Ui, pos2, vec2};

use crate::analysis::{TableCell, format_ms, or_unknown};
use crate::domain::{Money, RunTarget, TrialRow, TrialStatus};
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Mark, cell_text, visible};

/// The places in the second line of a cell and in its head.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Mark,
    Ttft,
    Total,
    Tokens,
    Cost,
    Judged,
}

impl Slot {
    /// Its share of the line: from, to.
    fn share(self) -> (f32, f32) {
        match self {
            Self::Mark => (0.0, 0.12),
            Self::Ttft => (0.12, 0.28),
            Self::Total => (0.28, 0.44),
            Self::Tokens => (0.44, 0.59),
            Self::Cost => (0.59, 0.82),
            Self::Judged => (0.82, 1.0),
        }
    }

    /// Its place in `line`.
    pub(super) fn rect(self, line: Rect) -> Rect {
        let (from, to) = self.share();
        // Beyond a readable width the figures stay together at the left.
        let width = line.width().min(420.0);
        Rect::from_min_max(pos2(line.left() + width * from, line.top()), pos2(line.left() + width * to, line.bottom()))
    }

    /// Numbers stand at the right.
    pub(super) fn align(self) -> Align {
        match self {
            Self::Mark => Align::Min,
            Self::Ttft | Self::Total | Self::Tokens | Self::Cost | Self::Judged => Align::Max,
        }
    }

    /// What it means, with repeats.
    pub(super) fn definition(self) -> &'static str {
        match self {
            Self::Mark => {
                "How the trials ended: the worst of the repeats. A moon: the computer slept meanwhile, so there are no times. A clock: measured under load."
            }
            Self::Ttft => "Time to the first visible text; the median of the finished repeats.",
            Self::Total => "Time to the end of the answer; the median of the finished repeats.",
            Self::Tokens => "Answer tokens; the median of the finished repeats.",
            Self::Cost => "Cost of one trial, all attempts; the mean of the repeats whose cost is known.",
            Self::Judged => "Thumbs and mean score that people gave.",
        }
    }
}

/// Draws a cell in `rect`: `first` is the trial that it shows.
pub(super) fn draw(ui: &Ui, rect: Rect, mark: Mark, cell: Option<&TableCell>, first: Option<&TrialRow>, target: &RunTarget, repeats: u32) {
    let tokens = ui.tokens();
    let inner = rect.shrink2(vec2(tokens.gap.m, 5.0));
    let (top, bottom) = inner.split_top_bottom_at_fraction(0.5);
    let small = FontId::proportional(tokens.text.small);
    let place = Slot::Mark.rect(bottom);
    cell_text(ui, place, Align::Min, mark.sign(), FontId::proportional(tokens.text.base), mark.color(tokens));
    let Some(cell) = cell else {
        let words = if mark == Mark::Running { "streaming…" } else { "no trial yet" };
        cell_text(ui, top, Align::Min, words, FontId::proportional(tokens.text.base), tokens.text3);
        return;
    };
    let disturbed = match (cell.slept, cell.under_load) {
        (1.., _) => Some((icons::MOON, tokens.warn)),
        (0, 1..) => Some((icons::CLOCK, tokens.text3)),
        (0, 0) => None,
    };
    if let Some((icon, ink)) = disturbed {
        let place = Rect::from_min_max(pos2(place.left() + 18.0, place.top()), place.max);
        cell_text(ui, place, Align::Min, &icon.glyph().to_string(), icons::font(12.0), ink);
    }
    let mut words_rect = top;
    if repeats > 1 {
        let n = if cell.answered == cell.n { format!("n {}", cell.n) } else { format!("n {} of {}", cell.answered, cell.n) };
        words_rect.max.x -= if cell.answered == cell.n { 38.0 } else { 72.0 };
        let place = Rect::from_min_max(pos2(words_rect.right(), top.top()), top.max);
        cell_text(ui, place, Align::Max, &n, text::figures_font(tokens.text.small), tokens.text3);
    }
    if let Some(row) = first {
        let (words, ink) = match (row.status, &row.failure) {
            (TrialStatus::Failed, Some(failure)) => (failure.kind.label(), tokens.bad),
            (TrialStatus::Failed, None) => ("failed", tokens.bad),
            (TrialStatus::Cancelled, _) => ("cancelled", tokens.warn),
            (TrialStatus::Finished, _) if row.first_line.is_empty() => ("empty answer", tokens.text3),
            (TrialStatus::Finished, _) => (row.first_line.as_str(), tokens.text1),
        };
        let at = if row.fallback.is_some() { "Fallback: " } else { "" };
        cell_text(ui, words_rect, Align::Min, &format!("{at}{}", visible(words).text), FontId::proportional(tokens.text.base), ink);
    }
    let currency = target.price.as_ref().map(|price| &price.currency);
    let cost = cell.cost.zip(currency).map(|(amount, currency)| Money { amount, currency: currency.clone() });
    for (slot, value) in [
        (Slot::Ttft, or_unknown(cell.ttft_ms, format_ms)),
        (Slot::Total, or_unknown(cell.total_ms, format_ms)),
        (Slot::Tokens, or_unknown(cell.output_tokens, |tokens| format!("{tokens:.0}"))),
        (Slot::Cost, or_unknown(cost, |cost| cost.to_string())),
    ] {
        cell_text(ui, slot.rect(bottom), Align::Max, &value, text::figures_font(tokens.text.small), tokens.text2);
    }
    let judged = Slot::Judged.rect(bottom);
    let mut right = judged.right();
    let sign = |right: &mut f32, icon: Icon, color| {
        let place = Rect::from_min_max(pos2(*right - 14.0, judged.top()), pos2(*right, judged.bottom()));
        cell_text(ui, place, Align::Max, &icon.glyph().to_string(), icons::font(12.0), color);
        *right -= 16.0;
    };
    if cell.noted {
        sign(&mut right, icons::NOTE, tokens.text2);
    }
    if cell.thumbs_down > 0 {
        sign(&mut right, icons::THUMBS_DOWN, tokens.bad);
    }
    if cell.thumbs_up > 0 {
        sign(&mut right, icons::THUMBS_UP, tokens.good);
    }
    if let Some(score) = cell.score {
        let place = Rect::from_min_max(pos2(judged.left(), judged.top()), pos2(right, judged.bottom()));
        cell_text(ui, place, Align::Max, &short_score(score), small, tokens.text2);
    }
}

/// `4`, or `3.5` when the repeats differ.
fn short_score(score: f64) -> String {
    if (score - score.round()).abs() < 0.05 { format!("{score:.0}") } else { format!("{score:.1}") }
}
