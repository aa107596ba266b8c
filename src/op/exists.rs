use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemInputBuilder;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};

use crate::client::{self, Connection, Operation, OperationFuture, OperationInfo, ReadOutput, Reading};
use crate::error::{Error, Result, unbuilt};
use crate::expr::placeholders::Placeholders;
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::{EntityModel, Stored, TableModel};
use crate::op::{awaitable, by_key};
use crate::read::expiry;

/// A check whether an item with a key exists. Like [`Get`](crate::op::Get), it fails if the item belongs to another entity.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
#[must_use = "operations do nothing until awaited"]
pub struct Exists<E: EntityModel> {
    key: Result<Key<E::Table>>,
    consistent: bool,
    exclude_expired: bool,
    connection: Option<Connection>,
    entity: PhantomData<fn() -> E>,
}

impl<E: EntityModel> Exists<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, consistent: false, exclude_expired: false, connection: None, entity: PhantomData }
    }
}

by_key!(Exists);

impl<E: EntityModel> Operation for Exists<E> {
    type Table = E::Table;
    type Request = Reading<GetItemInputBuilder, Result<bool>>;
    type Output = bool;

    const NAME: &'static str = "exists";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> OperationInfo {
        OperationInfo { operation: Self::NAME, entity: E::__SCHEMA.name, ..OperationInfo::default() }
    }

    /// Requests only the key, the discriminator and, if needed, the time of expiry, so the response of a large item stays small.
    fn request(&self, at: &Moment) -> Result<Self::Request> {
        let (key, now) = (self.key.as_ref().map_err(Error::clone)?.to_attributes()?, at.time);
        let layout = <E::Table as TableModel>::__SCHEMA.layout;
        let mut placeholders = Placeholders::default();
        let expires = self.exclude_expired.then(|| expiry::ttl_attribute(layout)).transpose();
        let expires = expires.map_err(|error| error.entity(E::__SCHEMA.name))?;
        let names =
            [Some(layout.partition_key.name), layout.sort_key.map(|key| key.name), layout.discriminator_attribute];
        let projection: Vec<_> =
            names.into_iter().chain([expires]).flatten().map(|name| placeholders.name(name)).collect();
        let request = GetItemInputBuilder::default()
            .set_key(Some(key))
            .projection_expression(projection.join(", "))
            .set_expression_attribute_names(placeholders.into_maps().0)
            .set_consistent_read(self.consistent.then_some(true));
        let look = move |stored: &Stored<'_>| {
            if expires.is_some_and(|name| expiry::is_expired(stored, name, now)) {
                return Ok(false);
            }
            let Some(attribute) = layout.discriminator_attribute else { return Ok(true) };
            let label = stored.discriminator(attribute)?;
            match E::__SCHEMA.accepts(label) {
                true => Ok(true),
                false => Err(Error::other_entity(label).entity(E::__SCHEMA.name).key(stored.display_key())),
            }
        };
        Ok(Reading { request, layout, look: Box::new(look) })
    }

    fn read(self, answer: Result<ReadOutput<GetItemOutput, Result<bool>>>, _: &Moment) -> Result<bool> {
        let key = self.key?;
        let answer = answer.map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()));
        answer?.items.pop().unwrap_or(Ok(false))
    }
}

awaitable!(Exists -> bool);
