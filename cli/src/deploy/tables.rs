//! The tables of a stack. CloudFormation does not wait until a new index is usable, and DynamoDB changes one index at a time.
//! See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>.

use aws_config::SdkConfig;
use monotable::aws::error::ProvideErrorMetadata;
use monotable::aws::types::{IndexStatus, TableStatus};
use monotable_infra::change::IndexChange;

use super::failure::failed;
use super::progress::Progress;
use super::stack::{Pauses, Stack};
use crate::failure::Result;

pub struct Tables {
    client: monotable::aws::Client,
}

impl Tables {
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: monotable::aws::Client::new(config) }
    }

    /// Waits until DynamoDB accepts a change of an index of these tables, because no other one is going on.
    pub async fn wait_for(&self, changes: &[IndexChange], stack: &Stack, progress: &Progress) -> Result<()> {
        for change in changes {
            let Some(table) = stack.physical_name(&change.table).await? else { continue };
            let mut pauses = Pauses::new();
            let mut is_reported = false;
            while let Some(busy) = self.busy(&table).await? {
                if !is_reported {
                    progress.note(&format!("  waiting for {busy} of the table `{table}`"));
                    is_reported = true;
                }
                pauses.pause().await;
            }
        }
        Ok(())
    }

    /// Returns what of a table is not active.
    async fn busy(&self, table: &str) -> Result<Option<String>> {
        let found = match self.client.describe_table().table_name(table).send().await {
            Ok(found) => found,
            // Created or deleted a moment ago.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(failed(&error, &format!("describe the table `{table}`"))),
        };
        let Some(found) = found.table() else { return Ok(None) };
        // A missing status stands for an active index.
        let is_busy = |status: Option<&IndexStatus>| status.is_some_and(|status| *status != IndexStatus::Active);
        let index = found.global_secondary_indexes().iter().find(|index| is_busy(index.index_status()));
        if let Some(index) = index {
            return Ok(Some(format!("the index {}", index.index_name().unwrap_or_default())));
        }
        let is_active = found.table_status().is_none_or(|status| *status == TableStatus::Active);
        Ok((!is_active).then(|| "the last change".to_owned()))
    }
}
