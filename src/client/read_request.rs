//! The requests that read items.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput, builders::GetItemInputBuilder};
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput, builders::QueryInputBuilder};
use aws_sdk_dynamodb::operation::scan::{ScanError, ScanOutput, builders::ScanInputBuilder};
use aws_sdk_dynamodb::types::ConsumedCapacity;

use crate::client::service_error::from_sdk;
use crate::client::{Attributes, Connection, DecodeItem, ReadOutput, Request, call, destination, direct, units};
use crate::codec::ReadOperation;
use crate::error::Result;
use crate::schema::TableLayout;

/// A read request without the table name, and the function that decodes each item.
pub(crate) struct Reading<R, L> {
    pub request: R,
    pub layout: &'static TableLayout,
    pub look: DecodeItem<L>,
}

/// A read request of the SDK. [`Reading`] sends it.
pub(crate) trait SdkRead: Send + 'static {
    type Output: Send;
    type Error: Error + ProvideErrorMetadata + Send + Sync + 'static;

    const OPERATION: ReadOperation;
    const ACTION: &'static str;

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error>>> + Send;

    /// Takes the items from the output, if the SDK has read them.
    fn take_items(output: &mut Self::Output) -> Vec<Attributes>;

    /// Returns the number of items in the response, which has `decoded` items.
    fn count(output: &Self::Output, decoded: usize) -> usize;

    fn used(output: &Self::Output) -> Option<&ConsumedCapacity>;
}

impl<R: SdkRead, L: Send + 'static> Request for Reading<R, L> {
    type Response = ReadOutput<R::Output, L>;

    const ACTION: &'static str = R::ACTION;
    const IS_WRITE: bool = false;

    async fn send(self, connection: &Connection) -> Result<Self::Response> {
        // The SDK's future is large, and each move would copy it.
        let sent = Box::pin(self.request.send(connection.table_name(), connection.client()));
        let read = direct::read(connection, R::OPERATION, self.layout, self.look, R::take_items, sent);
        read.await.map_err(|error| from_sdk(&error, &destination(connection, R::ACTION)))
    }

    fn used(response: &Self::Response) -> (f64, usize) {
        (units(R::used(&response.output)), R::count(&response.output, response.items.len()))
    }
}

impl SdkRead for GetItemInputBuilder {
    type Output = GetItemOutput;
    type Error = GetItemError;

    const OPERATION: ReadOperation = ReadOperation::GetItem;
    const ACTION: &'static str = "dynamodb:GetItem";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<GetItemOutput, SdkError<GetItemError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn take_items(output: &mut GetItemOutput) -> Vec<Attributes> {
        output.item.take().into_iter().collect()
    }

    fn count(_: &GetItemOutput, decoded: usize) -> usize {
        decoded
    }

    fn used(output: &GetItemOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}

impl SdkRead for QueryInputBuilder {
    type Output = QueryOutput;
    type Error = QueryError;

    const OPERATION: ReadOperation = ReadOperation::Query;
    const ACTION: &'static str = "dynamodb:Query";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<QueryOutput, SdkError<QueryError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn take_items(output: &mut QueryOutput) -> Vec<Attributes> {
        output.items.take().unwrap_or_default()
    }

    /// A response that only counts contains no items.
    fn count(output: &QueryOutput, _: usize) -> usize {
        usize::try_from(output.count).unwrap_or_default()
    }

    fn used(output: &QueryOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}

impl SdkRead for ScanInputBuilder {
    type Output = ScanOutput;
    type Error = ScanError;

    const OPERATION: ReadOperation = ReadOperation::Scan;
    const ACTION: &'static str = "dynamodb:Scan";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<ScanOutput, SdkError<ScanError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn take_items(output: &mut ScanOutput) -> Vec<Attributes> {
        output.items.take().unwrap_or_default()
    }

    /// A response that only counts contains no items.
    fn count(output: &ScanOutput, _: usize) -> usize {
        usize::try_from(output.count).unwrap_or_default()
    }

    fn used(output: &ScanOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}
