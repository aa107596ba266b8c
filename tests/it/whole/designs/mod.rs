//! Four realistic table designs with all their access patterns.

pub mod code_host;
pub mod deals;
pub mod e_commerce;
pub mod session_store;
