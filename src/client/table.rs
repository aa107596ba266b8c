//! Creating a table.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::TableStatus;
use tokio::time::{Instant, sleep};

use super::{Connection, connection, destination};
use crate::error::{Error, ErrorKind, Result, from_sdk};
use crate::table::Table;

/// A new table takes seconds on AWS, and none on a local engine.
const DEADLINE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

/// Creates the table unless it exists, and waits until it can be used.
pub(crate) async fn ensure<T: Table>(own: Option<Connection>, request: CreateTableInputBuilder) -> Result<()> {
    let connection = connection::find::<T>(own).await?;
    let to = destination(&connection);
    let created = request.table_name(connection.table_name()).send_with(connection.client()).await;
    if let Err(error) = created {
        // Another process, or an earlier run, has made it.
        if error.code() != Some("ResourceInUseException") {
            return Err(from_sdk(error, &to));
        }
    }
    let deadline = Instant::now() + DEADLINE;
    loop {
        let described = connection.client().describe_table().table_name(connection.table_name()).send().await;
        let table = described.map_err(|error| from_sdk(error, &to))?.table;
        let status = table.and_then(|table| table.table_status);
        if matches!(status, Some(TableStatus::Active)) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let message = format!(
                "table `{}` is not active after {} s: its status is {}",
                connection.table_name(),
                DEADLINE.as_secs(),
                status.as_ref().map_or("unknown", TableStatus::as_str)
            );
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        sleep(POLL).await;
    }
}
