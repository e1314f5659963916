//! Percentiles by linear interpolation, always with the number of values they rest on.

/// The `p`-th percentile (0–100, clamped) of ascending, finite values, interpolated linearly between the two nearest as numpy does by
/// default (`numpy.percentile`, method `linear`; Hyndman and Fan 1996, type 7). Absent without values.
pub fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = last as f64 * (p / 100.0).clamp(0.0, 1.0);
    let below = position.floor() as usize;
    let (low, high) = (*sorted.get(below)?, sorted[(below + 1).min(last)]);
    let share = position - below as f64;
    // From the nearer end, so that the result is exact at both ends.
    let value = if share < 0.5 { low + (high - low) * share } else { high - (high - low) * (1.0 - share) };
    Some(value.clamp(low, high))
}

/// Median and tail of one figure. All absent when `n` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// How many values they rest on.
    pub n: u32,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
}

impl Quantiles {
    /// Of values in any order; non-finite ones do not count.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        let at = |p| percentile(&values, p);
        Self { n: u32::try_from(values.len()).unwrap_or(u32::MAX), p50: at(50.0), p95: at(95.0), p99: at(99.0) }
    }
}

/// The median of values in any order; non-finite ones do not count. Absent without values.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    percentile(&values, 50.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{got} is not {want}");
    }

    #[test]
    fn the_same_as_numpy() {
        let quarter = [1.0, 2.0, 3.0, 4.0];
        for (p, want) in [(0.0, 1.0), (25.0, 1.75), (50.0, 2.5), (95.0, 3.849_999_999_999_999_6), (99.0, 3.97), (100.0, 4.0)] {
            close(percentile(&quarter, p), want);
        }
        let ttft = [390.25, 412.0, 455.5, 512.75, 641.0, 688.0, 803.125];
        for (p, want) in [(50.0, 512.75), (95.0, 768.587_5), (99.0, 796.217_5)] {
            close(percentile(&ttft, p), want);
        }
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (p, want) in [(50.0, 50.5), (95.0, 95.05), (99.0, 99.01)] {
            close(percentile(&hundred, p), want);
        }
        close(percentile(&[3.0, 3.0, 3.0, 10.0], 75.0), 4.75);
        close(percentile(&[0.1, 0.2, 0.4, 0.8, 1.6, 3.2], 33.0), 0.33);
        close(percentile(&[0.1, 0.2, 0.4, 0.8, 1.6, 3.2], 66.6), 1.064);
    }

    #[test]
    fn one_value_is_every_percentile_and_none_has_none() {
        let one = Quantiles::of(vec![7.5]);
        assert_eq!(one, Quantiles { n: 1, p50: Some(7.5), p95: Some(7.5), p99: Some(7.5) });
        assert_eq!(Quantiles::of(vec![f64::NAN]), Quantiles::default());
        assert_eq!(median([f64::NAN, 3.0, 1.0]), Some(2.0));
        assert_eq!(median([f64::INFINITY]), None);
    }

    proptest! {
        #[test]
        fn percentiles_are_bounded_and_monotone(
            mut values in proptest::collection::vec(-1e9..1e9f64, 1..60), low in 0.0..100.0f64, high in 0.0..100.0f64,
        ) {
            values.sort_by(f64::total_cmp);
            let (low, high) = (low.min(high), low.max(high));
            let (at_low, at_high) = (percentile(&values, low).unwrap(), percentile(&values, high).unwrap());
            prop_assert!(values[0] <= at_low && at_high <= values[values.len() - 1]);
            // Two interpolations of one span may differ in the last bit.
            prop_assert!(at_low <= at_high + 1e-6);
        }
    }
}
