//! Conditions, sort conditions and updates as expressions.

pub mod conditions;
pub mod expressions;
pub mod features;
pub mod ranges;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [conditions::cases(), expressions::cases(), features::cases()].into_iter().flatten().collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [conditions::trials(), ranges::trials()].into_iter().flatten().collect()
}
