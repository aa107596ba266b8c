//! Reads as inert data: a query or a scan before it is sent, a page of it, and how a table differs from its `config.json`. No I/O.

mod cursor;
pub(crate) mod expiry;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod table_plan;
