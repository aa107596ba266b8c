//! Connections: how the table and the endpoint are found, and what errors and spans report.

pub mod bad_input;
pub mod deployed;
pub mod failures;
pub mod faults;
pub mod local_dev;
pub mod lookup;
pub mod network;
pub mod observed;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [
        bad_input::cases(),
        deployed::cases(),
        failures::cases(),
        faults::cases(),
        local_dev::cases(),
        lookup::cases(),
        observed::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [deployed::trials(), network::trials(), observed::trials()].into_iter().flatten().collect()
}
