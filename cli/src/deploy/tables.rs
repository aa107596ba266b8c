//! The tables of a stack. CloudFormation does not wait until a new index is usable, and DynamoDB changes one index at a time.
//! See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html>.

use aws_config::SdkConfig;
use monotable::aws::error::ProvideErrorMetadata;
use monotable::aws::types::{IndexStatus, TableStatus};
use monotable_infra::Template;

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

    /// Waits until no table of the deployed template changes any more, because DynamoDB refuses a second change.
    pub async fn wait_for(&self, deployed: Option<&Template>, stack: &Stack, progress: &Progress) -> Result<()> {
        let resources = deployed.into_iter().flat_map(Template::resources);
        for (id, _) in resources.filter(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table") {
            let Some(table) = stack.physical_name(id).await? else { continue };
            let mut pauses = Pauses::new();
            let mut is_reported = false;
            while let Some(busy) = self.busy(&table).await? {
                if !is_reported {
                    progress.waiting(&format!("waiting until {busy} of the table `{table}` is complete"));
                    is_reported = true;
                }
                pauses.pause().await;
            }
        }
        Ok(())
    }

    /// Returns the part of a table that is not active yet.
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
