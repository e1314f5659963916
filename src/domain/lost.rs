//! Requests that were in flight when the program ended: nobody knows what they cost.

use rust_decimal::Decimal;

/// What was in flight under a cap when the program ended, over all its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostReservations {
    /// Requests, one for each time that they were lost.
    pub count: u64,
    /// Of them, those that nobody has said the cost of.
    pub open: u64,
    /// The most that the open ones can have cost, in the cap's currency.
    pub open_worst: Decimal,
    /// What all of them count as spent: what was said, else the worst.
    pub counted: Decimal,
}
