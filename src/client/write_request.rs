//! The requests that write one item.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemOutput, builders::DeleteItemInputBuilder};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput, builders::PutItemInputBuilder};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemInputBuilder};
use aws_sdk_dynamodb::types::ConsumedCapacity;

use crate::client::service_error::from_sdk;
use crate::client::{Attributes, Connection, Request, call, destination, units};
use crate::error::Result;

/// A request of the SDK that writes one item.
pub(crate) trait SdkWrite: Send + 'static {
    type Output: Send;
    type Error: Error + ProvideErrorMetadata + Send + Sync + 'static;

    const ACTION: &'static str;

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error>>> + Send;

    /// Returns the stored item, if it did not meet the condition.
    fn found(error: &Self::Error) -> Option<&Attributes>;

    fn used(output: &Self::Output) -> Option<&ConsumedCapacity>;
}

impl<W: SdkWrite> Request for W {
    type Response = W::Output;

    const ACTION: &'static str = W::ACTION;
    const IS_WRITE: bool = true;

    async fn send(self, connection: &Connection) -> Result<W::Output> {
        // The SDK's future is large, and each move would copy it.
        let sent = Box::pin(SdkWrite::send(self, connection.table_name(), connection.client()));
        sent.await.map_err(|error| {
            let found = error.as_service_error().and_then(W::found).cloned();
            let error = from_sdk(&error, &destination(connection, W::ACTION));
            match found {
                Some(item) => error.with_found_item(item.into()),
                None => error,
            }
        })
    }

    fn used(output: &W::Output) -> (f64, usize) {
        (units(W::used(output)), 1)
    }
}

impl SdkWrite for DeleteItemInputBuilder {
    type Output = DeleteItemOutput;
    type Error = DeleteItemError;

    const ACTION: &'static str = "dynamodb:DeleteItem";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<DeleteItemOutput, SdkError<DeleteItemError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn found(error: &DeleteItemError) -> Option<&Attributes> {
        match error {
            DeleteItemError::ConditionalCheckFailedException(failed) => failed.item(),
            _ => None,
        }
    }

    fn used(output: &DeleteItemOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}

impl SdkWrite for PutItemInputBuilder {
    type Output = PutItemOutput;
    type Error = PutItemError;

    const ACTION: &'static str = "dynamodb:PutItem";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<PutItemOutput, SdkError<PutItemError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn found(error: &PutItemError) -> Option<&Attributes> {
        match error {
            PutItemError::ConditionalCheckFailedException(failed) => failed.item(),
            _ => None,
        }
    }

    fn used(output: &PutItemOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}

impl SdkWrite for UpdateItemInputBuilder {
    type Output = UpdateItemOutput;
    type Error = UpdateItemError;

    const ACTION: &'static str = "dynamodb:UpdateItem";

    fn send(
        self,
        table: &str,
        client: &Client,
    ) -> impl Future<Output = Result<UpdateItemOutput, SdkError<UpdateItemError>>> + Send {
        self.table_name(table).set_return_consumed_capacity(call::capacity()).send_with(client)
    }

    fn found(error: &UpdateItemError) -> Option<&Attributes> {
        match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => failed.item(),
            _ => None,
        }
    }

    fn used(output: &UpdateItemOutput) -> Option<&ConsumedCapacity> {
        output.consumed_capacity()
    }
}
