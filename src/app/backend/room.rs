//! What the cap of a stored run has left, and whether anything that is to be sent fits into it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::analysis::SupersededCost;
use crate::domain::{ASSUMED_MAX_OUTPUT_TOKENS, Cell, Money, RunPlan, RunTarget, TrialRow, input_bound_tokens};

/// What was spent of the run's cap, with what was lost with an earlier program; zero without a cap. `superseded`: by target index.
pub(super) fn spent(plan: &RunPlan, rows: &[TrialRow], superseded: &[SupersededCost], lost: Decimal) -> Decimal {
    let Some(cap) = &plan.settings.cap else { return Decimal::ZERO };
    let in_cap = |index: u32| {
        plan.targets.get(index as usize).and_then(|target| target.price.as_ref()).is_some_and(|price| price.currency == cap.currency)
    };
    let current: Decimal = rows.iter().filter(|row| in_cap(row.cell.target_index)).filter_map(|row| row.cost).sum();
    let old: Decimal = superseded.iter().enumerate().filter(|(index, _)| in_cap(*index as u32)).map(|(_, cost)| cost.amount).sum();
    current + old + lost
}

/// Why none of these cells is sent: for the cheapest of them more is set aside than the cap has left. Absent when one is sent, without a cap, and when the
/// cells cannot be sent for another reason.
pub(super) fn no_room(plan: &RunPlan, cells: impl IntoIterator<Item = Cell>, spent: Decimal) -> Option<String> {
    let cap = plan.settings.cap.as_ref()?;
    let left = (cap.amount - spent).max(Decimal::ZERO);
    let mut bounds: BTreeMap<u32, u64> = BTreeMap::new();
    let mut least: Option<Decimal> = None;
    for cell in cells {
        let bound = match bounds.get(&cell.case_index) {
            Some(bound) => *bound,
            None => input_bound_tokens(&plan.cases.get(cell.case_index as usize)?.render().ok()?),
        };
        bounds.insert(cell.case_index, bound);
        let own = plan.targets.get(cell.target_index as usize).filter(|own| own.price.is_some());
        // Where a target cannot be asked its fallback is.
        for target in own.into_iter().chain(own.and_then(|_own| plan.fallback_of(cell.target_index))) {
            let Some(most) = set_aside(plan, target, bound, cap) else { continue };
            if most.is_zero() || most <= left {
                return None;
            }
            least = Some(least.map_or(most, |least| least.min(most)));
        }
    }
    let money = |amount| Money { amount, currency: cap.currency.clone() };
    Some(format!(
        "Nothing is sent: of the cap of {cap}, {} is left, and the cheapest request may cost up to {}. A higher cap sends the rest",
        money(left),
        money(least?)
    ))
}

/// What is set aside for a first request to a target; absent where the cap sends it nothing for want of a price in its currency.
fn set_aside(plan: &RunPlan, target: &RunTarget, bound: u64, cap: &Money) -> Option<Decimal> {
    let price = target.price.as_ref()?;
    let params = plan.settings.params.overridden_by(&target.params);
    let most_output = params.max_tokens.unwrap_or(ASSUMED_MAX_OUTPUT_TOKENS).into();
    let most = price.worst_cost(bound.saturating_add(params.most_definition_tokens()), most_output)?;
    (price.currency == cap.currency || most.is_zero()).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{plan, target};
    use crate::domain::{Currency, Price, PriceStanding};

    fn cell(target_index: u32) -> Cell {
        Cell { case_index: 0, target_index, repeat: 0 }
    }

    #[test]
    fn a_cap_that_has_no_room_for_the_cheapest_cell_says_so() {
        let price =
            |code: &str, output: i64| Some(Price::flat(0.into(), output.into(), Currency::new(code).unwrap(), PriceStanding::Own, "set"));
        // 8 192 tokens at most: 0.8192, 0.08192, nothing.
        let mut plan = plan(
            1,
            vec![target("A", price("USD", 100)), target("B", price("USD", 10)), target("C", price("CNY", 0)), target("D", None)],
            1,
        );
        assert_eq!(no_room(&plan, [cell(0)], 5.into()), None, "no cap");
        plan.settings.cap = Some(Money { amount: 1.into(), currency: Currency::usd() });
        let spent = |cents: i64| Decimal::new(cents, 2);
        let words = no_room(&plan, [cell(0), cell(1), cell(3)], spent(95)).unwrap();
        assert!(words.contains("of the cap of $1.00, $0.05") && words.contains("may cost up to $0.08"), "{words}");
        assert_eq!(no_room(&plan, [cell(0), cell(1)], spent(50)), None, "one fits");
        assert_eq!(no_room(&plan, [cell(0), cell(2)], spent(120)), None, "what is free is sent");
        assert_eq!(no_room(&plan, [cell(3)], spent(120)), None, "not the cap's fault");
        assert_eq!(no_room(&plan, [], spent(120)), None);
        plan.targets[0].fallback = Some(1);
        assert_eq!(no_room(&plan, [cell(0)], spent(50)), None, "its fallback fits");
    }
}
