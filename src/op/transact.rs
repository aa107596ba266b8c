//! Write transactions: all of the writes are applied, or none of them.

use std::collections::HashSet;
use std::fmt;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;

use crate::client::{self, Connection, Operation, OperationFuture, TransactRequest};
use crate::error::{Error, ErrorKind, ReasonCode, Result};
use crate::key::key_text;
use crate::model::managed::Moment;
use crate::model::{EntityModel, TableModel};
use crate::op::returning::{Returning, ReturningParts};
use crate::op::update::Update;
use crate::op::write_part::{IntoCreate, IntoDelete, IntoPut, UpdatePart, WritePart};
use crate::op::{Check, awaitable};

/// The largest number of parts in one transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
pub(super) const MAX_PARTS: usize = 100;

/// The largest length of an idempotency token.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MAX_TOKEN: usize = 36;

/// A transaction of puts, creates, updates, deletes and checks of up to 100 different items. All of them are applied, or none.
///
/// The transaction returns nothing, unless you ask for entities with [`TransactWrite::returning`]. It has an idempotency token,
/// so it is applied only once, even if its request is sent several times. If a part has a connection from `.on(..)`, the
/// transaction does not use it. A transaction consumes twice the capacity of single operations.
///
/// If the transaction is cancelled, [`Error::cancellation_reasons`] contains a reason for each part.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[doc(alias = "transact_write_items")]
#[must_use = "operations do nothing until awaited"]
pub struct TransactWrite<T: TableModel, R = ()> {
    parts: Vec<Box<dyn WritePart<T>>>,
    returned: R,
    token: Option<String>,
    retries: u32,
    connection: Option<Connection>,
}

impl<T: TableModel> TransactWrite<T> {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new(), returned: (), token: None, retries: 0, connection: None }
    }

    /// Adds these puts and creates, and returns their entities as stored, with versions and times.
    ///
    /// A tuple of parts returns a tuple, `.returning((user.put(), order.create()))`, and a `Vec` of parts returns a `Vec`.
    pub fn returning<G: Returning<T>>(self, writes: G) -> TransactWrite<T, G::Parts> {
        let Self { mut parts, returned: (), token, retries, connection } = self;
        let returned = writes.__parts();
        returned.__add(&mut parts);
        TransactWrite { parts, returned, token, retries, connection }
    }
}

impl<T: TableModel, R: ReturningParts<T>> TransactWrite<T, R> {
    fn push(mut self, part: impl WritePart<T> + 'static) -> Self {
        self.parts.push(Box::new(part));
        self
    }

    /// Writes this entity, and replaces the item with its key if one exists. To add a condition, pass a put:
    /// `.put(order.put().condition(..))`.
    pub fn put<E: EntityModel<Table = T>>(self, put: impl IntoPut<E>) -> Self {
        self.push(put.__put())
    }

    /// Writes this entity. If an item with its key exists, the transaction is cancelled.
    pub fn create<E: EntityModel<Table = T>>(self, create: impl IntoCreate<E>) -> Self {
        self.push(create.__create())
    }

    /// Changes some attributes of an item: `.update(User::update("u-1").add(User::ORDERS, 1))`.
    pub fn update<E: EntityModel<Table = T>, U: 'static>(self, update: Update<E, U>) -> Self {
        self.push(UpdatePart(update))
    }

    /// Deletes an item by its key, or the item of an entity: `.delete(User::delete("u-1"))`, `.delete(User::key("u-1"))`,
    /// `.delete(&user)`.
    pub fn delete(self, delete: impl IntoDelete<T>) -> Self {
        let part = delete.__part();
        self.push(part)
    }

    /// Requires an item that is not written to meet a condition: `.check(User::check("u-1").condition(..))`.
    pub fn check<E: EntityModel<Table = T>>(self, check: Check<E>) -> Self {
        self.push(check)
    }

    /// Sets the idempotency token, which has 1 to 36 bytes. Without this call, the token is random.
    ///
    /// For ten minutes, DynamoDB applies a transaction with this token only once, even if another process sends it again. The
    /// requests must be exactly equal, so do not set a token for writes of entities with `created_at` or `updated_at`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Retries the transaction up to this many times, with exponential backoff, if other transactions or throttling were the only
    /// reasons why it was cancelled. All attempts have the same idempotency token. The default is 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Uses the token as the write id, so that every process that sends this token sends an equal request.
    fn moment(&self, at: &Moment) -> Moment {
        match &self.token {
            Some(token) if at.write_id.is_some() => Moment { write_id: Some(token.as_str().into()), ..at.clone() },
            _ => at.clone(),
        }
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<R::Output> {
        client::send(self)
    }
}

impl<T: TableModel, R: ReturningParts<T>> Operation for TransactWrite<T, R> {
    type Table = T;
    type Request = TransactRequest;
    type Output = R::Output;

    const NAME: &'static str = "transact_write";
    const ENTITY: &'static str = T::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn request(&self, at: &Moment) -> Result<TransactRequest> {
        let at = self.moment(at);
        let refuse = |message: String| Error::new(ErrorKind::InvalidRequest, message).entity(T::__SCHEMA.name);
        check_number(self.parts.len()).map_err(refuse)?;
        if let Some(token) = self.token.as_ref().filter(|token| !(1..=MAX_TOKEN).contains(&token.len())) {
            let message = format!("the idempotency token has {} bytes; DynamoDB allows 1 to {MAX_TOKEN}", token.len());
            return Err(refuse(message));
        }
        let mut seen = HashSet::with_capacity(self.parts.len());
        let mut items = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let key = part.key().map_err(|error| error.entity(part.entity()))?;
            items.push(part.item(&at).map_err(|error| error.entity(part.entity()).key(key.to_string()))?);
            let shown = key.to_string();
            if !seen.insert(key) {
                let message = "two parts of the transaction are for the same item; combine them".to_owned();
                return Err(refuse(message).key(shown));
            }
        }
        Ok(TransactRequest { items, token: self.token.clone(), retries: self.retries })
    }

    fn read(self, response: Result<TransactWriteItemsOutput>, at: &Moment) -> Result<R::Output> {
        let at = self.moment(at);
        response.map_err(|error| with_reasons(error, &self.parts, &at).entity(T::__SCHEMA.name))?;
        self.returned.__written(&at)
    }
}

/// Checks the number of parts of a transaction.
///
/// # Errors
/// Returns the error message if the transaction has too many parts, or none.
pub(super) fn check_number(parts: usize) -> Result<(), String> {
    match parts {
        0 => Err("the transaction is empty".to_owned()),
        1..=MAX_PARTS => Ok(()),
        more => Err(format!("the transaction has {more} parts; DynamoDB allows at most {MAX_PARTS}")),
    }
}

/// Adds a reason for each part to the error of a cancelled transaction.
pub(super) fn with_reasons<T: TableModel>(error: Error, parts: &[Box<dyn WritePart<T>>], at: &Moment) -> Error {
    if error.kind() != ErrorKind::TransactionCanceled {
        return error;
    }
    let reasons = parts.iter().zip(error.cancellation_reasons().to_vec()).map(|(part, reason)| {
        let key = part.key().map(|key| key.to_string()).unwrap_or_default();
        let code = match reason.code() {
            ReasonCode::ConditionFailed => Some(part.failed(reason.found_item())),
            _ => None,
        };
        let broken = match (&code, reason.found_item()) {
            (Some(ReasonCode::ConditionFailed), Some(item)) => part.broken(item, at),
            _ => None,
        };
        reason.of(code, part.operation(), part.entity(), key).because(broken)
    });
    let reasons: Vec<_> = reasons.collect();
    // All attempts have the same token, and DynamoDB does not cancel a transaction whose token it has already applied. So a
    // cancelled transaction was not applied by an earlier attempt either.
    error.cancelled_for(reasons).unknown(false)
}

awaitable!([T: TableModel, R: ReturningParts<T>] TransactWrite<T, R> => R::Output);

impl<T: TableModel, R> fmt::Debug for TransactWrite<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts.iter().map(|part| format!("{} {}", part.operation(), part.entity()));
        f.debug_tuple("TransactWrite").field(&parts.collect::<Vec<_>>()).finish()
    }
}

/// Returns the text of a part's key, from the key attributes of the request.
pub(super) fn key_of<T: TableModel>(item: &client::Attributes) -> String {
    let layout = T::__SCHEMA.layout;
    let text = |name: &str| item.get(name).and_then(key_text::of_attribute).unwrap_or_default();
    key_text::display(&text(layout.partition_key.name), layout.sort_key.map(|key| text(key.name)).as_deref())
}
