use std::borrow::Cow;

use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::client::{self, Connection, Operation, OperationFuture, OperationInfo};
use crate::codec::check_size;
use crate::error::{Error, Result, unbuilt};
use crate::expr::condition::{self, Condition, IntoCondition, Node};
use crate::expr::entity_filter;
use crate::expr::placeholders::Placeholders;
use crate::model::key::Key;
use crate::model::managed::{self, Moment};
use crate::model::{EntityModel, TableModel, encode_entity, entity};
use crate::op::guard::{self, Guard};
use crate::op::old::ReturningOld;
use crate::op::{Expressions, awaitable, conditional, outcome};
use crate::read::expiry;
use crate::value::item::Item;

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

    conditional!();

    /// Returns the request without the table name, and sends nothing.
    ///
    /// # Errors
    /// Fails if monotable rejects the operation before it sends the request.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// Returns the entity with the managed fields that this write sets.
    pub(super) fn written(&self, at: &Moment) -> Result<Cow<'_, E>> {
        managed::apply_managed_fields(Cow::Borrowed(&self.entity), at, false)
    }

    /// Returns the item and the condition expression.
    pub(super) fn expressions(&self, at: &Moment) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(at)?)?;
        check_size(&item)?;
        let guards = self.guards();
        let nodes = guards.iter().map(|guard| &guard.node).chain(self.condition.as_ref().map(Condition::node));
        Ok((item, Expressions::condition(nodes)?))
    }

    /// Returns monotable's own conditions: on the version, and on the discriminator if another entity can have the same key.
    pub(super) fn guards(&self) -> Vec<Guard> {
        let version = self.entity.__version().and_then(Guard::version::<E>);
        let entity = match self.must_exist {
            true => Some(Guard::entity::<E>()),
            false => overlaps::<E>().then(Guard::entity_or_none::<E>).flatten(),
        };
        entity.into_iter().chain(version).collect()
    }

    /// Returns `true` if the put replaces only items of its entity.
    pub(super) fn is_of_one_entity(&self) -> bool {
        overlaps::<E>() || self.must_exist
    }

    pub(super) fn has_to_exist(&self) -> bool {
        self.must_exist
    }

    pub(super) fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    pub(super) fn entity_key(&self) -> Result<Key<E::Table>> {
        entity::key_of(&self.entity)
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

    /// Returns the entity with the managed fields that this write sets.
    pub(super) fn written(&self, at: &Moment) -> Result<Cow<'_, E>> {
        managed::apply_managed_fields(Cow::Borrowed(&self.entity), at, true)
    }

    /// Returns the item and the condition expression.
    pub(super) fn expressions(&self, at: &Moment) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(at)?)?;
        check_size(&item)?;
        // One attribute is enough: DynamoDB evaluates the condition on the item with this key, and every item has the partition
        // key.
        let absent = Node::NotExists(entity_filter::primary::<E>());
        let node = match self.replaces_expired {
            false => absent,
            true => {
                let expired = expiry::expired(<E::Table as TableModel>::__SCHEMA.layout, at.time)?;
                Node::Or(vec![absent, Node::And(vec![entity_filter::is_there::<E>(), expired])])
            }
        };
        Ok((item, Expressions::condition([&node])?))
    }

    pub(super) fn entity_key(&self) -> Result<Key<E::Table>> {
        entity::key_of(&self.entity)
    }
}

impl Expressions {
    /// Returns expressions that consist only of a condition.
    pub(super) fn condition<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Result<Self> {
        let mut placeholders = Placeholders::default();
        let condition = condition::all(nodes, &mut placeholders)?;
        let (names, values) = placeholders.into_maps();
        Ok(Self { condition, names, values, ..Self::default() })
    }
}

fn request((item, expressions): (Item, Expressions)) -> PutItemInputBuilder {
    let is_conditional = expressions.condition.is_some();
    PutItemInputBuilder::default()
        .set_item(Some(item.into_inner()))
        .set_condition_expression(expressions.condition)
        .set_expression_attribute_names(expressions.names)
        .set_expression_attribute_values(expressions.values)
        .set_return_values_on_condition_check_failure(
            is_conditional.then_some(ReturnValuesOnConditionCheckFailure::AllOld),
        )
}

/// Adds the entity and its key to the error.
fn with_entity<E: EntityModel>(error: Error, entity: &E) -> Error {
    let error = error.entity(E::__SCHEMA.name);
    match entity::key_of(entity) {
        Ok(key) => error.key(key.to_string()),
        Err(_) => error,
    }
}

/// Returns `true` if another entity of the table can have the same primary key as an item of `E`.
fn overlaps<E: EntityModel>() -> bool {
    let table = <E::Table as TableModel>::__SCHEMA;
    let is_it = |number: usize| table.entities[number].discriminator == E::__SCHEMA.discriminator;
    table.overlaps.iter().any(|(one, other)| is_it(*one) || is_it(*other))
}

impl<E: EntityModel> Operation for Put<E> {
    type Table = E::Table;
    type Request = PutItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "put";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> OperationInfo {
        OperationInfo { operation: Self::NAME, entity: E::__SCHEMA.name, ..OperationInfo::default() }
    }

    fn request(&self, at: &Moment) -> Result<PutItemInputBuilder> {
        self.expressions(at).map(request).map_err(|error| with_entity(error, &self.entity))
    }

    fn read(self, response: Result<PutItemOutput>, at: &Moment) -> Result<E> {
        let (guards, has_condition, version) = (self.guards(), self.has_condition(), self.entity.__version());
        let (is_of_one_entity, must_exist) = (self.is_of_one_entity(), self.must_exist);
        let written = managed::apply_managed_fields(Cow::<E>::Owned(self.entity), at, false)?.into_owned();
        match response {
            Err(error) if !outcome::is_ours::<E>(&error, at) => {
                let error = outcome::settled::<E>(error, version);
                let error = if is_of_one_entity { error.explain_conflict::<E>(must_exist) } else { error };
                let error = error.without_advice();
                Err(with_entity(guard::explain(error, &guards, has_condition), &written))
            }
            _ => Ok(written),
        }
    }
}

impl<E: EntityModel> Operation for Create<E> {
    type Table = E::Table;
    type Request = PutItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "create";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> OperationInfo {
        OperationInfo { operation: Self::NAME, entity: E::__SCHEMA.name, ..OperationInfo::default() }
    }

    fn request(&self, at: &Moment) -> Result<PutItemInputBuilder> {
        self.expressions(at).map(request).map_err(|error| with_entity(error, &self.entity))
    }

    fn read(self, response: Result<PutItemOutput>, at: &Moment) -> Result<E> {
        let written = managed::apply_managed_fields(Cow::<E>::Owned(self.entity), at, true)?.into_owned();
        match response {
            Err(error) if !outcome::is_ours::<E>(&error, at) => {
                let error = outcome::settled_create::<E>(error);
                Err(with_entity(error.already_exists(), &written))
            }
            _ => Ok(written),
        }
    }
}

awaitable!(Put -> E);
awaitable!(Create -> E);
