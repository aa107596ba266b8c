use std::fmt;
use std::time::Duration;

use crate::client::{self, Connection, OperationFuture, TableOpOptions};
use crate::error::Result;
use crate::op::admin::{self, target::Target};
use crate::op::awaitable;

/// Deletes the table and all its items, and waits until it is deleted. If the table does not exist, it does nothing.
#[doc(alias = "delete_table")]
#[must_use = "operations do nothing until awaited"]
pub struct DropTable {
    target: Target,
    options: TableOpOptions,
}

impl DropTable {
    pub(super) fn new(target: Target) -> Self {
        Self { target, options: TableOpOptions::default() }
    }

    /// Allows it on a table that is not local, whose name is `table_name`. Without it, the operation
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
        admin::send("drop_table", self.target.name.clone(), self.run())
    }

    async fn run(self) -> Result<()> {
        client::drop_table(&self.target.connect().await?, self.options).await
    }
}

awaitable!([] DropTable => ());

impl fmt::Debug for DropTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DropTable")
    }
}
