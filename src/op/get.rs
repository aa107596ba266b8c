use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemInputBuilder;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};

use super::{awaitable, by_key};
use crate::client::{self, Connection, Operation, Sending};
use crate::entity::Entity;
use crate::error::{Error, Result, unbuilt};
use crate::key::Key;
use crate::readable::decode_one;

/// Reads one entity by its key: `Some`, or `None` if there is no item with it. An item of another entity is an error.
#[must_use = "operations do nothing until awaited"]
pub struct Get<E: Entity> {
    key: Result<Key<E::Table>>,
    consistent: bool,
    connection: Option<Connection>,
    entity: PhantomData<fn() -> E>,
}

by_key!(Get);

impl<E: Entity> Operation for Get<E> {
    type Table = E::Table;
    type Request = GetItemInputBuilder;
    type Output = Option<E>;

    const NAME: &'static str = "get";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn request(&self) -> Result<GetItemInputBuilder> {
        let key = self.key.as_ref().map_err(Error::again)?.to_attributes()?;
        let consistent = self.consistent.then_some(true);
        Ok(GetItemInputBuilder::default().set_key(Some(key)).set_consistent_read(consistent))
    }

    fn read(self, answer: Result<GetItemOutput>) -> Result<Option<E>> {
        let named = |error: Error| match &self.key {
            Ok(key) => error.entity(E::SCHEMA.name).key(key.to_string()),
            Err(_) => error,
        };
        answer.map_err(named)?.item.map(|item| decode_one(item.into())).transpose()
    }
}

awaitable!(Get -> Option<E>);
