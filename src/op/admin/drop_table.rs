use std::marker::PhantomData;
use std::time::Duration;

use crate::client::{self, Connection, OperationFuture, TableOpOptions};
use crate::error::Result;
use crate::model::TableModel;
use crate::op::on_table;

/// Deletes the table with all that it holds, and waits until it is gone. It is no error if there is none.
#[must_use = "operations do nothing until awaited"]
pub struct DropTable<T> {
    terms: TableOpOptions,
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

on_table!(DropTable, "drop_table" -> ());

impl<T: TableModel> DropTable<T> {
    pub(crate) fn new() -> Self {
        Self { terms: TableOpOptions::default(), connection: None, table: PhantomData }
    }

    /// Allows it on a table that is not local, whose name this is.
    pub fn allow_destructive(mut self, table_name: impl Into<String>) -> Self {
        self.terms.allowed = Some(table_name.into());
        self
    }

    /// Waits no longer than this, ten minutes by default. What was begun goes on.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.terms.deadline = deadline;
        self
    }

    async fn run(self) -> Result<()> {
        client::drop_table::<T>(self.connection, self.terms).await
    }
}
