//! The requests of transactions.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_get_items::{TransactGetItemsError, TransactGetItemsOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::{self, TransactGetItem, TransactWriteItem};

use crate::client::service_error::from_sdk;
use crate::client::{Connection, Request, backoff, call, destination, units};
use crate::error::{CancellationReason, Result};
use crate::value::item::Item;

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
        (units(answer.consumed_capacity()), 0)
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
        (units(answer.consumed_capacity()), items)
    }
}
