//! Operations on items.

pub mod batches;
pub mod crud;
pub mod lost_answers;
pub mod managed;
pub mod outcomes;
pub mod races;
pub mod requests;
pub mod returned;
pub mod stale;
pub mod transactions;
pub mod update_actions;
pub mod updates;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [
        batches::cases(),
        crud::cases(),
        lost_answers::cases(),
        managed::cases(),
        outcomes::cases(),
        races::cases(),
        returned::cases(),
        stale::cases(),
        transactions::cases(),
        update_actions::cases(),
        updates::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [requests::trials(), updates::trials()].into_iter().flatten().collect()
}
