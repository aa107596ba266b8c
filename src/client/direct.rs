//! Reads whose items stay in the answer's text: what the SDK makes of them is slower to make, and to take apart again.
//! <https://docs.rs/aws-smithy-runtime-api/latest/aws_smithy_runtime_api/client/ser_de/index.html>
//!
//! The SDK's own deserializer reads all that is around the items, and answers that are none. Where this one is not asked, the SDK
//! has the items: that is slower, and nothing else.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItem;
use aws_sdk_dynamodb::operation::get_item::GetItem;
use aws_sdk_dynamodb::operation::query::Query;
use aws_sdk_dynamodb::operation::scan::Scan;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::FrozenLayer;

use super::{Attributes, Connection};
use crate::codec::{Found, Reads, Wire};
use crate::schema::TableLayout;

tokio::task_local! {
    /// The read that the SDK is sending.
    static READ: Arc<Read>;
}

/// A read, and what was found in its answer.
struct Read {
    reads: Reads,
    found: Mutex<Option<Wire>>,
}

impl Read {
    fn find(&self, found: Option<Wire>) -> Option<Wire> {
        // Nothing panics between.
        std::mem::replace(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner), found)
    }
}

/// The answer to a read.
pub(crate) struct Answer<O> {
    pub output: O,
    /// Its items, if they are not in what the SDK gives.
    wire: Option<Wire>,
}

impl<O> Answer<O> {
    /// The items; `of_sdk` are those that the SDK has.
    pub fn found(self, layout: &'static TableLayout, of_sdk: impl FnOnce(O) -> Option<Vec<Attributes>>) -> Found {
        match self.wire {
            Some(wire) => Found::wire(wire, layout),
            None => Found::sdk(of_sdk(self.output).unwrap_or_default(), layout),
        }
    }

    /// How many items there are; `of_sdk` as the SDK has it.
    pub fn count(&self, of_sdk: impl FnOnce(&O) -> usize) -> usize {
        self.wire.as_ref().map_or_else(|| of_sdk(&self.output), Wire::len)
    }
}

/// Runs what the SDK does for a read.
pub(super) async fn read<O, E>(
    connection: &Connection,
    reads: Reads,
    sdk: impl Future<Output = Result<O, E>>,
) -> Result<Answer<O>, E> {
    if !connection.is_direct() {
        return sdk.await.map(|output| Answer { output, wire: None });
    }
    let read = Arc::new(Read { reads, found: Mutex::new(None) });
    let output = READ.scope(Arc::clone(&read), sdk).await?;
    Ok(Answer { output, wire: read.find(None) })
}

/// Before the SDK does anything for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    let _ = READ.try_with(|read| {
        if let Some(sdk) = SDK.of(read.reads).and_then(|layer| layer.load::<SharedResponseDeserializer>()) {
            let direct = Direct { read: Arc::clone(read), sdk };
            config.interceptor_state().store_put(SharedResponseDeserializer::new(direct));
        }
    });
}

/// Before each attempt: what was found in the answer to another one is no matter.
pub(super) fn attempt() {
    let _ = READ.try_with(|read| read.find(None));
}

struct Direct {
    read: Arc<Read>,
    sdk: &'static SharedResponseDeserializer,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Direct").field(&self.read.reads).finish()
    }
}

impl DeserializeResponse for Direct {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().filter(|_| response.status().is_success());
        let Some((found, rest)) = body.and_then(|body| Wire::read(body, self.read.reads)) else {
            return self.sdk.deserialize_nonstreaming_with_config(response, config);
        };
        let mut around = HttpResponse::new(response.status(), SdkBody::from(rest));
        *around.headers_mut() = response.headers().clone();
        let output = self.sdk.deserialize_nonstreaming_with_config(&around, config)?;
        self.read.find(Some(found));
        Ok(output)
    }
}

/// What the SDK has for each operation, its deserializer among it.
struct Sdk {
    query: Option<FrozenLayer>,
    scan: Option<FrozenLayer>,
    get_item: Option<FrozenLayer>,
    batch_get_item: Option<FrozenLayer>,
}

static SDK: LazyLock<Sdk> = LazyLock::new(|| {
    let layer = |operation: &dyn RuntimePlugin| operation.config();
    Sdk {
        query: layer(&Query::new()),
        scan: layer(&Scan::new()),
        get_item: layer(&GetItem::new()),
        batch_get_item: layer(&BatchGetItem::new()),
    }
});

impl Sdk {
    fn of(&self, reads: Reads) -> Option<&FrozenLayer> {
        let layer = match reads {
            Reads::Query => &self.query,
            Reads::Scan => &self.scan,
            Reads::GetItem => &self.get_item,
            Reads::BatchGetItem => &self.batch_get_item,
        };
        layer.as_ref()
    }
}
