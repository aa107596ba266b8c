use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};

use super::awaitable;
use crate::client::{self, Connection, Operation, Sending};
use crate::entity::Entity;
use crate::error::{Error, Result, unbuilt};
use crate::key::Key;

/// Deletes the item with a key, in one request. It is no error if there is none.
#[must_use = "operations do nothing until awaited"]
pub struct Delete<E: Entity> {
    key: Result<Key<E::Table>>,
    connection: Option<Connection>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Delete<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, connection: None, entity: PhantomData }
    }

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<DeleteItemInput> {
        self.request()?.build().map_err(unbuilt)
    }
}

impl<E: Entity> Operation for Delete<E> {
    type Table = E::Table;
    type Request = DeleteItemInputBuilder;
    type Output = ();

    const NAME: &'static str = "delete";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn request(&self) -> Result<DeleteItemInputBuilder> {
        let key = self.key.as_ref().map_err(Error::again)?.to_attributes()?;
        Ok(DeleteItemInputBuilder::default().set_key(Some(key)))
    }

    fn read(self, answer: Result<DeleteItemOutput>) -> Result<()> {
        let key = self.key?;
        answer.map_err(|error| error.entity(E::SCHEMA.name).key(key.to_string()))?;
        Ok(())
    }
}

awaitable!(Delete -> ());
