//! Operations on a table as a whole: create or change it, describe it, delete it.

use crate::model::TableModel;
use crate::op::admin::target::Target;

mod config_table;
mod describe;
mod drop_table;
mod ensure_table;
mod target;

pub use config_table::ConfigTable;
pub use describe::Describe;
pub use drop_table::DropTable;
pub use ensure_table::EnsureTable;

pub(crate) fn ensure_table<T: TableModel>() -> EnsureTable {
    EnsureTable::new(Target::of::<T>())
}

pub(crate) fn describe<T: TableModel>() -> Describe {
    Describe::new(Target::of::<T>())
}

pub(crate) fn drop_table<T: TableModel>() -> DropTable {
    DropTable::new(Target::of::<T>())
}
