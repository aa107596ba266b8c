use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::CreateTableInput;

use crate::client::{self, Connection, OperationFuture, TableOpOptions};
use crate::error::{Result, unbuilt};
use crate::op::admin::{self, target::Target};
use crate::op::awaitable;
use crate::read::table_request;

/// Creates the table of `config.json`, or changes an existing table to match the file, and waits until it is ready.
///
/// It creates missing global secondary indexes, replaces those whose keys or projection differ, and deletes those that the file
/// does not have: one at a time, as DynamoDB requires, and deletions last. It sets `ttlAttribute`. A different primary key or local
/// index is an error, because DynamoDB cannot change them.
///
/// `billing` and `stream` of the file are only for deployments: a new table is billed per request. A new index of a table with
/// provisioned capacity gets the capacity of the table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>
#[doc(alias = "create_table")]
#[doc(alias = "update_table")]
#[must_use = "operations do nothing until awaited"]
pub struct EnsureTable {
    target: Target,
    options: TableOpOptions,
}

impl EnsureTable {
    pub(super) fn new(target: Target) -> Self {
        Self { target, options: TableOpOptions::default() }
    }

    /// Allows deletions of indexes on a table that is not local, whose name is `table_name`. Without it, the operation
    /// returns an error that says what it would delete.
    pub fn allow_destructive(mut self, table_name: impl Into<String>) -> Self {
        self.options.allowed = Some(table_name.into());
        self
    }

    /// Sets the longest time to wait, ten minutes by default. DynamoDB continues with what was started.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// Uses the table of this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.target.on(connection);
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<()> {
        admin::send("ensure_table", self.target.name.clone(), self.run())
    }

    /// Returns the request that creates the table, without its name, and sends nothing.
    ///
    /// # Errors
    /// Fails if the request cannot be built.
    pub fn into_request(self) -> Result<CreateTableInput> {
        table_request::create(&self.target.config()?)?.build().map_err(unbuilt)
    }

    async fn run(self) -> Result<()> {
        client::ensure_table(&self.target.table().await?, self.options).await
    }
}

awaitable!([] EnsureTable => ());

impl fmt::Debug for EnsureTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnsureTable")
    }
}
