//! An interval for a share: how little of the whole it may be, given what was counted.

/// The lower end of Wilson's score interval for `hits` of `n`, 0 to 1: the true share is below it only with the chance that `z` standard deviations leave.
/// 0 when nothing was counted. E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212.
pub(super) fn wilson_lower(hits: u32, n: u32, z: f64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let (n, share) = (f64::from(n), f64::from(hits.min(n)) / f64::from(n));
    let z2 = z * z;
    let spread = z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((share + z2 / (2.0 * n) - spread) / (1.0 + z2 / n)).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_as_published() {
        // Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        for (hits, n, lower) in [(81, 263, 0.2553), (15, 148, 0.0624), (0, 20, 0.0), (1, 29, 0.0061)] {
            let got = wilson_lower(hits, n, 1.959_964);
            assert!((got - lower).abs() < 5e-5, "{hits} of {n}: {got}");
        }
        assert!(wilson_lower(0, 0, 3.0).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn never_above_what_was_counted(hits in 0..200u32, more in 0..200u32, z in 0.0..5.0f64) {
            let n = hits + more;
            let lower = wilson_lower(hits, n, z);
            let share = if n == 0 { 0.0 } else { f64::from(hits) / f64::from(n) };
            prop_assert!((0.0..=1.0).contains(&lower) && lower <= share + 1e-12);
        }
    }
}
