//! Operations on the table itself.

mod describe;
mod drop_table;
mod ensure_table;

pub use describe::Describe;
pub use drop_table::DropTable;
pub use ensure_table::EnsureTable;
