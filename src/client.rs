//! The one module that awaits: connections are found, requests sent, and the answers of several joined.

#[cfg(feature = "appconfig")]
mod app_config;
mod batch;
mod connection;
mod environment;
mod pager;
#[cfg(feature = "appconfig")]
mod resolver;
mod table;

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_dynamodb::operation::delete_item::{DeleteItemOutput, builders::DeleteItemInputBuilder};
use aws_sdk_dynamodb::operation::get_item::{GetItemOutput, builders::GetItemInputBuilder};
use aws_sdk_dynamodb::operation::put_item::{PutItemOutput, builders::PutItemInputBuilder};
use aws_sdk_dynamodb::operation::query::{QueryOutput, builders::QueryInputBuilder};
use aws_sdk_dynamodb::operation::scan::{ScanOutput, builders::ScanInputBuilder};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemInputBuilder};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Destination, Error, ErrorKind, Result, from_sdk};
use crate::table::Table;

pub(crate) use batch::{ATTEMPTS, get as batch_get, write as batch_write};
pub use connection::Connection;
pub(crate) use connection::{connect, set as set_connection, table_name};
pub use environment::is_local;
pub use pager::Items;
pub(crate) use pager::{OnBadItem, Pager};
pub(crate) use table::{Requests, Terms, describe as describe_table, drop_table, ensure as ensure_table};

/// An item, or a key, as the SDK has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The future of an operation. It does nothing until it is awaited, and owns all that it needs.
#[must_use = "operations do nothing until awaited"]
pub struct Sending<T>(Pin<Box<dyn Future<Output = Result<T>> + Send>>);

impl<T> Sending<T> {
    pub(crate) fn new(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for Sending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

/// An operation of one request: the request before it is sent, and what the answer means.
pub(crate) trait Operation: Send + 'static {
    type Table: Table;
    type Request: Request;
    type Output: Send;

    /// For messages, such as `put`.
    const NAME: &'static str;

    /// The connection of `.on(..)`.
    fn connection(&mut self) -> Option<Connection>;
    /// The request, less the table's name.
    fn request(&self) -> Result<Self::Request>;
    fn read(self, answer: Result<<Self::Request as Request>::Response>) -> Result<Self::Output>;
}

pub(crate) fn send<O: Operation>(mut operation: O) -> Sending<O::Output> {
    Sending::new(async move {
        let request = operation.request().map_err(|error| error.during(O::NAME))?;
        let found = connection::find::<O::Table>(operation.connection()).await;
        let connection = found.map_err(|error| error.during(O::NAME))?;
        let answer = request.send(&connection).await;
        operation.read(answer).map_err(|error| error.during(O::NAME))
    })
}

/// A request of the SDK, less the table's name.
pub(crate) trait Request: Send + 'static {
    type Response: Send;

    fn send(self, connection: &Connection) -> impl Future<Output = Result<Self::Response>> + Send;
}

fn destination(connection: &Connection) -> Destination<'_> {
    Destination { table: connection.table_name(), endpoint: connection.endpoint() }
}

macro_rules! requests {
    ($($request:ty => $response:ty,)*) => {$(
        impl Request for $request {
            type Response = $response;

            async fn send(self, connection: &Connection) -> Result<$response> {
                self.table_name(connection.table_name())
                    .send_with(connection.client())
                    .await
                    .map_err(|error| from_sdk(error, &destination(connection)))
            }
        }
    )*};
}

impl Request for UpdateItemInputBuilder {
    type Response = UpdateItemOutput;

    async fn send(self, connection: &Connection) -> Result<UpdateItemOutput> {
        let sent = self.table_name(connection.table_name()).send_with(connection.client()).await;
        sent.map_err(|error| {
            let found = match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Some(failed.item.clone()),
                _ => None,
            };
            let failed = |error| from_sdk(error, &destination(connection));
            match found {
                Some(None) => Error::new(ErrorKind::NotFound, "there is no item with this key; `create` or `put` it")
                    .caused_by(error),
                Some(Some(item)) => failed(error).finding(item.into()),
                None => failed(error),
            }
        })
    }
}

requests! {
    DeleteItemInputBuilder => DeleteItemOutput,
    GetItemInputBuilder => GetItemOutput,
    PutItemInputBuilder => PutItemOutput,
    QueryInputBuilder => QueryOutput,
    ScanInputBuilder => ScanOutput,
}
