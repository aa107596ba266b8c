//! Code that the cases share: a table for each case, substitutes for the network, and a table of test entities.

pub mod answers;
pub mod app_config;
pub mod between;
pub mod case;
pub mod ledger;
pub mod probe;
pub mod proxy;
