//! Fewer points where there are more than the screen can show. What stands out stays.

use std::ops::Range;

use crate::ui::widgets::chart::Point;

/// At most about `2 × buckets` of `points`: of each of `buckets` equal stretches, the lowest and the highest. The first and the last stay.
/// All of them when there are not more than that.
pub(super) fn decimate(points: &[Point], buckets: usize) -> Vec<Point> {
    let buckets = buckets.max(1);
    if points.len() <= buckets * 2 {
        return points.to_vec();
    }
    let mut kept = vec![0, points.len() - 1];
    for bucket in 0..buckets {
        kept.extend(extremes(points, bucket * points.len() / buckets..(bucket + 1) * points.len() / buckets).into_iter().flatten());
    }
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().filter_map(|index| points.get(index).copied()).collect()
}

/// Indices of the lowest and the highest point of a stretch; one without any known value keeps its first, so that the gap stays.
fn extremes(points: &[Point], stretch: Range<usize>) -> [Option<usize>; 2] {
    let known = || stretch.clone().filter(|index| points[*index].y.is_finite());
    let by_value = |a: &usize, b: &usize| points[*a].y.total_cmp(&points[*b].y);
    match (known().min_by(by_value), known().max_by(by_value)) {
        (None, _) => [Some(stretch.start), None],
        found => [found.0, found.1],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(values: &[f64]) -> Vec<Point> {
        values.iter().enumerate().map(|(id, y)| Point { x: id as f64, y: *y, n: 1, id }).collect()
    }

    #[test]
    fn an_outlier_is_never_hidden() {
        let mut values = vec![100.0; 1000];
        values[637] = 9_000.0;
        values[12] = f64::NAN;
        let kept = decimate(&points(&values), 50);
        assert!(kept.len() <= 102);
        assert!(kept.iter().any(|point| point.id == 637));
        assert_eq!((kept[0].id, kept[kept.len() - 1].id), (0, 999));
    }

    #[test]
    fn few_points_all_stay() {
        let all = points(&[1.0, f64::NAN, 3.0]);
        assert_eq!(decimate(&all, 2).len(), 3);
    }

    proptest! {
        #[test]
        fn order_and_bounds_hold(values in proptest::collection::vec(any::<f64>(), 0..300), buckets in 0usize..40) {
            let kept = decimate(&points(&values), buckets);
            prop_assert!(kept.windows(2).all(|pair| pair[0].id < pair[1].id));
            prop_assert!(kept.len() <= values.len());
        }
    }
}
