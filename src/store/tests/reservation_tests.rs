//! What is set aside, taken away with the trial, or lost with the program.

use rust_decimal::Decimal;

use super::samples::{cell, connection, place, target, trial};
use crate::domain::Role;
use crate::store::LostReservations;

fn lost(count: u64, amount: u32) -> LostReservations {
    LostReservations { count, amount: amount.into() }
}

#[test]
fn what_is_left_is_lost_and_stays_lost() {
    let place = place();
    let id = place.run(3, vec![target(&connection("A", Role::Official), "m")]).id;
    let other = place.run(3, vec![target(&connection("B", Role::Official), "m")]).id;
    let reserve = |case, amount: u32| place.write(move |archive| archive.reserve(id, cell(case, 0, 0), amount.into()));
    reserve(0, 5);
    reserve(1, 7);
    // A second attempt, with what the first cost.
    reserve(1, 9);
    place.write(move |archive| archive.reserve(other, cell(0, 0, 0), Decimal::from(100)));
    place.record(id, &trial(cell(0, 0, 0)));
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(1, 9));
    // The cell is sent again, and its trial stored: what was lost before stays.
    reserve(1, 9);
    place.record(id, &trial(cell(1, 0, 0)));
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(1, 9));
    // Lost twice.
    reserve(1, 9);
    reserve(2, 1);
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(3, 19));
    reserve(2, 1);
    place.write(move |archive| archive.release_all(id));
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(3, 19));
}
