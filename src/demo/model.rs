//! The simulated models: how fast they are, and how much their answers vary.

use std::time::Duration;

use super::chance::Chance;

/// Whether the simulated provider takes the time that a real one would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DemoPace {
    /// Times like those of a hosted model: some hundred milliseconds to the first text, then 50 to 75 tokens a second.
    #[default]
    Realistic,
    /// Everything at once; for tests.
    Instant,
}

/// Which texts of `assets/demo/answers.toml` a model says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// The official model.
    Large,
    /// The same through the relay: its own text where there is one, else the official model's.
    LargeRelay,
    /// The premium model.
    Premium,
}

/// Jitter of the gaps between tokens: standard deviation of their logarithm.
const GAP_SIGMA: f64 = 0.3;

/// One simulated model.
#[derive(Debug)]
pub(super) struct SimulatedModel {
    /// Model id.
    pub(super) id: &'static str,
    /// `owned_by` in the model list.
    pub(super) owner: &'static str,
    /// Its texts.
    pub(super) voice: Voice,
    /// Median time to the first text, milliseconds.
    pub(super) ttft_median_ms: f64,
    /// Median output speed, tokens per second.
    pub(super) tokens_per_s: f64,
    /// Share of answers in the usual wording throughout, 0–1.
    pub(super) usual_share: f64,
    /// In the other answers: share of places worded otherwise, 0–1.
    pub(super) reworded_share: f64,
}

/// All simulated models, in the order of the model list.
pub(super) const MODELS: [SimulatedModel; 3] = [
    SimulatedModel {
        id: "sim-large",
        owner: "simulated",
        voice: Voice::Large,
        ttft_median_ms: 350.0,
        tokens_per_s: 58.0,
        usual_share: 0.7,
        reworded_share: 0.25,
    },
    SimulatedModel {
        id: "sim-large-relay",
        owner: "simulated-relay",
        voice: Voice::LargeRelay,
        ttft_median_ms: 430.0,
        tokens_per_s: 54.0,
        usual_share: 0.35,
        reworded_share: 0.6,
    },
    SimulatedModel {
        id: "sim-premium",
        owner: "simulated",
        voice: Voice::Premium,
        ttft_median_ms: 300.0,
        tokens_per_s: 68.0,
        usual_share: 0.5,
        reworded_share: 0.4,
    },
];

impl SimulatedModel {
    /// When each of `count` pieces leaves, after the request came in; ascending.
    pub(super) fn departures(&self, count: usize, pace: DemoPace, chance: &mut Chance) -> Vec<Duration> {
        if pace == DemoPace::Instant {
            return vec![Duration::ZERO; count];
        }
        let mut at_ms = chance.around(self.ttft_median_ms, 0.22);
        let gap_ms = 1_000.0 / chance.around(self.tokens_per_s, 0.03);
        // A log-normal's mean is above its median by this factor; without it the jitter would slow the model down.
        let median_gap_ms = gap_ms / (GAP_SIGMA * GAP_SIGMA / 2.0).exp();
        (0..count)
            .map(|_| {
                let at = Duration::from_micros((at_ms * 1_000.0) as u64);
                at_ms += chance.around(median_gap_ms, GAP_SIGMA);
                at
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_keeps_its_speed() {
        for model in &MODELS {
            let mut ttft = Vec::new();
            for n in 0..501 {
                let departures = model.departures(200, DemoPace::Realistic, &mut Chance::of(1, &[model.id], n));
                assert!(departures.is_sorted());
                let span = departures[199].saturating_sub(departures[0]).as_secs_f64();
                assert!((45.0..80.0).contains(&(199.0 / span)), "{}: {} tokens/s", model.id, 199.0 / span);
                ttft.push(departures[0].as_secs_f64() * 1_000.0);
            }
            ttft.sort_by(f64::total_cmp);
            assert!((ttft[250] / model.ttft_median_ms - 1.0).abs() < 0.06, "{}: {}", model.id, ttft[250]);
        }
        assert_eq!(MODELS[0].departures(2, DemoPace::Instant, &mut Chance::of(1, &[], 0)), [Duration::ZERO; 2]);
    }
}
