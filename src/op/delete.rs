use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, Utc};

use super::{Expressions, awaitable, conditional, version};
use crate::client::{self, Connection, Name, Operation, Sending};
use crate::condition::{Condition, IntoCondition};
use crate::entity::Entity;
use crate::error::{Error, Result, unbuilt};
use crate::item::Item;
use crate::key::Key;

/// Deletes the item with a key, in one request. It is no error if there is none.
///
/// Of an entity with a version, `Order::delete(&order)`, the item has to be there with the same one.
#[must_use = "operations do nothing until awaited"]
pub struct Delete<E: Entity> {
    key: Result<Key<E::Table>>,
    loaded: Option<Result<Item>>,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

impl<E: Entity> Delete<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Item>>) -> Self {
        Self { key, loaded, condition: None, connection: None }
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<DeleteItemInput> {
        let now = self.connection.as_ref().map_or_else(Connection::system_time, Connection::now);
        self.request(now)?.build().map_err(unbuilt)
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::again)
    }

    /// The key, and the condition.
    pub(super) fn expressions(&self) -> Result<Expressions> {
        let key = self.key()?;
        let version = match &self.loaded {
            Some(loaded) => version::guard::<E>(loaded.as_ref().map_err(Error::again)?),
            None => None,
        };
        let nodes = version.iter().chain(self.condition.as_ref().map(Condition::node));
        let expressions = Expressions::condition(nodes);
        let expressions = expressions.map_err(|error| error.entity(E::SCHEMA.name).key(key.to_string()))?;
        Ok(Expressions { key: key.to_attributes()?, ..expressions })
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

    fn name(&self) -> Name {
        Name { operation: Self::NAME, entity: E::SCHEMA.name, ..Name::default() }
    }

    fn request(&self, _: DateTime<Utc>) -> Result<DeleteItemInputBuilder> {
        let Expressions { key, condition, names, values, .. } = self.expressions()?;
        let is_conditional = condition.is_some();
        Ok(DeleteItemInputBuilder::default()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_return_values_on_condition_check_failure(
                is_conditional.then_some(ReturnValuesOnConditionCheckFailure::AllOld),
            ))
    }

    fn read(self, answer: Result<DeleteItemOutput>, _: DateTime<Utc>) -> Result<()> {
        let key = self.key?;
        let Err(error) = answer else { return Ok(()) };
        let error = match &self.loaded {
            Some(Ok(loaded)) if version::of::<E>(loaded).is_some() => {
                // An attempt whose answer was lost has deleted it, or somebody else has: it is gone.
                if error.is_condition_failed() && error.is_outcome_unknown() && error.found_item().is_none() {
                    return Ok(());
                }
                version::known::<E>(error, loaded)
            }
            _ => error,
        };
        Err(error.entity(E::SCHEMA.name).key(key.to_string()))
    }
}

awaitable!(Delete -> ());
