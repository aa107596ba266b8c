//! A query or a scan before it is sent, pages, records of streams, and the changes that bring a table in line with its `config.json`. This layer does
//! no I/O.

mod cursor;
pub(crate) mod expiry;
pub(crate) mod page;
pub(crate) mod plan;
#[cfg(feature = "stream")]
pub mod stream;
pub(crate) mod table_plan;
pub(crate) mod table_request;
