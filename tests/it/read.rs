//! Queries, scans, pages, cursors and records of streams.

pub mod collections;
pub mod cursors;
pub mod paging;
pub mod parts;
pub mod queries;
pub mod scans;
pub mod streams;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [collections::cases(), cursors::cases(), paging::cases(), parts::cases(), queries::cases(), scans::cases()]
        .into_iter()
        .flatten()
        .collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [cursors::trials(), paging::trials(), streams::trials()].into_iter().flatten().collect()
}
