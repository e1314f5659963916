//! Seeded chance: the same seed and the same question always draw the same.

/// A source of draws that depends on nothing but what it was made from.
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    /// Draws for one purpose; `parts` and `number` tell it from the others.
    pub(super) fn of(seed: u64, parts: &[&str], number: u64) -> Self {
        Self(fastrand::Rng::with_seed(digest(seed, parts, number)))
    }

    /// True with this probability, 0–1.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// A number below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound)
    }

    /// Log-normal around `median`; `sigma` is the standard deviation of the logarithm. Never more than three sigmas away.
    pub(super) fn around(&mut self, median: f64, sigma: f64) -> f64 {
        // Twelve uniform draws have variance 1: close enough to normal, without the far tails.
        let normal: f64 = (0..12).map(|_| self.0.f64()).sum::<f64>() - 6.0;
        median * (sigma * normal.clamp(-3.0, 3.0)).exp()
    }
}

/// FNV-1a over all parts, then SplitMix64's finaliser; stable over versions and machines.
pub(super) fn digest(seed: u64, parts: &[&str], number: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
    let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        part.bytes().for_each(&mut take);
        // No byte of UTF-8: keeps ("ab", "c") apart from ("a", "bc").
        take(0xff);
    }
    number.to_le_bytes().into_iter().for_each(&mut take);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_all_that_it_is_made_from() {
        let base = digest(1, &["ab", "c"], 1);
        assert_eq!(base, digest(1, &["ab", "c"], 1));
        for other in [digest(2, &["ab", "c"], 1), digest(1, &["a", "bc"], 1), digest(1, &["ab", "c"], 2), digest(1, &["abc"], 1)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn draws_lie_around_their_median() {
        let mut drawn: Vec<f64> = (0..2_001).map(|n| Chance::of(7, &["ttft"], n).around(350.0, 0.25)).collect();
        drawn.sort_by(f64::total_cmp);
        assert!((330.0..370.0).contains(&drawn[1_000]), "median {}", drawn[1_000]);
        assert!(drawn[0] >= 350.0 * (-0.75_f64).exp() && drawn[2_000] <= 350.0 * 0.75_f64.exp());
        let hits = (0..10_000).filter(|n| Chance::of(7, &["fault"], *n).happens(0.03)).count();
        assert!((200..400).contains(&hits), "{hits} of 10,000 at 3 %");
    }
}
