//! Four real designs with all of their access patterns: what the language is measured by.

pub mod code_host;
pub mod deals;
pub mod e_commerce;
pub mod session_store;
