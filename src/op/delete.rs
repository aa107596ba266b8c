use std::fmt;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemInputBuilder;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::client::{self, Connection, Operation, OperationFuture};
use crate::error::{Error, Result, unbuilt};
use crate::expr::condition::{Condition, IntoCondition};
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::partial_item::Loaded;
use crate::model::{EntityModel, EntityType};
use crate::op::guard::{self, Guard};
use crate::op::old::ReturningOld;
use crate::op::{Expressions, awaitable, version};

/// A delete of one item by its key, in one request. If the item does not exist, the delete succeeds and changes nothing.
///
/// An item of another entity, or without a discriminator, is not deleted. The error is of the kind
/// [`WrongEntity`](crate::ErrorKind::WrongEntity) or [`MissingDiscriminator`](crate::ErrorKind::MissingDiscriminator).
///
/// If you delete an entity with a version, `Order::delete(&order)`, the stored version must equal the entity's. If the item was
/// changed or deleted in the meantime, [`is_condition_failed`](crate::Error::is_condition_failed) of the error is `true`.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
#[doc(alias = "delete_item")]
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

    /// Requires that the item exists. If it does not, [`is_not_found`](crate::Error::is_not_found) of the error is `true`.
    pub fn must_exist(mut self) -> Self {
        self.must_exist = true;
        self
    }

    /// Returns the deleted entity, or `None` if no item had this key.
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
    pub fn into_request(self) -> Result<DeleteItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }

    /// Sends the operation through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Returns the future of the operation, for example to pass it to `join!`. `.await` does the same.
    pub fn send(self) -> OperationFuture<()> {
        client::send(self)
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// Returns the key and the condition expression.
    pub(super) fn expressions(&self) -> Result<Expressions> {
        let key = self.key()?;
        let own = self.condition.as_ref().map(Condition::node);
        let expressions = Expressions::guarded(&self.guards()?, own)
            .map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()))?;
        Ok(Expressions { key: key.to_attributes()?, ..expressions })
    }

    /// Returns monotable's own conditions: on the version, and on the discriminator, which protects items of other entities.
    pub(super) fn guards(&self) -> Result<Vec<Guard>> {
        guards(EntityType::of::<E>(), self.loaded.as_ref(), self.must_exist)
    }

    pub(super) fn has_to_exist(&self) -> bool {
        self.must_exist
    }
}

/// Returns monotable's own conditions. Not generic: every entity would otherwise have its own copy.
fn guards(entity: EntityType, loaded: Option<&Result<Loaded>>, must_exist: bool) -> Result<Vec<Guard>> {
    let loaded = loaded.map(|loaded| loaded.as_ref().map_err(Error::clone)).transpose()?;
    let version = loaded.and_then(|loaded| version::guard(entity.schema, &loaded.item));
    let entity = match must_exist {
        true => Some(Guard::entity(entity)),
        false => Guard::entity_or_none(entity),
    };
    Ok(entity.into_iter().chain(version).collect())
}

impl<E: EntityModel> Operation for Delete<E> {
    type Table = E::Table;
    type Request = DeleteItemInputBuilder;
    type Output = ();

    const NAME: &'static str = "delete";
    const ENTITY: &'static str = E::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        &mut self.connection
    }

    fn request(&self, _: &Moment) -> Result<DeleteItemInputBuilder> {
        let Expressions { key, condition, names, values, .. } = self.expressions()?;
        Ok(DeleteItemInputBuilder::default()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            // The error message uses the item to name the condition that was not met.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, response: Result<DeleteItemOutput>, _: &Moment) -> Result<()> {
        let Err(error) = response else { return Ok(()) };
        let (key, guards) = (self.key()?.to_string(), self.guards().unwrap_or_default());
        let error = guard::explain(
            error.explain_conflict(E::__SCHEMA, self.must_exist).without_advice(),
            &guards,
            self.condition.is_some(),
        );
        Err(error.entity(E::__SCHEMA.name).key(key))
    }
}

awaitable!([E: EntityModel] Delete<E> => ());

impl<E: EntityModel> fmt::Debug for Delete<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
