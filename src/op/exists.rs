use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemInputBuilder;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};

use crate::client::{self, Connection, Operation, OperationFuture, ReadOutput, Reading};
use crate::error::{Error, Result, unbuilt};
use crate::expr::placeholders::Placeholders;
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::{EntityModel, Stored, TableModel};
use crate::op::awaitable;
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

    /// Treats an expired item as missing, because DynamoDB deletes items some time after they expire.
    ///
    /// The operation fails if `config.json` has no `ttlAttribute`.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
    pub fn exclude_expired(mut self) -> Self {
        self.exclude_expired = true;
        self
    }

    /// Makes a consistent read, which sees every write that was completed before it. It consumes twice the capacity.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Returns the request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the request.
    pub fn into_request(self) -> Result<GetItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.request.build().map_err(unbuilt)
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<bool> {
        client::send(self)
    }
}

impl<E: EntityModel> Operation for Exists<E> {
    type Table = E::Table;
    type Request = Reading<GetItemInputBuilder, Result<bool>>;
    type Output = bool;

    const NAME: &'static str = "exists";
    const ENTITY: &'static str = E::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
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

awaitable!([E: EntityModel] Exists<E> => bool);

impl<E: EntityModel> fmt::Debug for Exists<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exists").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
