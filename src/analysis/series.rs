//! Points made ready to draw: few enough for a plot that transforms each of them in every frame, without losing what the eye looks for.

/// The share of `sorted` (ascending, finite) that is at or below each value: points `[value, share]` with shares up to 1, beginning at
/// `[smallest, 0]`. At most `max_points` (at least 2), evenly by rank, both ends kept.
pub fn cumulative_distribution(sorted: &[f64], max_points: usize) -> Vec<[f64; 2]> {
    let Some(first) = sorted.first() else { return Vec::new() };
    let n = sorted.len();
    let kept = n.min(max_points.max(2) - 1);
    let mut points = Vec::with_capacity(kept + 1);
    points.push([*first, 0.0]);
    points.extend((1..=kept).map(|step| {
        let rank = (step * n).div_ceil(kept);
        [sorted[rank - 1], rank as f64 / n as f64]
    }));
    points
}

/// Which dots of a scatter to draw: all up to `max_dots` (at least 4), else the outermost four and an even choice of the others. Indices
/// into `points`, ascending; points that are not finite are left out.
pub fn thin_scatter(points: &[[f64; 2]], max_dots: usize) -> Vec<u32> {
    let finite: Vec<u32> = (0..points.len()).filter(|at| points[*at].iter().all(|value| value.is_finite())).map(|at| at as u32).collect();
    let max_dots = max_dots.max(4);
    if finite.len() <= max_dots {
        return finite;
    }
    let mut kept = Vec::with_capacity(max_dots);
    for axis in [0, 1] {
        let value = |at: &u32| points[*at as usize][axis];
        kept.extend(finite.iter().min_by(|a, b| value(a).total_cmp(&value(b))));
        kept.extend(finite.iter().max_by(|a, b| value(a).total_cmp(&value(b))));
    }
    let evenly = max_dots - kept.len();
    kept.extend((0..evenly).map(|step| finite[step * finite.len() / evenly]));
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_distribution_climbs_from_nothing_to_all() {
        assert_eq!(cumulative_distribution(&[1.0, 2.0, 2.0, 9.0], 100), [[1.0, 0.0], [1.0, 0.25], [2.0, 0.5], [2.0, 0.75], [9.0, 1.0]]);
        assert_eq!(cumulative_distribution(&[5.0], 100), [[5.0, 0.0], [5.0, 1.0]]);
        assert_eq!(cumulative_distribution(&[], 100), Vec::<[f64; 2]>::new());
    }

    fn any_points() -> impl Strategy<Value = Vec<[f64; 2]>> {
        proptest::collection::vec((-1e3..1e3f64, -1e3..1e3f64).prop_map(|(x, y)| [x, y]), 1..300)
    }

    proptest! {
        #[test]
        fn a_thinned_distribution_keeps_ends_and_order(mut values in proptest::collection::vec(-1e3..1e3f64, 1..200), max_points in 2usize..50) {
            values.sort_by(f64::total_cmp);
            let points = cumulative_distribution(&values, max_points);
            prop_assert!(points.len() <= max_points);
            prop_assert_eq!((points[0], points[points.len() - 1]), ([values[0], 0.0], [values[values.len() - 1], 1.0]));
            prop_assert!(points.windows(2).all(|pair| pair[0][0] <= pair[1][0] && pair[0][1] < pair[1][1]));
            for [value, share] in points.into_iter().skip(1) {
                let at_or_below = values.iter().filter(|other| **other <= value).count() as f64 / values.len() as f64;
                prop_assert!(share <= at_or_below + 1e-12);
            }
        }

        #[test]
        fn a_thinned_scatter_keeps_its_outline(points in any_points(), max_dots in 4usize..60) {
            let kept = thin_scatter(&points, max_dots);
            prop_assert!(kept.len() <= max_dots.max(4) && kept.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(points.len() > max_dots || kept.len() == points.len());
            for axis in 0..2 {
                let range = |values: &mut dyn Iterator<Item = f64>| values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
                let all = range(&mut points.iter().map(|point| point[axis]));
                prop_assert_eq!(range(&mut kept.iter().map(|at| points[*at as usize][axis])), all);
            }
        }
    }
}
