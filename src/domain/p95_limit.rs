//! The limit on a target's 95th percentile of latency, above which a run flags it.

use std::ops::RangeInclusive;

use super::spelled_duration::spelled_duration;

/// Limits that make sense, milliseconds: up to an hour.
pub const P95_LIMITS_MS: RangeInclusive<u64> = 1..=3_600_000;

/// Reads a limit as a person types it, `2s`, `1.5 s`, `800 ms`, in milliseconds. Absent for anything else, bare numbers and limits out of [`P95_LIMITS_MS`]
/// among it.
pub fn p95_limit_ms(text: &str) -> Option<u64> {
    let spelled: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    let ms = u64::try_from(spelled_duration(&spelled)?.as_millis()).ok()?;
    P95_LIMITS_MS.contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_a_unit_and_bounds() {
        let read = ["2s", " 1.5 s", "800 ms", "0,4 s", "1m30s", "1h", "1ms"].map(p95_limit_ms);
        assert_eq!(read, [2_000, 1_500, 800, 400, 90_000, 3_600_000, 1].map(Some));
        for text in ["", "2", "two", "-2s", "0s", "0.4ms", "1h1ms", "9999999d", "2 sec"] {
            assert_eq!(p95_limit_ms(text), None, "{text}");
        }
    }
}
