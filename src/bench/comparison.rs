//! The error of what was measured: measured minus true, answer by answer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::analysis::percentile;

use super::truth::Truth;

/// What a client measured of one answer, microseconds after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The server's id of the answer.
    pub id: u64,
    /// First visible text.
    pub ttft_us: u64,
    /// Last visible text.
    pub last_us: u64,
    /// The end of the answer.
    pub total_us: u64,
}

/// The spread of one error in milliseconds; positive: measured above the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorQuantiles {
    /// The smallest.
    pub min_ms: f64,
    /// Median.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// The largest.
    pub max_ms: f64,
}

/// The errors of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Answers that they rest on.
    pub n: u32,
    /// TTFT; absent without answers.
    pub ttft: Option<ErrorQuantiles>,
    /// Total; absent without answers.
    pub total: Option<ErrorQuantiles>,
    /// The mean gap between texts; absent without answers of two texts or more.
    pub gap: Option<ErrorQuantiles>,
}

/// Errors by how the request travelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WarmAndCold {
    /// Over a connection that was there.
    pub warm: Errors,
    /// Over a connection that was made for it: its set-up is part of what a client measures, and no part of the server's truth.
    pub cold: Errors,
    /// Answers that the server does not know.
    pub unknown: u32,
}

/// Sets what was measured against the truth.
pub fn errors(measured: &[Measured], truths: &[Truth]) -> WarmAndCold {
    let by_id: HashMap<u64, &Truth> = truths.iter().map(|truth| (truth.id, truth)).collect();
    let known: Vec<(&Measured, &Truth)> = measured.iter().filter_map(|one| Some((one, *by_id.get(&one.id)?))).collect();
    let (cold, warm): (Vec<_>, Vec<_>) = known.iter().partition(|(_, truth)| truth.nth_on_connection == 1);
    WarmAndCold { warm: of(&warm), cold: of(&cold), unknown: (measured.len() - known.len()) as u32 }
}

fn of(pairs: &[(&Measured, &Truth)]) -> Errors {
    let spread =
        |error: &dyn Fn(&Measured, &Truth) -> Option<f64>| quantiles(pairs.iter().filter_map(|(one, truth)| error(one, truth)).collect());
    let above = |us: u64, ns: u64| us as f64 / 1e3 - ns as f64 / 1e6;
    Errors {
        n: pairs.len() as u32,
        ttft: spread(&|one, truth| Some(above(one.ttft_us, truth.first_ns))),
        total: spread(&|one, truth| Some(above(one.total_us, truth.last_ns))),
        gap: spread(&|one, truth| {
            let gaps = truth.chunks.checked_sub(1).filter(|gaps| *gaps > 0)?;
            let measured = one.last_us.checked_sub(one.ttft_us)?;
            Some(above(measured, truth.last_ns - truth.first_ns) / f64::from(gaps))
        }),
    }
}

fn quantiles(mut values: Vec<f64>) -> Option<ErrorQuantiles> {
    values.sort_unstable_by(f64::total_cmp);
    Some(ErrorQuantiles {
        min_ms: *values.first()?,
        p50_ms: percentile(&values, 50.0)?,
        p95_ms: percentile(&values, 95.0)?,
        p99_ms: percentile(&values, 99.0)?,
        max_ms: *values.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(id: u64, nth_on_connection: u32) -> Truth {
        Truth { id, nth_on_connection, first_ns: 50_000_000, last_ns: 245_000_000, longest_gap_ns: 5_000_000, chunks: 40 }
    }

    #[test]
    fn errors_are_measured_minus_true_and_new_connections_stand_apart() {
        let measured =
            |id, late_us: u64| Measured { id, ttft_us: 50_000 + late_us, last_us: 245_000 + 3 * late_us, total_us: 245_000 + 4 * late_us };
        let found =
            errors(&[measured(1, 900), measured(2, 200), measured(3, 400), measured(9, 0)], &[truth(1, 1), truth(2, 2), truth(3, 7)]);
        assert_eq!((found.warm.n, found.cold.n, found.unknown), (2, 1, 1));
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got} is not {want}");
        let ttft = found.warm.ttft.unwrap();
        close(ttft.min_ms, 0.2);
        close(ttft.p50_ms, 0.3);
        close(ttft.max_ms, 0.4);
        close(found.warm.total.unwrap().max_ms, 1.6);
        close(found.warm.gap.unwrap().max_ms, 0.8 / 39.0);
        close(found.cold.ttft.unwrap().p99_ms, 0.9);
    }

    #[test]
    fn nothing_measured_has_no_error() {
        assert_eq!(errors(&[], &[truth(1, 1)]), WarmAndCold::default());
    }
}
