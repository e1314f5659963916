//! A colour for each target of the charts: its own, and where two share one, the next that is free.

use std::collections::BTreeMap;

use crate::domain::{HistoryTarget, TargetKey};

/// Number of series colours.
const COLOURS: usize = 8;

/// Series colours by target. Earlier targets keep theirs.
pub(super) fn colours<'a>(targets: impl Iterator<Item = &'a HistoryTarget>) -> BTreeMap<TargetKey, usize> {
    let mut given = BTreeMap::new();
    let mut uses = [0_u32; COLOURS];
    for target in targets {
        let own = usize::from(target.colour) % COLOURS;
        // Past eight targets colours have to repeat; the least used comes next.
        let colour = if uses[own] == 0 { own } else { (0..COLOURS).min_by_key(|colour| uses[*colour]).unwrap_or(own) };
        uses[colour] += 1;
        given.insert(target.key.clone(), colour);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ConnectionId;

    fn target(model: &str, colour: u8) -> HistoryTarget {
        HistoryTarget {
            key: TargetKey { connection_id: ConnectionId::draw(), model: model.to_owned(), params: "{}".to_owned() },
            label: model.to_owned(),
            colour,
            connection_name: "C".to_owned(),
            runs: 1,
            last_run_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            simulated: false,
        }
    }

    #[test]
    fn up_to_eight_targets_never_share_a_colour() {
        let targets: Vec<_> = (0..8).map(|index| target(&index.to_string(), 3)).collect();
        let given = colours(targets.iter());
        let mut seen: Vec<_> = given.values().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(given[&targets[0].key], 3, "the first keeps its own");
    }
}
