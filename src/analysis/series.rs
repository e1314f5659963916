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

/// Thins a line out to at most two points a column: of `columns` equal columns over the x-range, each keeps its lowest and its highest
/// point, so that no spike is lost. Both ends of the line stay too. `points` ascend in x; those that are not finite are left out.
pub fn thin_line(points: &[[f64; 2]], columns: usize) -> Vec<[f64; 2]> {
    let finite: Vec<[f64; 2]> = points.iter().copied().filter(|point| point.iter().all(|value| value.is_finite())).collect();
    let (Some(first), Some(last)) = (finite.first(), finite.last()) else { return finite };
    let columns = columns.max(1);
    if finite.len() <= columns * 2 {
        return finite;
    }
    let column_of = |point: &[f64; 2]| column(point[0], first[0], last[0], columns);
    let mut kept = Vec::with_capacity(columns * 2 + 2);
    for (at, column) in finite.chunk_by(|a, b| column_of(a) == column_of(b)).enumerate() {
        let (mut low, mut high) = (0, 0);
        for (index, point) in column.iter().enumerate() {
            if point[1] < column[low][1] {
                low = index;
            }
            if point[1] > column[high][1] {
                high = index;
            }
        }
        let mut indices = vec![low, high];
        indices.extend((at == 0).then_some(0));
        indices.extend(std::ptr::eq(&raw const column[column.len() - 1], last).then_some(column.len() - 1));
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| column[index]));
    }
    kept
}

fn column(x: f64, from: f64, to: f64, columns: usize) -> usize {
    let width = to - from;
    if width > 0.0 { (((x - from) / width * columns as f64) as usize).min(columns - 1) } else { 0 }
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

    #[test]
    fn a_spike_survives_thinning() {
        let mut points: Vec<[f64; 2]> = (0..10_000).map(|x| [f64::from(x), 1.0]).collect();
        points[4_321][1] = 99.0;
        points[7_654][1] = -99.0;
        points[8_888][1] = f64::NAN;
        let thin = thin_line(&points, 50);
        assert!(thin.len() <= 102 && thin.contains(&[4_321.0, 99.0]) && thin.contains(&[7_654.0, -99.0]));
        assert_eq!((thin[0], thin[thin.len() - 1]), ([0.0, 1.0], [9_999.0, 1.0]));
        assert_eq!(thin_line(&points[..20], 10), points[..20], "few points stay as they are");
        assert_eq!(thin_line(&[[f64::NAN, 0.0]], 10), Vec::<[f64; 2]>::new());
        assert_eq!(thin_line(&[[1.0, 2.0]; 9], 1), [[1.0, 2.0], [1.0, 2.0]], "all in one place");
    }

    fn any_points() -> impl Strategy<Value = Vec<[f64; 2]>> {
        proptest::collection::vec((-1e3..1e3f64, -1e3..1e3f64).prop_map(|(x, y)| [x, y]), 1..300)
    }

    proptest! {
        #[test]
        fn every_column_keeps_its_lowest_and_highest(mut points in any_points(), columns in 1usize..40) {
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            let thin = thin_line(&points, columns);
            prop_assert!(thin.len() <= columns * 2 + 2);
            prop_assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[points.len() - 1]));
            let (from, to) = (points[0][0], points[points.len() - 1][0]);
            let extremes = |points: &[[f64; 2]], number: usize| {
                let ys = || points.iter().filter(|point| column(point[0], from, to, columns) == number).map(|point| point[1]);
                (ys().reduce(f64::min), ys().reduce(f64::max))
            };
            for number in 0..columns {
                prop_assert_eq!(extremes(&thin, number), extremes(&points, number));
            }
            let mut rest = points.iter();
            prop_assert!(thin.iter().all(|point| rest.any(|other| other.map(f64::to_bits) == point.map(f64::to_bits))), "points of the line, in its order");
        }

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
