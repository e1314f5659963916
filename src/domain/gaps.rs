//! The gaps between an answer's arrivals, counted in buckets: small, and added up over trials without keeping each gap.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Buckets in each doubling of the gap. A bucket is at most a sixteenth as wide as its lower edge.
const PER_DOUBLING: u64 = 16;

/// How many gaps of which length. Gaps under 16 µs are kept exactly; from there each doubling has 16 buckets of equal width, so that a value read
/// back (the middle of its bucket) is off by at most 1/32.
///
/// As JSON: `[[lower edge in microseconds, count], …]`, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapHistogram {
    /// Bucket and count, ascending by bucket; no count is 0.
    counts: Vec<(u16, u32)>,
}

fn bucket_of(us: u64) -> u16 {
    if us < PER_DOUBLING {
        return us as u16;
    }
    let doublings = u64::from(us.ilog2()) - 4;
    (PER_DOUBLING * doublings + (us >> doublings)) as u16
}

/// Lower edge and width of a bucket, microseconds.
fn edges(bucket: u16) -> (u64, u64) {
    let bucket = u64::from(bucket);
    let doublings = (bucket / PER_DOUBLING).saturating_sub(1);
    ((bucket - PER_DOUBLING * doublings) << doublings, 1 << doublings)
}

/// The last bucket, in which `u64::MAX` falls.
const LAST_BUCKET: u16 = (PER_DOUBLING * 61 - 1) as u16;

impl GapHistogram {
    /// Counts one gap.
    pub fn add(&mut self, us: u64) {
        self.add_many(bucket_of(us), 1);
    }

    fn add_many(&mut self, bucket: u16, count: u32) {
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(count),
            Err(at) => self.counts.insert(at, (bucket, count)),
        }
    }

    /// Adds the gaps of another answer.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            self.add_many(*bucket, *count);
        }
    }

    /// Gaps counted.
    pub fn n(&self) -> u64 {
        self.counts.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// No gap was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The `p`-th percentile (0–100, clamped) in microseconds, interpolated linearly as all percentiles are; off by at most 1/32. Absent without gaps.
    pub fn percentile_us(&self, p: f64) -> Option<f64> {
        let last = self.n().checked_sub(1)?;
        let position = last as f64 * (p / 100.0).clamp(0.0, 1.0);
        let below = position.floor() as u64;
        let (low, high) = (self.at_rank(below)?, self.at_rank((below + 1).min(last))?);
        Some(low + (high - low) * (position - below as f64))
    }

    /// The gap with so many shorter ones before it.
    fn at_rank(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        for (bucket, count) in &self.counts {
            seen += u64::from(*count);
            if rank < seen {
                let (lower, width) = edges(*bucket);
                return Some(lower as f64 + (width - 1) as f64 / 2.0);
            }
        }
        None
    }

    /// For storing: for each bucket the distance from the one before and the count, both as LEB128; two bytes a bucket in most answers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * self.counts.len());
        let mut before = 0;
        for (bucket, count) in &self.counts {
            put(&mut bytes, u32::from(bucket - before));
            put(&mut bytes, *count);
            before = *bucket;
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; absent for anything else.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut counts: Vec<(u16, u32)> = Vec::with_capacity(bytes.len() / 2);
        while !bytes.is_empty() {
            let before = counts.last().map(|(bucket, _)| *bucket);
            let (step, count) = (take(&mut bytes)?, take(&mut bytes)?);
            let bucket = u16::try_from(u32::from(before.unwrap_or(0)).checked_add(step)?).ok()?;
            if count == 0 || bucket > LAST_BUCKET || before.is_some_and(|before| before >= bucket) {
                return None;
            }
            counts.push((bucket, count));
        }
        Some(Self { counts })
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

impl Serialize for GapHistogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.counts.iter().map(|(bucket, count)| (edges(*bucket).0, *count)))
    }
}

impl<'de> Deserialize<'de> for GapHistogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut gaps = Self::default();
        for (us, count) in Vec::<(u64, u32)>::deserialize(deserializer)? {
            if count > 0 {
                gaps.add_many(bucket_of(us), count);
            }
        }
        Ok(gaps)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(gaps: &[u64]) -> GapHistogram {
        let mut histogram = GapHistogram::default();
        for us in gaps {
            histogram.add(*us);
        }
        histogram
    }

    /// Gaps of all magnitudes.
    fn gaps() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec((any::<u64>(), 0u32..64).prop_map(|(us, shift)| us >> shift), 0..80)
    }

    #[test]
    fn buckets_join_without_gap_or_overlap() {
        assert_eq!((bucket_of(0), bucket_of(15), bucket_of(16), bucket_of(31), bucket_of(32)), (0, 15, 16, 31, 32));
        assert_eq!(bucket_of(u64::MAX), LAST_BUCKET);
        let mut next = 0;
        for bucket in 0..LAST_BUCKET {
            let (lower, width) = edges(bucket);
            assert_eq!((lower, bucket_of(lower), bucket_of(lower + width - 1)), (next, bucket, bucket));
            next = lower + width;
        }
    }

    #[test]
    fn a_usual_answer_is_some_bytes_long() {
        let gaps: Vec<u64> = (0..500).map(|at| 18_000 + at % 40 * 100).collect();
        let bytes = of(&gaps).to_bytes().len();
        assert!(bytes <= 20, "{bytes}");
        assert_eq!(of(&[]).percentile_us(50.0), None);
        assert_eq!(of(&[3]).percentile_us(95.0), Some(3.0));
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        for bytes in [&[0x80][..], &[1], &[1, 0], &[5, 1, 0, 1], &[0xff, 0xff, 0xff, 0xff, 0xff, 1], &[0xff, 0x7f, 1]] {
            assert_eq!(GapHistogram::from_bytes(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn merging_is_counting_together(one in gaps(), other in gaps()) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            prop_assert_eq!(merged, of(&[one, other].concat()));
        }

        #[test]
        fn percentiles_are_off_by_a_thirtysecond_at_most(mut gaps in gaps(), p in 0.0..=100.0f64) {
            let histogram = of(&gaps);
            gaps.sort_unstable();
            prop_assert_eq!(histogram.n(), gaps.len() as u64);
            let Some(got) = histogram.percentile_us(p) else { prop_assert!(gaps.is_empty()); return Ok(()) };
            let position = (gaps.len() - 1) as f64 * p / 100.0;
            let (low, high) = (gaps[position.floor() as usize] as f64, gaps[position.ceil() as usize] as f64);
            let exact = low + (high - low) * position.fract();
            prop_assert!((got - exact).abs() <= exact / 32.0 + 1e-6 * exact.max(1.0), "{} for {}", got, exact);
        }

        #[test]
        fn bytes_and_json_lose_nothing(gaps in gaps()) {
            let histogram = of(&gaps);
            let read = GapHistogram::from_bytes(&histogram.to_bytes());
            prop_assert_eq!(read.as_ref(), Some(&histogram));
            let json = serde_json::to_string(&histogram).unwrap();
            prop_assert_eq!(serde_json::from_str::<GapHistogram>(&json).unwrap(), histogram);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(histogram) = GapHistogram::from_bytes(&bytes) {
                prop_assert_eq!(GapHistogram::from_bytes(&histogram.to_bytes()), Some(histogram));
            }
        }
    }
}
