//! Batches: in chunks, some of them at a time, and again what DynamoDB leaves over.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use futures_util::stream::{self, StreamExt};
use tokio::time::sleep;
use tracing::debug;

use super::{Attributes, Connection, connection, destination};
use crate::error::{Error, ErrorKind, Result, from_sdk, unbuilt};
use crate::op::BatchEntry;
use crate::table::Table;

/// The most of one request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_KEYS: usize = 100;
const MAX_WRITES: usize = 25;

/// Requests at a time.
const CONCURRENCY: usize = 4;

/// Between requests for what was left over: random up to this, doubled each time, and at most that.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Requests without any progress before it is given up: some ten seconds.
pub(crate) const ATTEMPTS: u32 = 10;

/// The requests that got nowhere, one after the other.
struct Backoff {
    vain: u32,
    attempts: u32,
}

impl Backoff {
    /// Waits before the next request; `false` if there shall be none.
    async fn pause(&mut self, progress: bool) -> bool {
        self.vain = if progress { 0 } else { self.vain + 1 };
        if self.vain >= self.attempts {
            return false;
        }
        let longest = LONGEST_PAUSE.min(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.vain)));
        let pause = longest.mul_f64(fastrand::f64());
        debug!(pause_ms = pause.as_millis(), "a part of a batch is left over");
        sleep(pause).await;
        true
    }
}

fn is_throttled(code: Option<&str>) -> bool {
    matches!(code, Some("ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded"))
}

/// The items with these keys that there are, in no order.
pub(crate) async fn get<T: Table>(
    own: Option<Connection>,
    keys: Vec<Attributes>,
    consistent: bool,
    attempts: u32,
) -> Result<Vec<Attributes>> {
    let connection = connection::find::<T>(own).await?;
    let connection = &connection;
    let chunks: Vec<Vec<Attributes>> = keys.chunks(MAX_KEYS).map(<[Attributes]>::to_vec).collect();
    let answers: Vec<Result<Vec<Attributes>>> = stream::iter(chunks)
        .map(|chunk| get_chunk(connection, chunk, consistent, attempts))
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut items = Vec::with_capacity(keys.len());
    for answer in answers {
        items.extend(answer?);
    }
    Ok(items)
}

async fn get_chunk(
    connection: &Connection,
    mut keys: Vec<Attributes>,
    consistent: bool,
    attempts: u32,
) -> Result<Vec<Attributes>> {
    let name = connection.table_name();
    let (mut items, mut backoff) = (Vec::with_capacity(keys.len()), Backoff { vain: 0, attempts });
    loop {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys.clone())).consistent_read(consistent);
        let request = connection.client().batch_get_item().request_items(name, wanted.build().map_err(unbuilt)?);
        let left = match request.send().await {
            Ok(answer) => {
                items.extend(answer.responses.unwrap_or_default().remove(name).unwrap_or_default());
                let left = answer.unprocessed_keys.unwrap_or_default().remove(name);
                left.map(|left| left.keys).unwrap_or_default()
            }
            Err(error) if is_throttled(error.code()) => keys.clone(),
            Err(error) => return Err(from_sdk(error, &destination(connection))),
        };
        if left.is_empty() {
            return Ok(items);
        }
        let progress = left.len() < keys.len();
        keys = left;
        if !backoff.pause(progress).await {
            let message = format!("{} of the items were left unread by table `{name}` again and again", keys.len());
            return Err(Error::new(ErrorKind::Throttled, message));
        }
    }
}

/// Writes all of these, in no order.
pub(crate) async fn write<T: Table>(own: Option<Connection>, requests: Vec<WriteRequest>, attempts: u32) -> Result<()> {
    let connection = connection::find::<T>(own).await?;
    let connection = &connection;
    let chunks: Vec<Vec<WriteRequest>> = requests.chunks(MAX_WRITES).map(<[WriteRequest]>::to_vec).collect();
    let answers: Vec<Result<(), (Error, Vec<WriteRequest>)>> = stream::iter(chunks)
        .map(|chunk| write_chunk(connection, chunk, attempts))
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let (mut first, mut left) = (None, Vec::new());
    for (error, unwritten) in answers.into_iter().filter_map(Result::err) {
        first.get_or_insert(error);
        left.extend(unwritten.into_iter().filter_map(BatchEntry::of));
    }
    first.map_or(Ok(()), |error| Err(error.leaving(left)))
}

/// What could not be written comes back with the reason.
async fn write_chunk(
    connection: &Connection,
    mut requests: Vec<WriteRequest>,
    attempts: u32,
) -> Result<(), (Error, Vec<WriteRequest>)> {
    let name = connection.table_name();
    let mut backoff = Backoff { vain: 0, attempts };
    loop {
        let items = HashMap::from([(name.to_owned(), requests.clone())]);
        let answer = connection.client().batch_write_item().set_request_items(Some(items)).send().await;
        let left = match answer {
            Ok(answer) => answer.unprocessed_items.unwrap_or_default().remove(name).unwrap_or_default(),
            Err(error) if is_throttled(error.code()) => requests.clone(),
            Err(error) => return Err((from_sdk(error, &destination(connection)), requests)),
        };
        if left.is_empty() {
            return Ok(());
        }
        let progress = left.len() < requests.len();
        requests = left;
        if !backoff.pause(progress).await {
            let message =
                format!("{} of the entries were left unwritten by table `{name}` again and again", requests.len());
            return Err((Error::new(ErrorKind::Throttled, message), requests));
        }
    }
}
