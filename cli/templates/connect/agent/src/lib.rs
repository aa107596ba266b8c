//! An agent that uses the table@% if tables | length > 1 %@s@% endif %@ @% for table in tables %@`@{table.krate}@`@% if not loop.last %@, @% endif %@@% endfor %@. Only [`agent`] depends on a framework.

pub mod agent;
mod entities;
pub mod operation;
pub mod operations;
pub mod paging;
pub mod problem;
mod tables;
mod values;

pub use operation::Operation;
pub use problem::Problem;
pub use tables::Tables;
