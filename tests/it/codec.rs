//! Conversion of entities to items and back.

pub mod bad_data;
pub mod batch_requests;
pub mod direct;
pub mod roundtrip;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [bad_data::cases(), direct::cases(), roundtrip::cases()].into_iter().flatten().collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [batch_requests::trials(), direct::trials()].into_iter().flatten().collect()
}
