use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::client::{self, Connection, Operation, OperationFuture, OperationInfo};
use crate::error::{Error, Result, unbuilt};
use crate::expr::condition::{Condition, IntoCondition};
use crate::model::EntityModel;
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::partial_item::Loaded;
use crate::op::guard::{self, Guard};
use crate::op::old::ReturningOld;
use crate::op::{Expressions, awaitable, conditional, version};

/// Deletes the item with a key, in one request. It is no error if there is none. An item of another entity, or without a
/// discriminator, is not deleted: that is an error of the kind [`WrongEntity`](crate::ErrorKind::WrongEntity) or
/// [`MissingDiscriminator`](crate::ErrorKind::MissingDiscriminator).
///
/// Of an entity with a version, `Order::delete(&order)`, the item has to be there with the same one.
#[must_use = "operations do nothing until awaited"]
pub struct Delete<E: EntityModel> {
    key: Result<Key<E::Table>>,
    loaded: Option<Result<Loaded>>,
    must_exist: bool,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
}

impl<E: EntityModel> Delete<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Loaded>>) -> Self {
        Self { key, loaded, must_exist: false, condition: None, connection: None }
    }

    /// Only an item that is there: that there is none is an error with [`is_not_found`](crate::Error::is_not_found).
    pub fn must_exist(mut self) -> Self {
        self.must_exist = true;
        self
    }

    /// Gives the entity as it was; `None` if there was no item with this key.
    pub fn returning_old(self) -> ReturningOld<Self> {
        ReturningOld::new(self)
    }

    conditional!();

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<DeleteItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// The key, and the condition.
    pub(super) fn expressions(&self) -> Result<Expressions> {
        let key = self.key()?;
        let guards = self.guards()?;
        let nodes = guards.iter().map(|guard| &guard.node).chain(self.condition.as_ref().map(Condition::node));
        let expressions = Expressions::condition(nodes);
        let expressions = expressions.map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()))?;
        Ok(Expressions { key: key.to_attributes()?, ..expressions })
    }

    /// The library's own conditions: an item of another entity, or of none, is not deleted.
    pub(super) fn guards(&self) -> Result<Vec<Guard>> {
        let loaded = self.loaded.as_ref().map(|loaded| loaded.as_ref().map_err(Error::clone)).transpose()?;
        let version = loaded.and_then(|loaded| version::guard::<E>(&loaded.item));
        let entity = match self.must_exist {
            true => Some(Guard::entity::<E>()),
            false => Guard::entity_or_none::<E>(),
        };
        Ok(entity.into_iter().chain(version).collect())
    }

    pub(super) fn has_to_exist(&self) -> bool {
        self.must_exist
    }
}

impl<E: EntityModel> Operation for Delete<E> {
    type Table = E::Table;
    type Request = DeleteItemInputBuilder;
    type Output = ();

    const NAME: &'static str = "delete";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> OperationInfo {
        OperationInfo { operation: Self::NAME, entity: E::__SCHEMA.name, ..OperationInfo::default() }
    }

    fn request(&self, _: &Moment) -> Result<DeleteItemInputBuilder> {
        let Expressions { key, condition, names, values, .. } = self.expressions()?;
        Ok(DeleteItemInputBuilder::default()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            // Which condition it was that was not met.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, response: Result<DeleteItemOutput>, _: &Moment) -> Result<()> {
        let Err(error) = response else { return Ok(()) };
        let (key, guards) = (self.key()?.to_string(), self.guards().unwrap_or_default());
        let error = guard::explain(
            error.explain_conflict::<E>(self.must_exist).without_advice(),
            &guards,
            self.condition.is_some(),
        );
        Err(error.entity(E::__SCHEMA.name).key(key))
    }
}

awaitable!(Delete -> ());
