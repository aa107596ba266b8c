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

/// Writes an entity, in the place of an item with its key if there is one. Gives the entity back as it is stored.
///
/// A version has to be the stored one, and grows.
#[must_use = "operations do nothing until awaited"]
pub struct Put<E: EntityModel> {
    entity: E,
    must_exist: bool,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

/// Writes an entity, unless there is an item with its key: that is an error of the kind
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists). Gives the entity back as it is stored.
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

    /// Only in the place of an item of the same entity: that there is none with this key is an error with
    /// [`is_not_found`](crate::Error::is_not_found).
    pub fn must_exist(mut self) -> Self {
        self.must_exist = true;
        self
    }

    /// Gives the entity as it was; `None` if there was no item with its key.
    pub fn returning_old(self) -> ReturningOld<Self> {
        ReturningOld::new(self)
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// The entity as this writes it.
    pub(super) fn written(&self, at: &Moment) -> Result<Cow<'_, E>> {
        managed::apply_managed_fields(Cow::Borrowed(&self.entity), at, false)
    }

    /// The item, and its condition.
    pub(super) fn expressions(&self, at: &Moment) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(at)?)?;
        check_size(&item)?;
        let guards = self.guards();
        let nodes = guards.iter().map(|guard| &guard.node).chain(self.condition.as_ref().map(Condition::node));
        Ok((item, Expressions::condition(nodes)?))
    }

    /// The library's own conditions. What is there is replaced, unless it can be another entity's.
    pub(super) fn guards(&self) -> Vec<Guard> {
        let version = self.entity.__version().and_then(Guard::version::<E>);
        let entity = match self.must_exist {
            true => Some(Guard::entity::<E>()),
            false => overlaps::<E>().then(Guard::entity_or_none::<E>).flatten(),
        };
        entity.into_iter().chain(version).collect()
    }

    /// Whether it replaces items of its own entity alone.
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

    /// An item whose time of expiry has come counts as absent, if it is of the same entity: DynamoDB deletes it some time after. It
    /// needs the `ttlAttribute` of `config.json`.
    pub fn replace_expired(mut self) -> Self {
        self.replaces_expired = true;
        self
    }

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// The entity as this writes it.
    pub(super) fn written(&self, at: &Moment) -> Result<Cow<'_, E>> {
        managed::apply_managed_fields(Cow::Borrowed(&self.entity), at, true)
    }

    /// The item, and its condition.
    pub(super) fn expressions(&self, at: &Moment) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(at)?)?;
        check_size(&item)?;
        // One key attribute is enough: every item has it, and the condition is on the item with this very key.
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
    /// A condition alone.
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

/// Says which entity it was.
fn with_entity<E: EntityModel>(error: Error, entity: &E) -> Error {
    let error = error.entity(E::__SCHEMA.name);
    match entity::key_of(entity) {
        Ok(key) => error.key(key.to_string()),
        Err(_) => error,
    }
}

/// Whether another entity of the table can have an item with a key of `E`.
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
