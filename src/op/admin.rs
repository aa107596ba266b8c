//! Operations on a table as a whole: create or change it, describe it, delete it.

use std::borrow::Cow;

use crate::client::OperationFuture;
use crate::error::Result;
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

/// Returns the future of an operation. `table` is the name of the table in errors.
fn send<T>(
    operation: &'static str,
    table: Cow<'static, str>,
    run: impl Future<Output = Result<T>> + Send + 'static,
) -> OperationFuture<T> {
    OperationFuture::new(async move { run.await.map_err(|error| error.with_operation(operation).entity(table)) })
}
