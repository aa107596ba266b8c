//! An MCP server for the table@% if tables | length > 1 %@s@% endif %@ @% for table in tables %@`@{table.krate}@`@% if not loop.last %@, @% endif %@@% endfor %@.

mod entities;
pub mod http;
pub mod operation;
pub mod operations;
pub mod paging;
pub mod problem;
pub mod server;
mod tables;
mod values;

pub use operation::Operation;
pub use problem::Problem;
pub use server::Server;
pub use tables::Tables;
