use std::borrow::Cow;

use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, Utc};

use super::{Expressions, awaitable, conditional, version};
use crate::client::{self, Connection, Name, Operation, Sending};
use crate::codec::{self, encode_entity};
use crate::condition::{self, Condition, IntoCondition, Node};
use crate::entity::{self, Entity};
use crate::error::{Error, Result, unbuilt};
use crate::expr::Placeholders;
use crate::item::Item;
use crate::key::Key;
use crate::stamp;
use crate::table::Table;

/// Writes an entity, in the place of an item with its key if there is one. Gives the entity back as it is stored.
///
/// A version has to be the stored one, and grows.
#[must_use = "operations do nothing until awaited"]
pub struct Put<E: Entity> {
    entity: E,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

/// Writes an entity, unless there is an item with its key: that is an error of the kind
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists). Gives the entity back as it is stored.
#[must_use = "operations do nothing until awaited"]
pub struct Create<E: Entity> {
    entity: E,
    connection: Option<Connection>,
}

impl<E: Entity> Put<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), condition: None, connection: None }
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        let now = self.connection.as_ref().map_or_else(Connection::system_time, Connection::now);
        self.request(now)?.build().map_err(unbuilt)
    }

    /// The entity as this writes it.
    pub(super) fn written(&self, now: DateTime<Utc>) -> Result<Cow<'_, E>> {
        stamp::written(Cow::Borrowed(&self.entity), now, false)
    }

    /// The item, and its condition.
    pub(super) fn expressions(&self, now: DateTime<Utc>) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(now)?)?;
        let version = self.entity.__version().and_then(version::is::<E>);
        let nodes = version.iter().chain(self.condition.as_ref().map(Condition::node));
        Ok((item, Expressions::condition(nodes)?))
    }

    pub(super) fn entity_key(&self) -> Result<Key<E::Table>> {
        entity::key_of(&self.entity)
    }
}

impl<E: Entity> Create<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), connection: None }
    }

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        let now = self.connection.as_ref().map_or_else(Connection::system_time, Connection::now);
        self.request(now)?.build().map_err(unbuilt)
    }

    /// The entity as this writes it.
    pub(super) fn written(&self, now: DateTime<Utc>) -> Result<Cow<'_, E>> {
        stamp::written(Cow::Borrowed(&self.entity), now, true)
    }

    /// The item, and its condition.
    pub(super) fn expressions(&self, now: DateTime<Utc>) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(now)?)?;
        // One key attribute is enough: every item has it, and the condition is on the item with this very key.
        let pk = Node::attribute(<E::Table as Table>::SCHEMA.layout.partition_key.name);
        Ok((item, Expressions::condition([&Node::NotExists(pk)])?))
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
fn about<E: Entity>(error: Error, entity: &E) -> Error {
    let error = error.entity(E::SCHEMA.name);
    match entity::key_of(entity) {
        Ok(key) => error.key(key.to_string()),
        Err(_) => error,
    }
}

/// Whether the write was made by an attempt whose answer was lost: what is there is what it writes.
fn is_made<E: Entity>(error: &Error, written: &E) -> bool {
    let Some(found) = error.found_item().filter(|_| error.is_outcome_unknown()) else { return false };
    encode_entity(written).is_ok_and(|item| codec::same_items(&item, found))
}

impl<E: Entity> Operation for Put<E> {
    type Table = E::Table;
    type Request = PutItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "put";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> Name {
        Name { operation: Self::NAME, entity: E::SCHEMA.name, ..Name::default() }
    }

    fn request(&self, now: DateTime<Utc>) -> Result<PutItemInputBuilder> {
        self.expressions(now).map(request).map_err(|error| about(error, &self.entity))
    }

    fn read(self, answer: Result<PutItemOutput>, now: DateTime<Utc>) -> Result<E> {
        let version = self.entity.__version();
        let written = stamp::written(Cow::<E>::Owned(self.entity), now, false)?.into_owned();
        match answer {
            Ok(_) => Ok(written),
            // Of two callers with one condition, the item does not tell who met it; a version does.
            Err(error) if version.is_some() && is_made(&error, &written) => Ok(written),
            Err(error) => Err(about(version::told::<E>(error, version), &written)),
        }
    }
}

impl<E: Entity> Operation for Create<E> {
    type Table = E::Table;
    type Request = PutItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "create";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> Name {
        Name { operation: Self::NAME, entity: E::SCHEMA.name, ..Name::default() }
    }

    fn request(&self, now: DateTime<Utc>) -> Result<PutItemInputBuilder> {
        self.expressions(now).map(request).map_err(|error| about(error, &self.entity))
    }

    fn read(self, answer: Result<PutItemOutput>, now: DateTime<Utc>) -> Result<E> {
        let version = self.entity.__version();
        let written = stamp::written(Cow::<E>::Owned(self.entity), now, true)?.into_owned();
        match answer {
            Ok(_) => Ok(written),
            Err(error) if is_made(&error, &written) => Ok(written),
            Err(error) => {
                let error = version::told::<E>(error, version.map(|_| 0));
                Err(about(error.already_exists(), &written))
            }
        }
    }
}

awaitable!(Put -> E);
awaitable!(Create -> E);
