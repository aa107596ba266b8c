//! The tables of a stack. CloudFormation does not wait until a new index is usable, and DynamoDB changes one index at a time.
//! See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>.

use aws_config::SdkConfig;
use monotable::aws::error::ProvideErrorMetadata;
use monotable::aws::types::{IndexStatus, TableStatus};
use monotable_infra::change::{IndexAction, IndexChange};

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

    /// Waits until the tables of these index changes are ready for the next one.
    pub async fn wait_for(&self, changes: &[IndexChange], stack: &Stack, progress: &Progress) -> Result<()> {
        for change in changes {
            let Some(table) = stack.physical_name(&change.table).await? else { continue };
            let mut pauses = Pauses::new();
            let mut is_reported = false;
            while !self.is_active(&table, change).await? {
                if !is_reported {
                    let verb = if change.action == IndexAction::Add { "created" } else { "deleted" };
                    progress.note(&format!("  waiting until the index {} of `{table}` is {verb}", change.index));
                    is_reported = true;
                }
                pauses.pause().await;
            }
        }
        Ok(())
    }

    async fn is_active(&self, table: &str, change: &IndexChange) -> Result<bool> {
        let found = match self.client.describe_table().table_name(table).send().await {
            Ok(found) => found,
            // Created or deleted a moment ago.
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(true),
            Err(error) => return Err(failed(&error, &format!("describe the table `{table}`"))),
        };
        let Some(found) = found.table() else { return Ok(true) };
        // A missing status stands for an active index.
        let indexes = found.global_secondary_indexes().iter();
        let is_ready = |status: Option<&IndexStatus>| status.is_none_or(|status| *status == IndexStatus::Active);
        let is_left = |name: Option<&str>| change.action == IndexAction::Remove && name == Some(&change.index);
        Ok(found.table_status().is_none_or(|status| *status == TableStatus::Active)
            && indexes.clone().all(|index| is_ready(index.index_status()))
            && !indexes.clone().any(|index| is_left(index.index_name())))
    }
}
