use aws_sdk_dynamodb::types::TableDescription;

use super::on_table;
use crate::change::{self, Change};
use crate::client::{self, Connection, Sending};
use crate::error::Result;
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
        let connection = client::find::<T>(self.connection).await?;
        let table = client::describe_table(&connection).await?;
        let changes = match &table {
            Some(table) => {
                let mut changes = change::changes(T::SCHEMA.layout, table)?;
                changes.extend(client::time_to_live::<T>(&connection).await?);
                changes
            }
            None => vec![Change::CreateTable],
        };
        Ok(Description { table_name: connection.table_name().to_owned(), table, changes })
    }
}

/// A table as it is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Description {
    /// The table's name.
    pub table_name: String,
    /// What DynamoDB says of it: status, item count and size (both some hours old), indexes; `None` if there is none.
    pub table: Option<TableDescription>,
    /// What `ensure_table` would do; nothing, if the table is as `config.json` has it.
    pub changes: Vec<Change>,
}
