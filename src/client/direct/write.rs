//! Batches whose items go into the request's text as they are: the SDK's own writer takes longer for the same JSON. Of one item that
//! is less than what it takes to ask for this way.

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_write_item::{BatchWriteItem, BatchWriteItemInput};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::ser_de::{SerializeRequest, SharedRequestSerializer};
use aws_smithy_types::body::SdkBody;

use super::Connection;
use crate::codec::Json;

tokio::task_local! {
    /// Set while the SDK sends a batch.
    static BATCH: ();
}

/// Runs what the SDK does for a batch of writes.
pub(in crate::client) async fn write<F: Future>(connection: &Connection, sdk: F) -> F::Output {
    match connection.is_direct() {
        true => BATCH.scope((), sdk).await,
        false => sdk.await,
    }
}

/// Before the SDK does anything for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    if BATCH.try_with(|()| ()).is_ok()
        && let Some(sdk) = sdk!(BatchWriteItem => SharedRequestSerializer)
    {
        config.interceptor_state().store_put(SharedRequestSerializer::new(Direct(sdk)));
    }
}

/// With the SDK's own, for all that is around the items.
#[derive(Debug)]
struct Direct(&'static SharedRequestSerializer);

impl SerializeRequest for Direct {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let mut input = match input.downcast::<BatchWriteItemInput>() {
            Ok(input) => input,
            Err(other) => return self.0.serialize_input(other, config),
        };
        let Some(requests) = input.request_items.take() else {
            return self.0.serialize_input(Input::erase(input), config);
        };
        let mut request = self.0.serialize_input(Input::erase(input), config)?;
        let rest = request.body().bytes().and_then(|rest| rest.strip_prefix(b"{"));
        let rest = rest.ok_or("the SDK's request is no JSON object")?;
        let mut body = Vec::with_capacity(16 * 1024);
        body.extend_from_slice(b"{\"RequestItems\":");
        serde_json::to_writer(&mut body, &Json(&requests))?;
        body.extend_from_slice(if rest == b"}" { b"" } else { b"," });
        body.extend_from_slice(rest);
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }
}
