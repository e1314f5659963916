//! Waits in words.

use std::time::Duration;

/// A wait in whole units: `7 s`, `1 min 30 s`, `2 h 5 min`; rounded up, so that nobody comes too early.
pub(super) fn wait_words(wait: Duration) -> String {
    let seconds = whole_seconds(wait);
    let parts = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big} {big_unit}"),
        small => format!("{big} {big_unit} {small} {small_unit}"),
    };
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=3_599 => parts(seconds / 60, "min", seconds % 60, "s"),
        3_600..=86_399 => parts(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => parts(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// Rounded up.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_said_in_whole_units() {
        for (milliseconds, words) in
            [(12, "1 s"), (6_000, "6 s"), (90_000, "90 s"), (150_500, "2 min 31 s"), (7_500_000, "2 h 5 min"), (90_000_000, "1 d 1 h")]
        {
            assert_eq!(wait_words(Duration::from_millis(milliseconds)), words);
        }
    }
}
