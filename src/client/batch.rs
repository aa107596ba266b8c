//! Splits batches into requests, sends several at a time, and retries unprocessed keys and items.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::stream::{self, StreamExt};

use crate::client::call::CallState;
use crate::client::service_error::from_sdk;
use crate::client::{Attributes, Connection, Usage, backoff, destination, direct};
use crate::codec::ReadOperation;
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::model::{Stored, WriteText};
use crate::schema::TableLayout;

/// The maximum number of keys and of writes in one request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_KEYS: usize = 100;
const MAX_WRITES: usize = 25;

/// The number of concurrent requests.
const CONCURRENCY: usize = 4;

/// The number of consecutive requests without progress after which a batch fails: about ten seconds.
pub(crate) const ATTEMPTS: u32 = 10;

/// Counts consecutive requests without progress.
struct Backoff {
    vain: u32,
    attempts: u32,
}

impl Backoff {
    /// Pauses before the next request. Returns `false` if the attempts are used up.
    async fn pause(&mut self, progress: bool) -> bool {
        self.vain = if progress { 0 } else { self.vain + 1 };
        if self.vain >= self.attempts {
            return false;
        }
        backoff::pause(self.vain).await;
        true
    }
}

async fn sent<O, E>(
    call: &Arc<CallState>,
    request: impl Future<Output = Result<O, SdkError<E>>>,
    connection: &Connection,
    action: &'static str,
) -> Result<O>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    call.watch(async { request.await.map_err(|error| from_sdk(&error, &destination(connection, action))) }).await
}

/// What a batch get reads, and the function that decodes each item.
pub(crate) struct BatchGetRequest<L> {
    pub look: Arc<dyn Fn(&Stored<'_>) -> L + Send + Sync>,
    pub layout: &'static TableLayout,
    pub consistent: bool,
    pub projection: Option<String>,
    pub names: Option<HashMap<String, String>>,
    pub attempts: u32,
}

/// The result of a batch get, in no particular order.
pub(crate) struct Read<L> {
    pub items: Vec<L>,
    /// The error and the unread keys, if the batch failed.
    pub failure: Option<(Error, Vec<Attributes>)>,
}

/// Reads the items with these keys.
pub(crate) async fn get<L: Send + 'static>(
    usage: &mut Usage,
    keys: Vec<Attributes>,
    wanted: BatchGetRequest<L>,
) -> Read<L> {
    let (connection, call) = (&usage.connection().clone(), &Arc::clone(usage.call()));
    let count = keys.len();
    let (mut chunks, mut rest) = (Vec::with_capacity(count.div_ceil(MAX_KEYS)), keys.into_iter());
    while rest.len() > 0 {
        chunks.push(rest.by_ref().take(MAX_KEYS).collect::<Vec<_>>());
    }
    let requests = stream::iter(chunks)
        .map(|chunk| get_chunk(connection, call, chunk, &wanted))
        .buffer_unordered(CONCURRENCY)
        .collect();
    let chunks: Vec<(Read<L>, f64)> = usage.instrument(requests).await;
    let mut read = Read { items: Vec::with_capacity(count), failure: None };
    for (chunk, units) in chunks {
        read.items.extend(chunk.items);
        if let Some((error, left)) = chunk.failure {
            read.failure.get_or_insert_with(|| (error, Vec::new())).1.extend(left);
        }
        usage.add(false, units, 0);
    }
    usage.add(false, 0.0, read.items.len());
    if let Some((error, left)) = read.failure.take() {
        let message = format!("{} of {count} items were not read: {}", left.len(), error.message());
        read.failure = Some((error.with_message(message, None), left));
    }
    read
}

/// Returns the result and the consumed capacity.
async fn get_chunk<L: Send + 'static>(
    connection: &Connection,
    call: &Arc<CallState>,
    keys: Vec<Attributes>,
    wanted: &BatchGetRequest<L>,
) -> (Read<L>, f64) {
    let (mut units, mut items, mut left) = (0.0, Vec::with_capacity(keys.len()), keys);
    let result = get_all(connection, call, &mut left, wanted, &mut items, &mut units).await;
    (Read { items, failure: result.err().map(|error| (error, left)) }, units)
}

async fn get_all<L: Send + 'static>(
    connection: &Connection,
    call: &Arc<CallState>,
    keys: &mut Vec<Attributes>,
    wanted: &BatchGetRequest<L>,
    items: &mut Vec<L>,
    used: &mut f64,
) -> Result<()> {
    let name = connection.table_name();
    let mut backoff = Backoff { vain: 0, attempts: wanted.attempts };
    loop {
        let keys_of = KeysAndAttributes::builder()
            .set_keys(Some(keys.clone()))
            .consistent_read(wanted.consistent)
            .set_projection_expression(wanted.projection.clone())
            .set_expression_attribute_names(wanted.names.clone());
        let request = connection
            .client()
            .batch_get_item()
            .request_items(name, keys_of.build().map_err(unbuilt)?)
            .set_return_consumed_capacity(call.capacity());
        // The request has only one table, so the table name in the response does not matter.
        let of_sdk = |output: &mut BatchGetItemOutput| {
            output.responses.take().into_iter().flatten().flat_map(|of| of.1).collect()
        };
        let look = Arc::clone(&wanted.look);
        let look = Box::new(move |stored: &Stored<'_>| look(stored));
        let request = direct::read(
            connection,
            ReadOperation::BatchGetItem,
            wanted.layout,
            look,
            of_sdk,
            Box::pin(request.send()),
        );
        let left: Vec<_> = match sent(call, request, connection, "dynamodb:BatchGetItem").await {
            Ok(mut answer) => {
                *used += super::units(answer.output.consumed_capacity());
                items.append(&mut answer.items);
                answer.output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect()
            }
            Err(error) if error.is_throttled() => keys.clone(),
            Err(error) => return Err(error),
        };
        if left.is_empty() {
            keys.clear();
            return Ok(());
        }
        let progress = left.len() < keys.len();
        *keys = left;
        if !backoff.pause(progress).await {
            let message = format!("table `{name}` did not process them in any attempt; try again later");
            return Err(Error::new(ErrorKind::Throttled, message));
        }
    }
}

/// Sends all of these writes, in no particular order.
pub(crate) async fn write(usage: &mut Usage, writes: Vec<WriteText>, attempts: u32) -> Result<()> {
    let (connection, call) = (&usage.connection().clone(), &Arc::clone(usage.call()));
    let count = writes.len();
    let (mut chunks, mut rest) = (Vec::with_capacity(count.div_ceil(MAX_WRITES)), writes.into_iter());
    while rest.len() > 0 {
        chunks.push(Arc::new(rest.by_ref().take(MAX_WRITES).collect::<Vec<_>>()));
    }
    let requests = stream::iter(chunks)
        .map(|chunk| write_chunk(connection, call, chunk, attempts))
        .buffer_unordered(CONCURRENCY)
        .collect();
    let answers: Vec<(Result<(), (Error, Writes)>, f64)> = usage.instrument(requests).await;
    let (mut first, mut left) = (None, Vec::new());
    for (answer, units) in answers {
        usage.add(true, units, 0);
        if let Err((error, unwritten)) = answer {
            first.get_or_insert(error);
            left.extend(unwritten.iter().map(WriteText::to_entry));
        }
    }
    usage.add(true, 0.0, count.saturating_sub(left.len()));
    first.map_or(Ok(()), |error: Error| {
        let is_unknown = usage.is_unknown(&error);
        let message = format!("{} of {count} entries were not written: {}", left.len(), error.message());
        Err(error.with_message(message, None).with_unwritten(left).unknown(is_unknown))
    })
}

type Writes = Arc<Vec<WriteText>>;

/// Returns the consumed capacity, and on failure the error and the writes that were not applied.
async fn write_chunk(
    connection: &Connection,
    call: &Arc<CallState>,
    writes: Writes,
    attempts: u32,
) -> (Result<(), (Error, Writes)>, f64) {
    let mut units = 0.0;
    (write_all(connection, call, writes, attempts, &mut units).await, units)
}

async fn write_all(
    connection: &Connection,
    call: &Arc<CallState>,
    mut writes: Writes,
    attempts: u32,
    used: &mut f64,
) -> Result<(), (Error, Writes)> {
    let name = connection.table_name();
    let mut backoff = Backoff { vain: 0, attempts };
    loop {
        let send = |requests| {
            let request = connection.client().batch_write_item().request_items(name, requests);
            Box::pin(request.set_return_consumed_capacity(call.capacity()).send())
        };
        let sending = direct::write(connection, &writes, send);
        let left = match sent(call, sending, connection, "dynamodb:BatchWriteItem").await {
            Ok(answer) => {
                *used += super::units(answer.consumed_capacity());
                let left = answer.unprocessed_items.unwrap_or_default();
                match left.values().flatten().map(WriteText::of).collect() {
                    Ok(left) => Arc::new(left),
                    // The unprocessed items cannot be read, so it is unknown which of these writes were applied.
                    Err(error) => {
                        call.lose();
                        return Err((error, writes));
                    }
                }
            }
            Err(error) if error.is_throttled() => Arc::clone(&writes),
            Err(error) => return Err((error, writes)),
        };
        if left.is_empty() {
            return Ok(());
        }
        let progress = left.len() < writes.len();
        writes = left;
        if !backoff.pause(progress).await {
            let message = format!("table `{name}` did not process them in any attempt; try again later");
            return Err((Error::new(ErrorKind::Throttled, message), writes));
        }
    }
}
