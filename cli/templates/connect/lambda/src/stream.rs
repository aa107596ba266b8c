//! Handles the records of a stream one after the other, and reports the first one that fails.
//!
//! Lambda then delivers this record and those after it again, and not those before it. So the changes of an item are handled in
//! their order, and a record that fails does not repeat the work of others. This needs `ReportBatchItemFailures` in the event source
//! mapping: <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>

use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::FutureExt;
use lambda_http::{Error, LambdaEvent};
use monotable::stream::Record;
use serde::Deserialize;
use serde_json::Value;

use crate::{changes, deadline};

/// The event of a stream. Its records are read one by one, so that a damaged one fails alone.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// Handles the records of an event.
///
/// # Errors
/// Fails if a record that fails has no sequence number. Lambda then delivers the whole event again.
pub async fn handle(event: LambdaEvent<Batch>) -> Result<DynamoDbEventResponse, Error> {
    let mut response = DynamoDbEventResponse::default();
    for record in event.payload.records {
        let sequence_number = record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
        // A panic is a failure of this record too.
        let handled = AssertUnwindSafe(handle_record(record)).catch_unwind();
        let left = deadline::time_left(&event.context);
        let outcome = if left.is_zero() { None } else { tokio::time::timeout(left, handled).await.ok() };
        let failure = match outcome {
            Some(Ok(Ok(()))) => continue,
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(_)) => "the handler panicked".to_owned(),
            None => "there was no time left".to_owned(),
        };
        let Some(number) = sequence_number else {
            return Err(format!("a record without a sequence number failed: {failure}").into());
        };
        tracing::error!(sequence_number = number, "a record failed: {failure}");
        let mut reported = DynamoDbBatchItemFailure::default();
        reported.item_identifier = Some(number);
        response.batch_item_failures.push(reported);
        break;
    }
    Ok(response)
}

async fn handle_record(record: Value) -> Result<(), Error> {
    let event: EventRecord = serde_json::from_value(record)?;
    changes::handle(&Record::try_from(event)?).await
}
