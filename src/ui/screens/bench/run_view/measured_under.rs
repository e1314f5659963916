//! What an answer was measured under, in words: its connection, sleep, load.

use egui::Ui;

use crate::analysis::{GapFigures, format_counted, format_ms};
use crate::domain::{ConnectionUse, SetUp, Timing, TrialRow};
use crate::ui::theme::{HasTokens as _, icons};

use super::failure_body::notice;

fn ms(us: u64) -> String {
    format_ms(us as f64 / 1e3)
}

/// `new connection: 12.0 ms DNS, 41.0 ms connect`.
pub(super) fn set_up_words(set_up: &SetUp) -> String {
    let mut words = match set_up.connection {
        ConnectionUse::Reused => "over a connection that was kept open".to_owned(),
        ConnectionUse::Awaited => "waited for a connection, until another request's was free".to_owned(),
        ConnectionUse::New => {
            let parts = [("DNS", set_up.dns_us), ("connect", set_up.connect_us)];
            let told: Vec<String> = parts.into_iter().filter_map(|(name, us)| Some(format!("{} {name}", ms(us?)))).collect();
            if told.is_empty() { "new connection".to_owned() } else { format!("new connection: {}", told.join(", ")) }
        }
    };
    if set_up.proxied {
        words.push_str(", through this computer's proxy");
    }
    words
}

/// The label of a trial's TTFT: one with a connection's set-up inside is marked.
pub(super) fn ttft_label(timing: Option<&Timing>) -> &'static str {
    if timing.is_some_and(Timing::waited_for_connection) { "TTFT · new" } else { "TTFT" }
}

/// Gaps between arrivals of text; absent without any.
pub(super) fn gap_words(row: &TrialRow) -> Option<String> {
    let gaps = GapFigures::of(&row.gaps, row.timing.and_then(|timing| timing.longest_gap_us));
    let (p50_ms, p95_ms, longest_ms) = (gaps.p50_ms?, gaps.p95_ms?, gaps.longest_ms?);
    let n = format_counted(gaps.n, "gap", "gaps");
    Some(format!("{n} between arrivals: p50 {}, p95 {}; longest stall {}.", format_ms(p50_ms), format_ms(p95_ms), format_ms(longest_ms)))
}

/// Says over the answer what disturbed its measuring; nothing when nothing did.
pub(super) fn notices(ui: &mut Ui, timing: &Timing) {
    let tokens = ui.tokens();
    if timing.slept() {
        let words = format!("The computer slept for {} meanwhile: its times are in no statistic.", ms(timing.slept_us));
        notice(ui, icons::MOON, tokens.warn, &words);
    }
    if let Some(delay_us) = timing.under_load_us() {
        let words = format!("Measured under load: its times may be up to {} too long.", ms(delay_us));
        notice(ui, icons::CLOCK, tokens.text3, &words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_up_is_told_in_words() {
        let new = SetUp { connection: ConnectionUse::New, dns_us: Some(12_000), connect_us: Some(41_000), proxied: false };
        assert_eq!(set_up_words(&new), "new connection: 12.0 ms DNS, 41.0 ms connect");
        let tunnel = SetUp { dns_us: None, proxied: true, ..new };
        assert_eq!(set_up_words(&tunnel), "new connection: 41.0 ms connect, through this computer's proxy");
        let timing = |set_up| Timing { set_up: Some(set_up), ..Timing::default() };
        let kept = SetUp { connection: ConnectionUse::Reused, ..new };
        assert_eq!((ttft_label(Some(&timing(new))), ttft_label(Some(&timing(kept))), ttft_label(None)), ("TTFT · new", "TTFT", "TTFT"));
    }
}
