use std::fmt;

use aws_sdk_dynamodb::operation::put_item::PutItemInput;

use crate::client::{self, Connection, Operation, OperationFuture};
use crate::error::{Error, Result, unbuilt};
use crate::expr::condition::{Condition, IntoCondition, Node};
use crate::expr::entity_filter;
use crate::model::managed::Moment;
use crate::model::{EntityModel, EntityType, TableModel};
use crate::op::entity_write::EntityWrite;
use crate::op::guard::{self, Guard};
use crate::op::old::ReturningOld;
use crate::op::{awaitable, outcome};
use crate::read::expiry;
use crate::schema::{EntitySchema, TableSchema};

/// A write of an entity, which replaces the item with its key if one exists. Returns the entity as stored.
///
/// If the entity has a version, it must equal the stored version; the put increments it.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
#[doc(alias = "put_item")]
#[doc(alias = "save")]
#[must_use = "operations do nothing until awaited"]
pub struct Put<E: EntityModel> {
    entity: E,
    must_exist: bool,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

/// A write of a new entity. Returns the entity as stored.
///
/// If an item with its key exists, nothing is written, and the error is of the kind
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists).
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
#[must_use = "operations do nothing until awaited"]
pub struct Create<E: EntityModel> {
    entity: E,
    replaces_expired: bool,
    connection: Option<Connection>,
}

impl<E: EntityModel> Put<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), must_exist: false, condition: None, connection: None }
    }

    /// Requires that the put replaces an item of the same entity. If no item has this key,
    /// [`is_not_found`](crate::Error::is_not_found) of the error is `true`.
    pub fn must_exist(mut self) -> Self {
        self.must_exist = true;
        self
    }

    /// Returns the replaced entity instead of the written one, or `None` if no item had this key.
    pub fn returning_old(self) -> ReturningOld<Self> {
        ReturningOld::new(self)
    }

    /// Requires the stored item to meet this condition. If it does not, nothing is changed, and
    /// [`is_condition_failed`](crate::Error::is_condition_failed) of the error is `true`.
    ///
    /// If you call this method several times, all of the conditions must be met.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>
    pub fn condition(mut self, condition: impl IntoCondition<E>) -> Self {
        self.condition = Some(Condition::both(self.condition.take(), condition));
        self
    }

    /// Returns the request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the request.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<E> {
        client::send(self)
    }

    /// Returns monotable's own conditions: on the version, and on the discriminator if another entity can have the same key.
    pub(super) fn guards(&self) -> Vec<Guard> {
        guards(EntityType::of::<E>(), self.entity.__version(), self.must_exist, overlaps::<E>())
    }

    /// Returns `true` if the put replaces only items of its entity.
    pub(super) fn is_of_one_entity(&self) -> bool {
        overlaps::<E>() || self.must_exist
    }

    pub(super) fn has_to_exist(&self) -> bool {
        self.must_exist
    }
}

impl<E: EntityModel> Create<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), replaces_expired: false, connection: None }
    }

    /// Replaces an expired item of the same entity, because DynamoDB deletes items some time after they expire.
    ///
    /// The operation fails if `config.json` has no `ttlAttribute`.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
    pub fn replace_expired(mut self) -> Self {
        self.replaces_expired = true;
        self
    }

    /// Returns the request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the request.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<E> {
        client::send(self)
    }
}

/// Returns monotable's own conditions. Not generic: every entity would otherwise have its own copy.
fn guards(entity: EntityType, version: Option<u64>, must_exist: bool, overlaps: bool) -> Vec<Guard> {
    let version = version.and_then(|version| Guard::version(entity.schema, version));
    let entity = match must_exist {
        true => Some(Guard::entity(entity)),
        false => overlaps.then(|| Guard::entity_or_none(entity)).flatten(),
    };
    entity.into_iter().chain(version).collect()
}

/// Returns `true` if another entity of the table can have the same primary key as an item of `E`.
fn overlaps<E: EntityModel>() -> bool {
    overlaps_in(<E::Table as TableModel>::__SCHEMA, E::__SCHEMA)
}

/// Does the same for an entity that is a value. Not generic: every entity would otherwise have its own copy.
fn overlaps_in(table: &TableSchema, entity: &EntitySchema) -> bool {
    let is_it = |number: usize| table.entities[number].discriminator == entity.discriminator;
    table.overlaps.iter().any(|(one, other)| is_it(*one) || is_it(*other))
}

impl<E: EntityModel> EntityWrite for Put<E> {
    type Entity = E;

    const NAME: &'static str = "put";
    const IS_CREATE: bool = false;

    fn entity(&self) -> &E {
        &self.entity
    }

    fn into_entity(self) -> E {
        self.entity
    }

    fn own_connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn conditions(&self, _: &Moment) -> Result<Vec<Node>> {
        Ok(guard::into_nodes(self.guards(), self.condition.as_ref().map(Condition::node)))
    }

    fn explain(&self, error: Error) -> Error {
        let error = outcome::settled(E::__SCHEMA, error, self.entity.__version());
        let error = if self.is_of_one_entity() { error.explain_conflict(E::__SCHEMA, self.must_exist) } else { error };
        guard::explain(error.without_advice(), &self.guards(), self.condition.is_some())
    }
}

impl<E: EntityModel> EntityWrite for Create<E> {
    type Entity = E;

    const NAME: &'static str = "create";
    const IS_CREATE: bool = true;

    fn entity(&self) -> &E {
        &self.entity
    }

    fn into_entity(self) -> E {
        self.entity
    }

    fn own_connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn conditions(&self, at: &Moment) -> Result<Vec<Node>> {
        // One attribute is enough: DynamoDB evaluates the condition on the item with this key, and every item has the partition
        // key.
        let entity = EntityType::of::<E>();
        let absent = Node::NotExists(entity_filter::primary(entity.layout));
        if !self.replaces_expired {
            return Ok(vec![absent]);
        }
        let expired = expiry::expired(entity.layout, at.time)?;
        Ok(vec![Node::Or(vec![absent, Node::And(vec![entity_filter::is_there(entity), expired])])])
    }

    fn explain(&self, error: Error) -> Error {
        outcome::settled_create(E::__SCHEMA, error).already_exists()
    }
}

awaitable!([E: EntityModel] Put<E> => E);
awaitable!([E: EntityModel] Create<E> => E);

impl<E: EntityModel> fmt::Debug for Put<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}

impl<E: EntityModel> fmt::Debug for Create<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
