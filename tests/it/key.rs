//! Key templates, and fields that are key attributes.

pub mod keys;
pub mod own_keys;
pub mod own_segments;
pub mod shared_keys;
pub mod stored_keys;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [own_keys::cases(), own_segments::cases(), shared_keys::cases(), stored_keys::cases()]
        .into_iter()
        .flatten()
        .collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [keys::trials(), shared_keys::trials()].into_iter().flatten().collect()
}
