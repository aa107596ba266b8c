use std::time::Duration;

use crate::client::{self, TableOpOptions};
use crate::error::Result;
use crate::op::admin::target::Target;
use crate::op::on_table;

/// Deletes the table and all its items, and waits until it is deleted. If the table does not exist, it does nothing.
#[doc(alias = "delete_table")]
#[must_use = "operations do nothing until awaited"]
pub struct DropTable {
    target: Target,
    options: TableOpOptions,
}

on_table!(DropTable, "drop_table" -> ());

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

    async fn run(self) -> Result<()> {
        client::drop_table(&self.target.connect().await?, self.options).await
    }
}
