//! Complete table designs, access patterns, and a Python program on the same table.

pub mod designs;
pub mod edges;
pub mod first_run;
pub mod guide_patterns;
pub mod interop;
pub mod traps;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [
        designs::code_host::cases(),
        designs::deals::cases(),
        designs::e_commerce::cases(),
        designs::session_store::cases(),
        edges::cases(),
        guide_patterns::cases(),
        traps::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [edges::trials(), first_run::trials()].into_iter().flatten().collect()
}
