//! Operations on tables.

pub mod config_table;
pub mod existing;
pub mod schema_file;
pub mod tables;

use crate::support::case::Case;

pub fn cases() -> Vec<Case> {
    [config_table::cases(), existing::cases(), tables::cases()].into_iter().flatten().collect()
}

pub fn trials() -> Vec<libtest_mimic::Trial> {
    [schema_file::trials(), tables::trials()].into_iter().flatten().collect()
}
