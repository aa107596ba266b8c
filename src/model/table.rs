//! What a table is.

use crate::model::read_target::ReadTarget;
use crate::schema::{ConfigSource, TableLayout, TableSchema};

/// What `#[derive(Table)]` says of the enum of the entities that a table holds. The operations on the table are in
/// [`Table`](crate::Table).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    note = "`#[derive(Table)]` on an enum of entities makes it one"
)]
pub trait TableModel: ReadTarget<Table = Self> {
    #[doc(hidden)]
    const __SCHEMA: &'static TableSchema;

    #[doc(hidden)]
    const __CONFIG: ConfigSource;

    /// By itself, because an entity's schema is made with it, and the table's schema has the entities'.
    #[doc(hidden)]
    const __LAYOUT: &'static TableLayout;
}

/// Says that the table has a variant for the entity `E`. Written by `derive(Table)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variant for `{E}`",
    label = "`{E}` names `{Self}` as its table",
    note = "add `{E}({E})` to the enum `{Self}`"
)]
pub trait Holds<E> {}
