//! Batch writes that serialize items straight into the request body. The SDK's types are slower to create and to serialize.
//!
//! For the write of one item, the gain would be smaller than the cost of installing the serializer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_write_item::{BatchWriteItem, BatchWriteItemInput};
use aws_sdk_dynamodb::types::WriteRequest;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::ser_de::{SerializeRequest, SharedRequestSerializer};
use aws_smithy_types::body::SdkBody;

use crate::client::direct::{Connection, FirstUse};
use crate::model::WriteText;

tokio::task_local! {
    /// The batch in progress.
    static BATCH: Batch;
}

#[derive(Debug, Clone)]
struct Batch {
    writes: Arc<Vec<WriteText>>,
    begun: FirstUse,
    is_written: Arc<AtomicBool>,
}

/// Runs a batch write of the SDK. `send` sends the requests that the SDK serializes; it gets none if monotable serializes them.
pub(in crate::client) async fn write<F: Future>(
    connection: &Connection,
    writes: &Arc<Vec<WriteText>>,
    send: impl Fn(Vec<WriteRequest>) -> F,
) -> F::Output {
    if connection.is_direct() && connection.has_batch_hook() {
        let batch = Batch { writes: Arc::clone(writes), begun: FirstUse::default(), is_written: Arc::default() };
        let is_written = Arc::clone(&batch.is_written);
        let output = BATCH.scope(batch, send(Vec::new())).await;
        // The serializer did not run, so the SDK sent an empty batch. DynamoDB rejects an empty batch, and nothing was written.
        if is_written.load(Ordering::Relaxed) {
            return output;
        }
        connection.learn_no_batch_hook();
    }
    send(writes.iter().map(WriteText::to_request).collect()).await
}

/// Installs the serializer, before the SDK does anything else for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    let _ = BATCH.try_with(|batch| {
        if let Some(sdk) = sdk!(BatchWriteItem => SharedRequestSerializer).filter(|_| batch.begun.is_first()) {
            let direct = Direct { batch: batch.clone(), sdk };
            config.interceptor_state().store_put(SharedRequestSerializer::new(direct));
        }
    });
}

#[derive(Debug)]
struct Direct {
    batch: Batch,
    /// Serializes everything except the items.
    sdk: &'static SharedRequestSerializer,
}

impl SerializeRequest for Direct {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let mut input = match input.downcast::<BatchWriteItemInput>() {
            Ok(input) => input,
            Err(other) => return self.sdk.serialize_input(other, config),
        };
        let tables = input.request_items.take().unwrap_or_default();
        let table = tables.keys().next().ok_or("a batch needs a table")?;
        let mut request = self.sdk.serialize_input(Input::erase(input), config)?;
        let rest = request.body().bytes().and_then(|rest| rest.strip_prefix(b"{"));
        let rest = rest.ok_or("the SDK's request is not a JSON object")?;
        let length: usize = self.batch.writes.iter().map(|write| write.as_bytes().len() + 1).sum();
        let mut body = Vec::with_capacity(length + table.len() + rest.len() + 32);
        body.extend_from_slice(b"{\"RequestItems\":{");
        serde_json::to_writer(&mut body, table)?;
        body.extend_from_slice(b":[");
        for (number, write) in self.batch.writes.iter().enumerate() {
            body.extend_from_slice(if number == 0 { b"" } else { b"," });
            body.extend_from_slice(write.as_bytes());
        }
        body.extend_from_slice(if rest == b"}" { b"]}" } else { b"]}," });
        body.extend_from_slice(rest);
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        self.batch.is_written.store(true, Ordering::Relaxed);
        Ok(request)
    }
}
