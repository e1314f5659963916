//! `percentile(value, p)` in SQL: the one that figures in history are made with.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Result};

/// Makes the function known to a connection.
pub(super) fn add_percentile(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_aggregate_function("percentile", 2, flags, Percentile)
}

/// The `p`-th percentile (0–100) of the values that are not NULL, by linear interpolation between the two nearest (numpy's default; Hyndman and Fan
/// 1996, type 7); NULL without values.
struct Percentile;

#[derive(Default)]
struct Values {
    values: Vec<f64>,
    p: f64,
}

impl Aggregate<Values, Option<f64>> for Percentile {
    fn init(&self, _: &mut Context<'_>) -> Result<Values> {
        Ok(Values::default())
    }

    fn step(&self, context: &mut Context<'_>, gathered: &mut Values) -> Result<()> {
        if let Some(value) = context.get::<Option<f64>>(0)?.filter(|value| value.is_finite()) {
            gathered.values.push(value);
        }
        gathered.p = context.get(1)?;
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, gathered: Option<Values>) -> Result<Option<f64>> {
        Ok(gathered.and_then(|Values { values, p }| interpolated(values, p)))
    }
}

fn interpolated(mut values: Vec<f64>, p: f64) -> Option<f64> {
    let position = values.len().checked_sub(1)? as f64 * (p / 100.0).clamp(0.0, 1.0);
    let below = position.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(low + (high - low) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(p: f64, values: &str) -> Option<f64> {
        let db = Connection::open_in_memory().unwrap();
        add_percentile(&db).unwrap();
        let sql = format!("SELECT percentile(column1, {p:?}) FROM (VALUES {values})");
        db.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_same_as_numpy() {
        for (p, want) in [(0.0, 390.25), (50.0, 512.75), (95.0, 768.587_5), (99.0, 796.217_5), (100.0, 803.125)] {
            let got = of(p, "(803.125), (412), (NULL), (455.5), (512.75), (641), (688), (390.25)").unwrap();
            assert!((got - want).abs() < 1e-9, "{p}: {got} is not {want}");
        }
        assert_eq!(of(50.0, "(7.5)"), Some(7.5));
        assert_eq!(of(50.0, "(NULL)"), None);
    }

    proptest! {
        #[test]
        fn the_same_as_sorting(values in proptest::collection::vec(-1e9..1e9f64, 1..60), p in 0.0..100.0f64) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let position = (sorted.len() - 1) as f64 * p / 100.0;
            let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
            let want = low + (high - low) * position.fract();
            prop_assert!((interpolated(values, p).unwrap() - want).abs() <= 1e-6 * want.abs().max(1.0));
        }
    }
}
