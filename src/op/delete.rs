use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};

use super::{awaitable, conditional};
use crate::client::{self, Connection, Operation, Sending};
use crate::condition::{self, Condition, IntoCondition};
use crate::entity::Entity;
use crate::error::{Error, Result, unbuilt};
use crate::expr::Placeholders;
use crate::key::Key;

/// Deletes the item with a key, in one request. It is no error if there is none.
#[must_use = "operations do nothing until awaited"]
pub struct Delete<E: Entity> {
    key: Result<Key<E::Table>>,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

impl<E: Entity> Delete<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, condition: None, connection: None }
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<DeleteItemInput> {
        self.request()?.build().map_err(unbuilt)
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

    fn request(&self) -> Result<DeleteItemInputBuilder> {
        let key = self.key.as_ref().map_err(Error::again)?.to_attributes()?;
        let mut placeholders = Placeholders::default();
        let condition = condition::optional(self.condition.as_ref(), &mut placeholders)?;
        let (names, values) = placeholders.into_maps();
        Ok(DeleteItemInputBuilder::default()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values))
    }

    fn read(self, answer: Result<DeleteItemOutput>) -> Result<()> {
        let key = self.key?;
        answer.map_err(|error| error.entity(E::SCHEMA.name).key(key.to_string()))?;
        Ok(())
    }
}

awaitable!(Delete -> ());
