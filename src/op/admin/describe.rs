use crate::client::{self, Connection, OperationFuture};
use crate::error::Result;
use crate::model::TableModel;
use crate::op::on_table;
use crate::read::table_plan::Description;

/// Looks at the table: what DynamoDB says of it, and how it differs from `config.json`.
#[must_use = "operations do nothing until awaited"]
pub struct Describe<T> {
    connection: Option<Connection>,
    table: std::marker::PhantomData<fn() -> T>,
}

on_table!(Describe, "describe" -> Description);

impl<T: TableModel> Describe<T> {
    pub(crate) fn new() -> Self {
        Self { connection: None, table: std::marker::PhantomData }
    }

    async fn run(self) -> Result<Description> {
        client::describe_table::<T>(self.connection).await
    }
}
