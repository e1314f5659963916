//! The seeded sending order: interleaved, so that time of day favours no target.

use crate::domain::{Cell, RunPlan};

use super::WorkItem;

/// The work in the order in which it is sent, set by `plan.settings.seed` alone.
///
/// A block is one case × repeat with all its targets. Blocks stand in shuffled order, and inside each the targets stand side by
/// side in a shuffled order of their own. Every place is drawn from the seed and the cell itself, so the order of a part
/// (a resumed run) is the order of the whole with the other cells left out.
pub fn sending_order(plan: &RunPlan, work: Vec<WorkItem>) -> Vec<WorkItem> {
    let seed = plan.settings.seed;
    let mut work = work;
    work.sort_by_cached_key(|item| {
        let Cell { case_index, target_index, repeat } = item.cell;
        let block = draw(seed, &[1, u64::from(case_index), u64::from(repeat)]);
        let place = draw(seed, &[2, u64::from(case_index), u64::from(repeat), u64::from(target_index)]);
        (block, case_index, repeat, place, target_index)
    });
    work
}

/// A number drawn from the seed and what it is for; the same for the same arguments on every computer.
pub(super) fn draw(seed: u64, purpose: &[u64]) -> u64 {
    purpose.iter().fold(mix(seed), |state, word| mix(state ^ mix(*word)))
}

/// One step of SplitMix64 (Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014).
fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::runner::testing::{Bench, work_of};

    fn plan(cases: usize, targets: usize, repeats: u32, seed: u64) -> RunPlan {
        let mut plan = Bench::new(cases, targets).plan;
        plan.settings.repeats = repeats;
        plan.settings.seed = seed;
        plan
    }

    proptest! {
        #[test]
        fn the_order_is_a_balanced_permutation(cases in 1usize..12, targets in 1usize..6, repeats in 1u32..5, seed in any::<u64>()) {
            let plan = plan(cases, targets, repeats, seed);
            let sent = sending_order(&plan, work_of(&plan));
            let mut sorted: Vec<Cell> = sent.iter().map(|item| item.cell).collect();
            sorted.sort_unstable();
            let mut all: Vec<Cell> = plan.cells().collect();
            all.sort_unstable();
            prop_assert_eq!(sorted, all);
            let mut counts = vec![0u32; targets];
            for item in &sent {
                counts[item.cell.target_index as usize] += 1;
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            }
            for block in sent.chunks(targets) {
                prop_assert!(block.iter().all(|item| (item.cell.case_index, item.cell.repeat) == (block[0].cell.case_index, block[0].cell.repeat)));
            }
        }

        #[test]
        fn a_part_keeps_the_order_of_the_whole(seed in any::<u64>(), keep in proptest::collection::vec(any::<bool>(), 60)) {
            let plan = plan(5, 4, 3, seed);
            let part: Vec<WorkItem> = work_of(&plan).into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(item, _)| item).collect();
            let of_whole: Vec<WorkItem> = sending_order(&plan, work_of(&plan)).into_iter().filter(|item| part.contains(item)).collect();
            prop_assert_eq!(sending_order(&plan, part), of_whole);
        }
    }

    #[test]
    fn the_seed_decides() {
        let order = |seed| sending_order(&plan(20, 3, 2, seed), work_of(&plan(20, 3, 2, seed)));
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
    }

    #[test]
    fn every_target_goes_first_about_equally_often() {
        let plan = plan(300, 3, 1, 1);
        let mut first = [0u32; 3];
        for block in sending_order(&plan, work_of(&plan)).chunks(3) {
            first[block[0].cell.target_index as usize] += 1;
        }
        assert!(first.iter().all(|n| (70..=130).contains(n)), "{first:?}");
    }
}
