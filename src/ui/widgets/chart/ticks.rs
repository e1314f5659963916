//! Round ticks.

/// Steps that read well, for each power of ten.
const ROUND: [f64; 8] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0];

/// The smallest round step of which `count` reach `span`. Nothing to span is taken as 1.
pub(super) fn step(span: f64, count: u32) -> f64 {
    let span = if span.is_finite() && span > 0.0 { span } else { 1.0 };
    let raw = span / f64::from(count.max(1));
    let power = 10_f64.powf(raw.log10().floor());
    ROUND.into_iter().map(|round| round * power).find(|step| *step >= raw * 0.999_999).unwrap_or(10.0 * power)
}

/// An axis from 0 to a round end at or over `most`, in four steps: the end and the step.
pub(super) fn from_zero(most: f64) -> (f64, f64) {
    let step = step(most, 4);
    (4.0 * step, step)
}

/// An axis around `least..=most` in about `count` steps: its ends and its step.
pub(super) fn around(least: f64, most: f64, count: u32) -> (f64, f64, f64) {
    let step = step(most - least, count);
    let (first, last) = ((least / step + 1e-9).floor() * step, (most / step - 1e-9).ceil() * step);
    (first, if last > first { last } else { first + step }, step)
}

/// The multiples of `step` within `least..=most`.
pub(super) fn within(least: f64, most: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((least / step - 1e-6).ceil() as i64, (most / step + 1e-6).floor() as i64);
    (first..=last.min(first.saturating_add(60))).map(|index| index as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_round_and_hold_the_data() {
        assert_eq!(from_zero(963.0), (1000.0, 250.0));
        assert_eq!(from_zero(1130.0), (1200.0, 300.0));
        assert_eq!(from_zero(4.3), (6.0, 1.5));
        assert_eq!(from_zero(0.0), (1.0, 0.25));
        let (first, last, step) = around(203.0, 988.0, 5);
        assert!(first <= 203.0 && last >= 988.0 && (step - 200.0).abs() < 1e-9, "{first} {last} {step}");
        assert!(around(5.0, 5.0, 4).2 > 0.0);
    }

    #[test]
    fn ticks_are_bounded() {
        assert_eq!(within(0.0, 1.0, 0.25), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!(within(0.0, 1e9, 1.0).len() <= 61);
    }
}
