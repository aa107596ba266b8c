//! Puts and deletes that return the old entity.

use std::fmt;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use crate::client::{self, Attributes, Connection, Operation, OperationFuture, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::model::managed::Moment;
use crate::model::read_target::decode_item;
use crate::model::{EntityModel, entity};
use crate::op::entity_write::EntityWrite;
use crate::op::{Delete, Put, awaitable};

/// A [`Put`] or a [`Delete`] that returns the old entity, or `None` if no item had the key.
#[must_use = "operations do nothing until awaited"]
pub struct ReturningOld<O>(O);

impl<O> ReturningOld<O> {
    pub(super) fn new(operation: O) -> Self {
        Self(operation)
    }
}

impl<E: EntityModel> ReturningOld<Put<E>> {
    /// Sends the operation through this connection.
    pub fn on(self, connection: &Connection) -> Self {
        Self(self.0.on(connection))
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<Option<E>> {
        client::send(self)
    }
}

impl<E: EntityModel> ReturningOld<Delete<E>> {
    /// Sends the operation through this connection.
    pub fn on(self, connection: &Connection) -> Self {
        Self(self.0.on(connection))
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<Option<E>> {
        client::send(self)
    }
}

awaitable!([E: EntityModel] ReturningOld<Put<E>> => Option<E>);
awaitable!([E: EntityModel] ReturningOld<Delete<E>> => Option<E>);

/// A write that can return the old entity.
pub(crate) trait ReturnsOld: Operation<Request: ReturnsOldItem> {
    type Entity: EntityModel<Table = Self::Table>;

    /// Returns the text of the key, for errors.
    fn key_text(&self) -> String;
}

impl<E: EntityModel> ReturnsOld for Put<E> {
    type Entity = E;

    fn key_text(&self) -> String {
        entity::key_of(self.entity()).map(|key| key.to_string()).unwrap_or_default()
    }
}

impl<E: EntityModel> ReturnsOld for Delete<E> {
    type Entity = E;

    fn key_text(&self) -> String {
        self.key().map(ToString::to_string).unwrap_or_default()
    }
}

/// A request of the SDK that can return the old item.
pub(crate) trait ReturnsOldItem: Request {
    fn return_old(self) -> Self;
    fn old_item(response: &Self::Response) -> Option<&Attributes>;
}

impl ReturnsOldItem for PutItemInputBuilder {
    fn return_old(self) -> Self {
        self.return_values(ReturnValue::AllOld)
    }

    fn old_item(response: &PutItemOutput) -> Option<&Attributes> {
        response.attributes()
    }
}

impl ReturnsOldItem for DeleteItemInputBuilder {
    fn return_old(self) -> Self {
        self.return_values(ReturnValue::AllOld)
    }

    fn old_item(response: &DeleteItemOutput) -> Option<&Attributes> {
        response.attributes()
    }
}

impl<O: ReturnsOld> Operation for ReturningOld<O> {
    type Table = O::Table;
    type Request = O::Request;
    type Output = Option<O::Entity>;

    const NAME: &'static str = O::NAME;
    const ENTITY: &'static str = O::ENTITY;

    fn connection(&mut self) -> &mut Option<Connection> {
        self.0.connection()
    }

    /// Does not repeat a request that may have arrived: the second attempt would find the result of the first one instead of the
    /// old item.
    fn is_once(&self) -> bool {
        true
    }

    fn request(&self, at: &Moment) -> Result<O::Request> {
        Ok(self.0.request(at)?.return_old())
    }

    fn read(self, response: Result<<O::Request as Request>::Response>, at: &Moment) -> Result<Option<O::Entity>> {
        let key = self.0.key_text();
        let old = response.as_ref().ok().map(|response| O::Request::old_item(response).cloned().unwrap_or_default());
        self.0.read(response, at)?;
        // The write id proves that the write was applied, but the response with the old item was lost.
        let lost = || Err(Error::new(ErrorKind::Decode, "the response with the old item was lost").key(key));
        let old = match old {
            Some(old) if old.is_empty() => return Ok(None),
            Some(old) => decode_item::<O::Entity>(&old),
            None => lost(),
        };
        old.map(Some).map_err(|error| error.entity(O::ENTITY).applied(O::NAME))
    }
}

impl<O: fmt::Debug> fmt::Debug for ReturningOld<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReturningOld").field(&self.0).finish()
    }
}
