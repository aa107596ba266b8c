//! What a put and a create have in common: both write a whole entity, and return it as stored.

use std::borrow::Cow;

use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemInputBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::client::{Connection, Operation};
use crate::codec::check_size;
use crate::error::{Error, Result};
use crate::expr::condition::Node;
use crate::model::managed::{self, Moment};
use crate::model::read_target::ReadTarget;
use crate::model::{EntityModel, HasSchema, encode_entity, entity};
use crate::op::{Expressions, outcome};
use crate::value::item::Item;

/// A write of a whole entity. An implementation says which item may have its key, and what a failed condition means.
pub(crate) trait EntityWrite: Send + Sync + 'static {
    type Entity: EntityModel;

    /// The name of the operation in error messages.
    const NAME: &'static str;
    /// The write sets `created_at`.
    const IS_CREATE: bool;

    fn entity(&self) -> &Self::Entity;
    fn into_entity(self) -> Self::Entity;
    fn own_connection(&mut self) -> &mut Option<Connection>;

    /// Returns the conditions that the stored item must meet.
    fn conditions(&self, at: &Moment) -> Result<Vec<Node>>;

    /// Explains the error of this write. The write was not applied, or its outcome is unknown.
    fn explain(&self, error: Error) -> Error;

    /// Returns the entity with the managed fields that this write sets.
    fn written(&self, at: &Moment) -> Result<Cow<'_, Self::Entity>> {
        managed::apply_managed_fields(Cow::Borrowed(self.entity()), at, Self::IS_CREATE)
    }

    /// Returns the item and the condition expression.
    fn expressions(&self, at: &Moment) -> Result<(Item, Expressions)> {
        let item = encode_entity(&*self.written(at)?)?;
        check_size(&item)?;
        Ok((item, Expressions::condition(&self.conditions(at)?)?))
    }
}

impl<W: EntityWrite> Operation for W {
    type Table = <W::Entity as ReadTarget>::Table;
    type Request = PutItemInputBuilder;
    type Output = W::Entity;

    const NAME: &'static str = W::NAME;
    const ENTITY: &'static str = W::Entity::__SCHEMA.name;

    fn connection(&mut self) -> &mut Option<Connection> {
        self.own_connection()
    }

    fn request(&self, at: &Moment) -> Result<PutItemInputBuilder> {
        let (item, expressions) = self.expressions(at).map_err(|error| with_entity(error, self.entity()))?;
        let is_conditional = expressions.condition.is_some();
        Ok(PutItemInputBuilder::default()
            .set_item(Some(item.into_inner()))
            .set_condition_expression(expressions.condition)
            .set_expression_attribute_names(expressions.names)
            .set_expression_attribute_values(expressions.values)
            .set_return_values_on_condition_check_failure(
                is_conditional.then_some(ReturnValuesOnConditionCheckFailure::AllOld),
            ))
    }

    fn read(self, response: Result<PutItemOutput>, at: &Moment) -> Result<W::Entity> {
        let failure = response.err().filter(|error| !outcome::is_ours(W::Entity::__SCHEMA, error, at));
        let failure = failure.map(|error| self.explain(error));
        let entity = Cow::<W::Entity>::Owned(self.into_entity());
        let written = managed::apply_managed_fields(entity, at, W::IS_CREATE)?.into_owned();
        match failure {
            Some(error) => Err(with_entity(error, &written)),
            None => Ok(written),
        }
    }
}

/// Adds the entity and its key to the error.
fn with_entity<E: EntityModel>(error: Error, entity: &E) -> Error {
    let error = error.entity(E::__SCHEMA.name);
    match entity::key_of(entity) {
        Ok(key) => error.key(key.to_string()),
        Err(_) => error,
    }
}
