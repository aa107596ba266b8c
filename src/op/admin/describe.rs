use std::fmt;

use crate::client::{self, Connection, OperationFuture};
use crate::error::Result;
use crate::op::admin::{self, target::Target};
use crate::op::awaitable;
use crate::read::table_plan::Description;

/// Describes the table: DynamoDB's description, and how the table differs from `config.json`.
#[doc(alias = "describe_table")]
#[must_use = "operations do nothing until awaited"]
pub struct Describe {
    target: Target,
}

impl Describe {
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }

    /// Uses the table of this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.target.on(connection);
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<Description> {
        admin::send("describe", self.target.name.clone(), self.run())
    }

    async fn run(self) -> Result<Description> {
        client::describe_table(&self.target.table().await?).await
    }
}

awaitable!([] Describe => Description);

impl fmt::Debug for Describe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Describe")
    }
}
