//! Reads that deserialize items straight from the response body.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItem;
use aws_sdk_dynamodb::operation::get_item::GetItem;
use aws_sdk_dynamodb::operation::query::Query;
use aws_sdk_dynamodb::operation::scan::Scan;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;

use crate::client::direct::{Attributes, Connection, FirstUse};
use crate::codec::{self, ByteRange, Entries, ReadOperation};
use crate::model::Stored;
use crate::schema::TableLayout;

tokio::task_local! {
    /// The read in progress.
    static READ: Read;
}

/// A read and the visitor of the items in its response.
#[derive(Clone)]
struct Read {
    reads: ReadOperation,
    begun: FirstUse,
    looks: Arc<Mutex<dyn ResponseVisitor>>,
}

/// Decodes an item.
pub(crate) type DecodeItem<L> = Box<dyn FnMut(&Stored<'_>) -> L + Send>;

/// The decoded items of a response. They are decoded while its body is read.
struct VisitedItems<L> {
    look: DecodeItem<L>,
    layout: &'static TableLayout,
    items: Vec<L>,
    text: Option<SdkBody>,
}

trait ResponseVisitor: codec::ItemVisitor + Send {
    /// Removes the items of an earlier attempt.
    fn clear(&mut self);

    /// Called after the last item, with the response body.
    fn finish(&mut self, text: SdkBody);
}

impl<L> codec::ItemVisitor for VisitedItems<L> {
    fn expect(&mut self, items: usize) {
        self.items.reserve(items);
    }

    fn item(&mut self, attributes: Entries<'_>, place: ByteRange) {
        self.items.push((self.look)(&Stored::in_text(attributes, place, self.layout)));
    }
}

impl<L: Send> ResponseVisitor for VisitedItems<L> {
    fn clear(&mut self) {
        self.items.clear();
        self.text = None;
    }

    fn finish(&mut self, text: SdkBody) {
        self.text = Some(text);
    }
}

impl Read {
    fn looks(&self) -> MutexGuard<'_, dyn ResponseVisitor + 'static> {
        // A poisoned lock is harmless: a panic while an item is decoded ends the whole read.
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The response of a read.
pub(crate) struct ReadOutput<O, L> {
    /// The SDK's output. It has no items if they were read from the response body.
    pub output: O,
    pub items: Vec<L>,
    /// The response body, if the items were read from it.
    pub text: Option<SdkBody>,
}

/// Runs a read of the SDK, and decodes the items. `of_sdk` takes the items from the SDK's output, for when the SDK read them.
pub(in crate::client) async fn read<O, E, L: Send + 'static>(
    connection: &Connection,
    reads: ReadOperation,
    layout: &'static TableLayout,
    look: DecodeItem<L>,
    of_sdk: impl FnOnce(&mut O) -> Vec<Attributes>,
    sdk: impl Future<Output = Result<O, E>>,
) -> Result<ReadOutput<O, L>, E> {
    let looked = Arc::new(Mutex::new(VisitedItems { look, layout, items: Vec::new(), text: None }));
    let mut output = match connection.is_direct() {
        true => READ.scope(Read { reads, begun: FirstUse::default(), looks: looked.clone() }, sdk).await?,
        false => sdk.await?,
    };
    let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
    let VisitedItems { look, items, text, .. } = &mut *looked;
    if text.is_none() {
        *items = of_sdk(&mut output).iter().map(|item| look(&Stored::new(item, layout))).collect();
    }
    Ok(ReadOutput { output, items: std::mem::take(items), text: text.take() })
}

/// Installs the deserializer, before the SDK does anything else for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    let _ = READ.try_with(|read| {
        let sdk = match read.reads {
            ReadOperation::Query => sdk!(Query => SharedResponseDeserializer),
            ReadOperation::Scan => sdk!(Scan => SharedResponseDeserializer),
            ReadOperation::GetItem => sdk!(GetItem => SharedResponseDeserializer),
            ReadOperation::BatchGetItem => sdk!(BatchGetItem => SharedResponseDeserializer),
        };
        if let Some(sdk) = sdk.filter(|_| read.begun.is_first()) {
            let direct = Direct { read: read.clone(), sdk };
            config.interceptor_state().store_put(SharedResponseDeserializer::new(direct));
        }
    });
}

/// Removes the items of an earlier attempt. Called before each attempt.
pub(in crate::client) fn attempt() {
    let _ = READ.try_with(|read| read.looks().clear());
}

struct Direct {
    read: Read,
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
        let body = response.body().bytes().filter(|_| response.status().is_success()).unwrap_or_default();
        let mut looks = self.read.looks();
        let Some(rest) = codec::read_answer(body, self.read.reads, &mut *looks) else {
            looks.clear();
            return self.sdk.deserialize_nonstreaming_with_config(response, config);
        };
        let mut around = HttpResponse::new(response.status(), SdkBody::from(rest));
        *around.headers_mut() = response.headers().clone();
        let output = self.sdk.deserialize_nonstreaming_with_config(&around, config)?;
        looks.finish(response.body().try_clone().unwrap_or_else(|| SdkBody::from(body)));
        Ok(output)
    }
}
