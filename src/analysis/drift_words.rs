//! Latency drift in words, with what it rests on.

use super::{Drift, DriftReference, format_count, format_counted, format_ms};

/// `slower than its history: p95 TTFT without connecting 4.10 s over the last 60 answers, against 2.30 s over 412 earlier ones; 14 of 60 were slower, 3 of
/// them timed out`, and the like for a limit. After “is” or “is no longer”.
pub fn drift_words(drift: &Drift) -> String {
    let n = format_count(drift.n.into());
    let latency = if drift.streamed { "TTFT" } else { "total time" };
    let p95 = drift.p95_ms.map_or_else(|| "past its timeout".to_owned(), format_ms);
    let over = format!("over the last {}", format_counted(drift.n.into(), "answer", "answers"));
    let against = format_ms(drift.reference.p95_ms());
    let rests_on = match drift.reference {
        DriftReference::History(earlier) => {
            let earlier = format_count(earlier.n);
            format!("its history: p95 {latency} without connecting {p95} {over}, against {against} over {earlier} earlier ones")
        }
        DriftReference::Limit(_) => format!("its limit of {against}: p95 {latency} {p95} {over}"),
    };
    let timed_out = match drift.timed_out {
        0 => String::new(),
        count => format!(", {} of them timed out", format_count(count.into())),
    };
    let were = if drift.slower == 1 { "was" } else { "were" };
    format!("slower than {rests_on}; {} of {n} {were} slower{timed_out}", format_count(drift.slower.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EarlierLatency;

    #[test]
    fn a_flag_says_what_it_rests_on() {
        let history = DriftReference::History(EarlierLatency { n: 412, p95_ms: 2_300.0 });
        let drift = Drift { reference: history, streamed: true, p95_ms: Some(4_100.0), n: 60, slower: 14, timed_out: 0 };
        assert_eq!(
            drift_words(&drift),
            "slower than its history: p95 TTFT without connecting 4.10 s over the last 60 answers, against 2.30 s over 412 earlier ones; \
             14 of 60 were slower"
        );
        let limit = DriftReference::Limit(2_000);
        assert_eq!(
            drift_words(&Drift { reference: limit, streamed: false, p95_ms: None, n: 20, slower: 5, timed_out: 3 }),
            "slower than its limit of 2.00 s: p95 total time past its timeout over the last 20 answers; 5 of 20 were slower, 3 of them timed out"
        );
    }
}
