use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemInputBuilder;
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use chrono::{DateTime, Utc};

use crate::client::{self, Connection, Operation, OperationFuture, ReadOutput, Reading};
use crate::error::{Error, Result, unbuilt};
use crate::expr::placeholders::Placeholders;
use crate::expr::projection;
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::projection::Projection;
use crate::model::read_target::{ReadTarget, decode_one};
use crate::model::{EntityModel, Stored, TableModel};
use crate::op::awaitable;
use crate::read::expiry;

/// A read of one entity by its key. Returns `None` if no item has this key, and fails if the item belongs to another entity.
///
/// `P` is the type that the read returns: the entity itself, or a [`Projection`] of it.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
#[doc(alias = "get_item")]
#[must_use = "operations do nothing until awaited"]
pub struct Get<E: EntityModel, P = E> {
    key: Result<Key<E::Table>>,
    consistent: bool,
    exclude_expired: bool,
    connection: Option<Connection>,
    types: PhantomData<fn() -> (E, P)>,
}

impl<E: EntityModel> Get<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, consistent: false, exclude_expired: false, connection: None, types: PhantomData }
    }

    /// Reads only the attributes of the projection `P`. The read consumes as much capacity as one of the whole item.
    pub fn select<P: Projection<Of = E>>(self) -> Get<E, P> {
        let Self { key, consistent, exclude_expired, connection, .. } = self;
        Get { key, consistent, exclude_expired, connection, types: PhantomData }
    }
}

impl<E: EntityModel, P: ReadTarget<Table = E::Table>> Get<E, P> {
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
    pub fn send(self) -> OperationFuture<Option<P>> {
        client::send(self)
    }

    /// Returns the key, the projection expression and its placeholders.
    pub(super) fn parts(&self) -> Result<(&Key<E::Table>, Option<String>, Placeholders)> {
        let key = self.key.as_ref().map_err(Error::clone)?;
        let layout = <E::Table as TableModel>::__SCHEMA.layout;
        if self.exclude_expired {
            expiry::ttl_attribute(layout).map_err(|error| error.entity(E::__SCHEMA.name))?;
        }
        let mut placeholders = Placeholders::default();
        let expires = self.exclude_expired.then_some(layout.ttl_attribute).flatten();
        let projection =
            projection::expression::<P>(layout.discriminator_attribute.as_slice(), expires, &mut placeholders);
        Ok((key, projection, placeholders))
    }

    /// Decodes an item that a transaction read. Returns `None` if the item does not exist or is excluded as expired.
    pub(super) fn found(&self, item: Option<&client::Attributes>, now: DateTime<Utc>) -> Result<Option<P>> {
        let Some(item) = item else { return Ok(None) };
        look(&Stored::new(item, <E::Table as TableModel>::__SCHEMA.layout), self.exclude_expired.then_some(now))
    }
}

/// Decodes the item. With a time in `unexpired`, returns `None` if the item had expired by then.
fn look<P: ReadTarget>(stored: &Stored<'_>, unexpired: Option<DateTime<Utc>>) -> Result<Option<P>> {
    match unexpired.zip(stored.layout().ttl_attribute) {
        Some((now, attribute)) if expiry::is_expired(stored, attribute, now) => Ok(None),
        _ => decode_one(stored).map(Some),
    }
}

impl<E: EntityModel, P: ReadTarget<Table = E::Table>> Operation for Get<E, P> {
    type Table = E::Table;
    type Request = Reading<GetItemInputBuilder, Result<Option<P>>>;
    type Output = Option<P>;

    const NAME: &'static str = "get";
    const ENTITY: &'static str = E::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn request(&self, at: &Moment) -> Result<Self::Request> {
        let (key, projection, placeholders) = self.parts()?;
        let request = GetItemInputBuilder::default()
            .set_key(Some(key.to_attributes()?))
            .set_projection_expression(projection)
            .set_expression_attribute_names(placeholders.into_maps().0)
            .set_consistent_read(self.consistent.then_some(true));
        let unexpired = self.exclude_expired.then_some(at.time);
        let layout = <E::Table as TableModel>::__SCHEMA.layout;
        Ok(Reading { request, layout, look: Box::new(move |stored| look(stored, unexpired)) })
    }

    fn read(self, answer: Result<ReadOutput<GetItemOutput, Result<Option<P>>>>, _: &Moment) -> Result<Option<P>> {
        let named = |error: Error| match &self.key {
            Ok(key) => error.entity(E::__SCHEMA.name).key(key.to_string()),
            Err(_) => error,
        };
        answer.map_err(named)?.items.pop().unwrap_or(Ok(None))
    }
}

awaitable!([E: EntityModel, P: ReadTarget<Table = E::Table>] Get<E, P> => Option<P>);

impl<E: EntityModel, P> fmt::Debug for Get<E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
