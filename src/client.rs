//! The only layer that does I/O: it finds connections, sends requests and reads responses.

#[cfg(feature = "appconfig")]
mod app_config;
mod background;
mod backoff;
mod batch;
mod call;
pub(crate) mod capacity;
mod connection;
mod default_connection;
mod direct;
mod environment;
mod items;
mod pace;
mod pager;
#[cfg(feature = "appconfig")]
mod resolver;
mod segments;
mod service_error;
#[cfg(any(feature = "appconfig", feature = "https"))]
mod settings;
mod table;
mod usage;

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemOutput, builders::DeleteItemInputBuilder};
use aws_sdk_dynamodb::operation::get_item::{GetItemOutput, builders::GetItemInputBuilder};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput, builders::PutItemInputBuilder};
use aws_sdk_dynamodb::operation::query::{QueryOutput, builders::QueryInputBuilder};
use aws_sdk_dynamodb::operation::scan::{ScanOutput, builders::ScanInputBuilder};
use aws_sdk_dynamodb::operation::transact_get_items::{TransactGetItemsError, TransactGetItemsOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemInputBuilder};
use aws_sdk_dynamodb::types::{self, AttributeValue, ConsumedCapacity, TransactGetItem, TransactWriteItem};

use crate::client::service_error::{Destination, from_sdk};
use crate::codec::ReadOperation;
use crate::error::{CancellationReason, Result};
use crate::model::TableModel;
use crate::model::managed::Moment;
use crate::schema::TableLayout;
use crate::value::item::Item;

#[cfg(feature = "appconfig")]
pub use app_config::deployed_table_name;
pub(crate) use batch::{ATTEMPTS, BatchGetRequest, get as batch_get, write as batch_write};
pub use connection::Connection;
pub(crate) use connection::moment;
pub(crate) use default_connection::{connect, find, set as set_connection, table_name};
pub(crate) use direct::{DecodeItem, ReadOutput};
pub use environment::is_local;
pub use items::ItemStream;
pub(crate) use pager::{OnBadItem, Pager};
pub use segments::{ParallelScanStream, SegmentProgress, Segments};
#[cfg(feature = "https")]
pub use settings::http_client;
pub(crate) use table::{AdminTable, TableOpOptions, describe as describe_table, drop_table, ensure as ensure_table};
pub(crate) use usage::{OperationInfo, Usage};

/// An item or a key in the SDK's form.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The future of an operation.
///
/// It does nothing until you await it. It owns everything that it needs.
#[must_use = "operations do nothing until awaited"]
pub struct OperationFuture<T>(Pin<Box<dyn Future<Output = Result<T>> + Send>>);

impl<T> OperationFuture<T> {
    pub(crate) fn new(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for OperationFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for OperationFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperationFuture")
    }
}

/// An operation that sends one request: builds the request and reads the response.
pub(crate) trait Operation: Send + 'static {
    type Table: TableModel;
    type Request: Request;
    type Output: Send;

    /// The name of the operation in error messages, for example `put`.
    const NAME: &'static str;

    /// Returns the connection that the user passed to `.on(..)`.
    fn connection(&mut self) -> Option<Connection>;

    /// Describes the operation for its span.
    fn name(&self) -> OperationInfo;

    /// Builds the request without the table name. The managed fields are set from `at`.
    fn request(&self, at: &Moment) -> Result<Self::Request>;

    /// Reads the response. `at` is the moment that the request was built with.
    fn read(self, response: Result<<Self::Request as Request>::Response>, at: &Moment) -> Result<Self::Output>;
}

pub(crate) fn send<O: Operation>(operation: O) -> OperationFuture<O::Output> {
    OperationFuture::new(async { run(operation).await.map_err(|error| error.with_operation(O::NAME)) })
}

async fn run<O: Operation>(mut operation: O) -> Result<O::Output> {
    let found = find::<O::Table>(operation.connection()).await;
    // An invalid request is reported first, even if no connection was found.
    let at = moment::<O::Table>(found.as_ref().ok());
    let request = operation.request(&at)?;
    let response = Usage::new(&operation.name(), &found?).send(request).await;
    operation.read(response, &at)
}

/// A request of the SDK, without the table name.
pub(crate) trait Request: Send + 'static {
    type Response: Send;

    /// The IAM action that the credentials must allow, for example `dynamodb:GetItem`.
    const ACTION: &'static str;
    const IS_WRITE: bool;

    /// Returns the number of items in the request, if the response does not contain it.
    fn items(&self) -> usize {
        0
    }

    fn send(self, connection: &Connection) -> impl Future<Output = Result<Self::Response>> + Send;

    /// Returns the capacity units and the number of items of a response.
    fn used(response: &Self::Response) -> (f64, usize);
}

pub(crate) fn destination<'c>(connection: &'c Connection, action: &'static str) -> Destination<'c> {
    let is_sent = call::is_sent();
    Destination { table: connection.table_name(), endpoint: connection.endpoint(), is_sent, action }
}

/// A read request without the table name, and the function that decodes each item.
pub(crate) struct Reading<R, L> {
    pub request: R,
    pub layout: &'static TableLayout,
    pub look: DecodeItem<L>,
}

macro_rules! reads {
    ($($action:literal $reads:ident $request:ty => $response:ty, |$output:ident| $items:expr;)*) => {$(
        impl<L: Send + 'static> Request for Reading<$request, L> {
            type Response = ReadOutput<$response, L>;

            const ACTION: &'static str = $action;
            const IS_WRITE: bool = false;

            async fn send(self, connection: &Connection) -> Result<ReadOutput<$response, L>> {
                let request = self
                    .request
                    .table_name(connection.table_name())
                    .set_return_consumed_capacity(call::capacity());
                // The SDK's future is large, and each move would copy it.
                let sent = Box::pin(request.send_with(connection.client()));
                let of_sdk = |$output: &mut $response| $items;
                let read = direct::read(connection, ReadOperation::$reads, self.layout, self.look, of_sdk, sent);
                read.await.map_err(|error| from_sdk(&error, &destination(connection, $action)))
            }

            fn used(answer: &ReadOutput<$response, L>) -> (f64, usize) {
                let units = answer.output.consumed_capacity.as_ref().and_then(|used| used.capacity_units);
                (units.unwrap_or_default(), answer.count())
            }
        }
    )*};
}

reads! {
    "dynamodb:GetItem" GetItem GetItemInputBuilder => GetItemOutput, |output| output.item.take().into_iter().collect();
    "dynamodb:Query" Query QueryInputBuilder => QueryOutput, |output| output.items.take().unwrap_or_default();
    "dynamodb:Scan" Scan ScanInputBuilder => ScanOutput, |output| output.items.take().unwrap_or_default();
}

impl<L> ReadOutput<GetItemOutput, L> {
    fn count(&self) -> usize {
        self.items.len()
    }
}

/// A response that only counts contains no items, so these use the response's `Count`.
macro_rules! counted {
    ($($output:ty)*) => {$(
        impl<L> ReadOutput<$output, L> {
            pub fn count(&self) -> usize {
                usize::try_from(self.output.count).unwrap_or_default()
            }
        }
    )*};
}

counted! { QueryOutput ScanOutput }

/// `$found` is the error variant that may contain the stored item.
macro_rules! writes {
    ($($action:literal $request:ty => $response:ty, $found:path;)*) => {$(
        impl Request for $request {
            type Response = $response;

            const ACTION: &'static str = $action;
            const IS_WRITE: bool = true;

            async fn send(self, connection: &Connection) -> Result<$response> {
                let request = self
                    .table_name(connection.table_name())
                    .set_return_consumed_capacity(call::capacity());
                Box::pin(request.send_with(connection.client())).await.map_err(|error| {
                    let found = match error.as_service_error() {
                        Some($found(failed)) => failed.item.clone(),
                        _ => None,
                    };
                    let error = from_sdk(&error, &destination(connection, $action));
                    match found {
                        Some(item) => error.with_found_item(item.into()),
                        None => error,
                    }
                })
            }

            fn used(answer: &$response) -> (f64, usize) {
                let units = answer.consumed_capacity.as_ref().and_then(|used| used.capacity_units);
                (units.unwrap_or_default(), 1)
            }
        }
    )*};
}

writes! {
    "dynamodb:DeleteItem" DeleteItemInputBuilder => DeleteItemOutput, DeleteItemError::ConditionalCheckFailedException;
    "dynamodb:PutItem" PutItemInputBuilder => PutItemOutput, PutItemError::ConditionalCheckFailedException;
    "dynamodb:UpdateItem" UpdateItemInputBuilder => UpdateItemOutput, UpdateItemError::ConditionalCheckFailedException;
}

/// The writes of a transaction, without the table name.
#[derive(Clone)]
pub(crate) struct TransactRequest {
    pub items: Vec<TransactWriteItem>,
    /// The idempotency token. If it is `None`, the connection or the SDK creates one.
    pub token: Option<String>,
    /// How many times the transaction is retried if other transactions or throttling cancelled it.
    pub retries: u32,
}

/// The reads of a transaction, without the table name.
#[derive(Clone)]
pub(crate) struct TransactGetRequest {
    pub items: Vec<TransactGetItem>,
    /// How many times the transaction is retried if other transactions or throttling cancelled it.
    pub retries: u32,
}

/// Sends a transaction, and retries it if only other transactions or throttling cancelled it.
async fn retried<R, F: Future<Output = Result<R>>>(retries: u32, mut attempt: impl FnMut() -> F) -> Result<R> {
    let mut failures = 0;
    loop {
        match attempt().await {
            Err(error) if failures < retries && error.is_cancelled_for_now() => failures += 1,
            result => return result,
        }
        backoff::pause(failures).await;
    }
}

fn reasons(reasons: &[types::CancellationReason]) -> Vec<CancellationReason> {
    let reason = |types::CancellationReason { code, message, item, .. }: types::CancellationReason| {
        CancellationReason::new(code.as_deref(), message, item.filter(|item| !item.is_empty()).map(Item::from))
    };
    reasons.iter().cloned().map(reason).collect()
}

fn units(used: Option<&Vec<ConsumedCapacity>>) -> f64 {
    used.into_iter().flatten().filter_map(|used| used.capacity_units).sum()
}

impl Request for TransactRequest {
    type Response = TransactWriteItemsOutput;

    const ACTION: &'static str = "dynamodb:TransactWriteItems";
    const IS_WRITE: bool = true;

    fn items(&self) -> usize {
        self.items.len()
    }

    async fn send(mut self, connection: &Connection) -> Result<TransactWriteItemsOutput> {
        let table = connection.table_name();
        for item in &mut self.items {
            let names = [
                item.put.as_mut().map(|part| &mut part.table_name),
                item.update.as_mut().map(|part| &mut part.table_name),
                item.delete.as_mut().map(|part| &mut part.table_name),
                item.condition_check.as_mut().map(|part| &mut part.table_name),
            ];
            names.into_iter().flatten().for_each(|name| table.clone_into(name));
        }
        // All attempts use the same token, because an earlier one may still be in progress. Without retries, the SDK can create
        // it.
        let token = self.token.take().or_else(|| connection.fixed_token());
        self.token = token.or_else(|| (self.retries > 0).then(|| connection.token()));
        retried(self.retries, || {
            let Self { items, token, .. } = self.clone();
            async move {
                let request = connection
                    .client()
                    .transact_write_items()
                    .set_transact_items(Some(items))
                    .set_client_request_token(token)
                    .set_return_consumed_capacity(call::capacity());
                request.send().await.map_err(|error| {
                    let reasons = match error.as_service_error() {
                        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                            reasons(cancelled.cancellation_reasons())
                        }
                        _ => Vec::new(),
                    };
                    let is_unknown = error.code() == Some("TransactionInProgressException");
                    from_sdk(&error, &destination(connection, Self::ACTION)).cancelled_for(reasons).unknown(is_unknown)
                })
            }
        })
        .await
    }

    fn used(answer: &TransactWriteItemsOutput) -> (f64, usize) {
        (units(answer.consumed_capacity.as_ref()), 0)
    }
}

impl Request for TransactGetRequest {
    type Response = TransactGetItemsOutput;

    const ACTION: &'static str = "dynamodb:TransactGetItems";
    const IS_WRITE: bool = false;

    async fn send(mut self, connection: &Connection) -> Result<TransactGetItemsOutput> {
        for get in self.items.iter_mut().flat_map(|item| &mut item.get) {
            connection.table_name().clone_into(&mut get.table_name);
        }
        retried(self.retries, || {
            let request = connection.client().transact_get_items().set_transact_items(Some(self.items.clone()));
            let request = request.set_return_consumed_capacity(call::capacity());
            async move {
                request.send().await.map_err(|error| {
                    let reasons = match error.as_service_error() {
                        Some(TransactGetItemsError::TransactionCanceledException(cancelled)) => {
                            reasons(cancelled.cancellation_reasons())
                        }
                        _ => Vec::new(),
                    };
                    from_sdk(&error, &destination(connection, Self::ACTION)).cancelled_for(reasons)
                })
            }
        })
        .await
    }

    fn used(answer: &TransactGetItemsOutput) -> (f64, usize) {
        let items = answer.responses().iter().filter(|response| response.item.is_some()).count();
        (units(answer.consumed_capacity.as_ref()), items)
    }
}
