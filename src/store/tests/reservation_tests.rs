//! What is set aside, taken away with the trial, or lost with the program.

use rust_decimal::Decimal;

use super::samples::{cell, connection, place, target, trial};
use crate::domain::{LostReservations, Role};

fn lost(count: u64, amount: u32) -> LostReservations {
    LostReservations { count, open: count, open_worst: amount.into(), counted: amount.into() }
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

#[test]
fn what_is_not_sent_is_released_down_to_what_earlier_attempts_cost() {
    let place = place();
    let id = place.run(4, vec![target(&connection("A", Role::Official), "m")]).id;
    let reserve = |case, amount: u32| place.write(move |archive| archive.reserve(id, cell(case, 0, 0), amount.into()));
    let release = |case, keep: u32| place.write(move |archive| archive.release(id, cell(case, 0, 0), keep.into()));
    reserve(0, 5);
    // Lost by an earlier life: that stays.
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(1, 5));
    reserve(0, 5);
    reserve(1, 7);
    reserve(2, 9);
    release(0, 0);
    release(1, 3);
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)), lost(3, 5 + 3 + 9));
    // What the trial cost is in the trial.
    place.record(id, &trial(cell(1, 0, 0)));
    release(1, 3);
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)), lost(2, 5 + 9));
}

#[test]
fn what_is_said_of_the_lost_counts_and_can_be_taken_back() {
    let place = place();
    let id = place.run(4, vec![target(&connection("A", Role::Official), "m")]).id;
    let reserve = |case, amount: u32| place.write(move |archive| archive.reserve(id, cell(case, 0, 0), amount.into()));
    reserve(0, 5);
    reserve(1, 7);
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, false)), lost(0, 0), "they may be in flight");
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)), lost(2, 12));
    place.write(move |archive| archive.settle_lost(id, Some(Decimal::ONE)));
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), lost(2, 12), "what is in flight is not settled");
    place.write(move |archive| archive.settle_lost(id, Some(Decimal::new(25, 1))));
    let settled = LostReservations { count: 2, open: 0, open_worst: Decimal::ZERO, counted: Decimal::new(25, 1) };
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)), settled);
    // The next crash is another matter.
    reserve(0, 5);
    let both = LostReservations { count: 3, open: 1, open_worst: 5.into(), counted: Decimal::new(75, 1) };
    assert_eq!(place.write(move |archive| archive.lose_reservations(id)), both);
    place.write(move |archive| archive.settle_lost(id, Some(Decimal::ZERO)));
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)).counted, Decimal::new(25, 1));
    place.write(move |archive| archive.settle_lost(id, None));
    assert_eq!(place.read(move |archive| archive.lost_reservations(id, true)), lost(3, 17));
}
