use crate::client;
use crate::error::Result;
use crate::op::admin::target::Target;
use crate::op::on_table;
use crate::read::table_plan::Description;

/// Describes the table: DynamoDB's description, and how the table differs from `config.json`.
#[doc(alias = "describe_table")]
#[must_use = "operations do nothing until awaited"]
pub struct Describe {
    target: Target,
}

on_table!(Describe, "describe" -> Description);

impl Describe {
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }

    async fn run(self) -> Result<Description> {
        client::describe_table(&self.target.table().await?).await
    }
}
