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
mod hooks;
mod items;
mod pace;
mod pager;
mod read_request;
#[cfg(feature = "appconfig")]
mod resolver;
mod segments;
mod service_error;
#[cfg(any(feature = "appconfig", feature = "https"))]
mod settings;
mod table;
mod transaction;
mod usage;
mod write_request;

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity};

use crate::client::service_error::Destination;
use crate::error::Result;
use crate::model::TableModel;
use crate::model::managed::Moment;

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
pub(crate) use read_request::Reading;
pub use segments::{ParallelScanStream, SegmentProgress, Segments};
#[cfg(feature = "https")]
pub use settings::http_client;
pub(crate) use table::{AdminTable, TableOpOptions, describe as describe_table, drop_table, ensure as ensure_table};
pub(crate) use transaction::{TransactGetRequest, TransactRequest};
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
    /// The name of the entity or of the table enum.
    const ENTITY: &'static str;

    /// Returns the connection that the user passed to `.on(..)`.
    fn connection(&mut self) -> &mut Option<Connection>;

    /// Returns `true` if applying the request twice would change more than applying it once.
    fn is_once(&self) -> bool {
        false
    }

    /// Builds the request without the table name. The managed fields are set from `at`.
    fn request(&self, at: &Moment) -> Result<Self::Request>;

    /// Reads the response. `at` is the moment that the request was built with.
    fn read(self, response: Result<<Self::Request as Request>::Response>, at: &Moment) -> Result<Self::Output>;
}

pub(crate) fn send<O: Operation>(operation: O) -> OperationFuture<O::Output> {
    OperationFuture::new(async { run(operation).await.map_err(|error| error.with_operation(O::NAME)) })
}

async fn run<O: Operation>(mut operation: O) -> Result<O::Output> {
    let found = find::<O::Table>(operation.connection().take()).await;
    // An invalid request is reported first, even if no connection was found.
    let at = moment::<O::Table>(found.as_ref().ok());
    let request = operation.request(&at)?;
    let is_once = operation.is_once();
    let info = OperationInfo { operation: O::NAME, entity: O::ENTITY, is_once, ..OperationInfo::default() };
    let response = Usage::new(&info, &found?).send(request).await;
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

/// Returns the sum of the capacity units.
fn units<'u>(used: impl IntoIterator<Item = &'u ConsumedCapacity>) -> f64 {
    used.into_iter().filter_map(|used| used.capacity_units).sum()
}
