use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};

use super::{awaitable, conditional};
use crate::client::{self, Connection, Operation, Sending};
use crate::codec::encode_entity;
use crate::condition::{self, Condition, IntoCondition};
use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, Result, unbuilt};
use crate::expr::Placeholders;
use crate::item::Item;
use crate::table::Table;

/// Writes an entity, in the place of an item with its key if there is one. Gives the entity back.
#[must_use = "operations do nothing until awaited"]
pub struct Put<E: Entity> {
    entity: E,
    item: Result<Item>,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

/// Writes an entity, unless there is an item with its key: that is an error of the kind
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists). Gives the entity back.
#[must_use = "operations do nothing until awaited"]
pub struct Create<E: Entity> {
    entity: E,
    item: Result<Item>,
    connection: Option<Connection>,
}

impl<E: Entity> Put<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), item: encode_entity(entity), condition: None, connection: None }
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request()?.build().map_err(unbuilt)
    }
}

impl<E: Entity> Create<E> {
    pub(crate) fn new(entity: &E) -> Self {
        Self { entity: entity.clone(), item: encode_entity(entity), connection: None }
    }

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<PutItemInput> {
        self.request()?.build().map_err(unbuilt)
    }
}

/// Sent once; the item is copied, because an operation can be asked for its request before it is sent.
fn put_item(item: &Result<Item>) -> Result<PutItemInputBuilder> {
    let item = item.as_ref().map_err(Error::again)?;
    Ok(PutItemInputBuilder::default().set_item(Some(item.clone().into_inner())))
}

/// Says which entity it was.
fn about<E: Entity>(error: Error, entity: &E) -> Error {
    let error = error.entity(E::SCHEMA.name);
    match entity::key_of(entity) {
        Ok(key) => error.key(key.to_string()),
        Err(_) => error,
    }
}

impl<E: Entity> Operation for Put<E> {
    type Table = E::Table;
    type Request = PutItemInputBuilder;
    type Output = E;

    const NAME: &'static str = "put";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn request(&self) -> Result<PutItemInputBuilder> {
        let mut placeholders = Placeholders::default();
        let condition = condition::optional(self.condition.as_ref(), &mut placeholders)?;
        let (names, values) = placeholders.into_maps();
        Ok(put_item(&self.item)?
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values))
    }

    fn read(self, answer: Result<PutItemOutput>) -> Result<E> {
        answer.map_err(|error| about(error, &self.entity))?;
        Ok(self.entity)
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

    fn request(&self) -> Result<PutItemInputBuilder> {
        let mut placeholders = Placeholders::default();
        // One key attribute is enough: every item has it, and the condition is on the item with this very key.
        let name = placeholders.name(<E::Table as Table>::SCHEMA.layout.partition_key.name);
        Ok(put_item(&self.item)?
            .condition_expression(format!("attribute_not_exists({name})"))
            .set_expression_attribute_names(placeholders.into_maps().0))
    }

    fn read(self, answer: Result<PutItemOutput>) -> Result<E> {
        let exists = |error: Error| match error.kind() {
            ErrorKind::ConditionFailed => {
                Error::new(ErrorKind::AlreadyExists, "there is an item with this key already").caused_by(error)
            }
            _ => error,
        };
        answer.map_err(|error| about(exists(error), &self.entity))?;
        Ok(self.entity)
    }
}

awaitable!(Put -> E);
awaitable!(Create -> E);
