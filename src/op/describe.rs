use aws_sdk_dynamodb::types::TableDescription;

use super::on_table;
use crate::change::Change;
use crate::client::{self, Connection, Sending};
use crate::error::{Error, Result};
use crate::table::Table;

/// Looks at the table: what DynamoDB says of it, and how it differs from `config.json`.
#[must_use = "operations do nothing until awaited"]
pub struct Describe<T> {
    connection: Option<Connection>,
    table: std::marker::PhantomData<fn() -> T>,
}

on_table!(Describe, "describe" -> Description);

impl<T: Table> Describe<T> {
    pub(crate) fn new() -> Self {
        Self { connection: None, table: std::marker::PhantomData }
    }

    async fn run(self) -> Result<Description> {
        client::describe_table::<T>(self.connection).await
    }
}

/// A table as it is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Description {
    /// The table's name.
    pub table_name: String,
    /// What DynamoDB says of it: status, item count and size (both some hours old), indexes; `None` if there is none.
    pub table: Option<TableDescription>,
    /// What `ensure_table` would do; nothing, if keys, indexes and expiry are as `config.json` has them.
    pub changes: Vec<Change>,
    /// What no change mends, such as another primary key: the error of `ensure_table`.
    pub conflict: Option<Error>,
}
