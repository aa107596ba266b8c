//! What the cases share: a table for each case, stand-ins for the network, and a table of test entities.

pub mod answers;
pub mod app_config;
pub mod between;
pub mod case;
pub mod ledger;
pub mod probe;
pub mod proxy;
