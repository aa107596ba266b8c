//! Values as attributes.

pub mod strict;
pub mod values;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [strict::cases(), values::cases()].into_iter().flatten().collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [values::trials()].into_iter().flatten().collect()
}
