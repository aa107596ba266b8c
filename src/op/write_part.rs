//! The parts of a transaction: puts, creates, updates, deletes and checks.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete as DeleteItem, Put as PutItem, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as UpdateItem,
};

use crate::error::{Error, ReasonCode, Result, unbuilt};
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::{EntityModel, TableModel, entity};
use crate::op::entity_write::EntityWrite;
use crate::op::guard::{self, Guard};
use crate::op::update::Update;
use crate::op::{Check, Create, Delete, Expressions, Put};
use crate::schema::EntitySchema;
use crate::schema::sealed::sealed;
use crate::value::item::Item;

sealed!(SealedIntoPut<E>, SealedIntoCreate<E>, SealedIntoDelete<T>);

/// A part of a transaction.
pub(super) trait WritePart<T>: Send + Sync {
    fn operation(&self) -> &'static str;
    fn entity(&self) -> &'static str;
    fn key(&self) -> Result<Key<T>>;
    fn item(&self, at: &Moment) -> Result<TransactWriteItem>;

    /// Returns what a failed condition means for this part. `found`: the stored item.
    fn failed(&self, found: Option<&Item>) -> ReasonCode;

    /// Describes the guard that the stored item does not meet.
    fn broken(&self, _: &Item, _: &Moment) -> Option<String> {
        None
    }
}

fn broken_of(guards: &[Guard], item: &Item) -> Option<String> {
    guard::broken(guards, item).map(|(attribute, message)| match attribute {
        Some(attribute) => format!("attribute `{attribute}`: {message}"),
        None => message,
    })
}

/// Returns what a failed condition means if the item has to belong to one of these entities.
pub(super) fn failed_of(entities: &[&EntitySchema], found: &Item) -> ReasonCode {
    let Some(attribute) = entities.first().and_then(|entity| entity.discriminator_attribute) else {
        return ReasonCode::ConditionFailed;
    };
    match found.text(attribute) {
        Some(label) if entities.iter().any(|entity| entity.accepts(label)) => ReasonCode::ConditionFailed,
        Some(label) => ReasonCode::WrongEntity(label.to_owned()),
        None => ReasonCode::MissingDiscriminator,
    }
}

/// A part that the transaction shares with the caller, to return the written entity.
impl<T, P: WritePart<T>> WritePart<T> for Arc<P>
where
    P: Send + Sync,
{
    fn operation(&self) -> &'static str {
        (**self).operation()
    }

    fn entity(&self) -> &'static str {
        (**self).entity()
    }

    fn key(&self) -> Result<Key<T>> {
        (**self).key()
    }

    fn item(&self, at: &Moment) -> Result<TransactWriteItem> {
        (**self).item(at)
    }

    fn failed(&self, found: Option<&Item>) -> ReasonCode {
        (**self).failed(found)
    }

    fn broken(&self, item: &Item, at: &Moment) -> Option<String> {
        (**self).broken(item, at)
    }
}

/// A put of an entity in a transaction: `&entity`, or a [`Put`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put in a transaction",
    note = "pass `&entity`, or `entity.put().condition(..)`"
)]
pub trait IntoPut<E: EntityModel>: SealedIntoPut<E> {
    #[doc(hidden)]
    fn __put(self) -> Put<E>;
}

impl<E: EntityModel> IntoPut<E> for &E {
    fn __put(self) -> Put<E> {
        Put::new(self)
    }
}
impl<E: EntityModel> SealedIntoPut<E> for &E {}

impl<E: EntityModel> IntoPut<E> for Put<E> {
    fn __put(self) -> Self {
        self
    }
}
impl<E: EntityModel> SealedIntoPut<E> for Put<E> {}

/// A create of an entity in a transaction: `&entity`, or a [`Create`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be created in a transaction",
    note = "pass `&entity`, or `entity.create()`"
)]
pub trait IntoCreate<E: EntityModel>: SealedIntoCreate<E> {
    #[doc(hidden)]
    fn __create(self) -> Create<E>;
}

impl<E: EntityModel> IntoCreate<E> for &E {
    fn __create(self) -> Create<E> {
        Create::new(self)
    }
}
impl<E: EntityModel> SealedIntoCreate<E> for &E {}

impl<E: EntityModel> IntoCreate<E> for Create<E> {
    fn __create(self) -> Self {
        self
    }
}
impl<E: EntityModel> SealedIntoCreate<E> for Create<E> {}

/// A delete in a transaction on the table `T`: a [`Delete`], a key from [`Entity::key`](crate::Entity::key), or `&entity`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be deleted in a transaction",
    note = "pass `User::delete(..)`, which can have a condition, or `User::key(..)`"
)]
pub trait IntoDelete<T: TableModel>: SealedIntoDelete<T> {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T>;
}

/// A delete that no longer depends on the type of its entity.
#[doc(hidden)]
pub struct DeletePart<T> {
    entity: &'static str,
    key: Result<Key<T>>,
    expressions: Result<Expressions>,
    /// The item has to belong to one of these entities. Empty if the key does not name an entity.
    entities: Vec<&'static EntitySchema>,
    must_exist: bool,
    guards: Vec<Guard>,
}

impl<T> fmt::Debug for DeletePart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeletePart").field("entity", &self.entity).finish_non_exhaustive()
    }
}

impl<E: EntityModel> IntoDelete<E::Table> for Delete<E> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<E::Table> {
        let (key, expressions) = (self.key().cloned(), self.expressions());
        let guards = self.guards().unwrap_or_default();
        let must_exist = self.has_to_exist();
        DeletePart { entity: E::__SCHEMA.name, key, expressions, entities: vec![E::__SCHEMA], must_exist, guards }
    }
}
impl<E: EntityModel> SealedIntoDelete<E::Table> for Delete<E> {}

impl<E: EntityModel> IntoDelete<E::Table> for &E {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<E::Table> {
        Delete::<E>::new(entity::key_of(self), Some(entity::loaded(self))).__part()
    }
}
impl<E: EntityModel> SealedIntoDelete<E::Table> for &E {}

impl<T: TableModel> IntoDelete<T> for Key<T> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T> {
        let entities: Vec<_> =
            T::__SCHEMA.entities.iter().copied().filter(|entity| entity.name == self.entity()).collect();
        let guards: Vec<_> = Guard::one_of_or_none(T::__SCHEMA.layout, &entities).into_iter().collect();
        let expressions = self.to_attributes().and_then(|key| {
            let condition = Expressions::guarded(&guards, None)?;
            Ok(Expressions { key, ..condition })
        });
        DeletePart { entity: self.entity(), key: Ok(self), expressions, entities, must_exist: false, guards }
    }
}
impl<T: TableModel> SealedIntoDelete<T> for Key<T> {}

impl<T: TableModel> IntoDelete<T> for Result<Key<T>> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T> {
        match self {
            Ok(key) => key.__part(),
            Err(error) => {
                let (expressions, key) = (Err(error.clone()), Err(error));
                let (entities, guards) = (Vec::new(), Vec::new());
                DeletePart { entity: "", key, expressions, entities, must_exist: false, guards }
            }
        }
    }
}
impl<T: TableModel> SealedIntoDelete<T> for Result<Key<T>> {}

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

// The table name is filled in when the transaction is sent.

fn put((item, expressions): (Item, Expressions)) -> Result<TransactWriteItem> {
    let put = PutItem::builder()
        .table_name("")
        .set_item(Some(item.into_inner()))
        .set_condition_expression(expressions.condition)
        .set_expression_attribute_names(expressions.names)
        .set_expression_attribute_values(expressions.values)
        .return_values_on_condition_check_failure(ALL_OLD);
    Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
}

/// Builds an update as a part of a transaction.
pub(super) fn update<E: EntityModel, R>(update: &Update<E, R>, at: &Moment) -> Result<TransactWriteItem> {
    let Expressions { key, update, condition, names, values } = update.expressions(at)?;
    let update = UpdateItem::builder()
        .table_name("")
        .set_key(Some(key))
        .set_update_expression(update)
        .set_condition_expression(condition)
        .set_expression_attribute_names(names)
        .set_expression_attribute_values(values)
        .return_values_on_condition_check_failure(ALL_OLD);
    Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
}

impl<E: EntityModel> WritePart<E::Table> for Put<E> {
    fn operation(&self) -> &'static str {
        Self::NAME
    }

    fn entity(&self) -> &'static str {
        E::__SCHEMA.name
    }

    fn key(&self) -> Result<Key<E::Table>> {
        entity::key_of(EntityWrite::entity(self))
    }

    fn item(&self, at: &Moment) -> Result<TransactWriteItem> {
        put(self.expressions(at)?)
    }

    fn failed(&self, found: Option<&Item>) -> ReasonCode {
        match found {
            Some(item) if self.is_of_one_entity() => failed_of(&[E::__SCHEMA], item),
            None if self.has_to_exist() => ReasonCode::NotFound,
            _ => ReasonCode::ConditionFailed,
        }
    }

    fn broken(&self, item: &Item, _: &Moment) -> Option<String> {
        broken_of(&self.guards(), item)
    }
}

impl<E: EntityModel> WritePart<E::Table> for Create<E> {
    fn operation(&self) -> &'static str {
        Self::NAME
    }

    fn entity(&self) -> &'static str {
        E::__SCHEMA.name
    }

    fn key(&self) -> Result<Key<E::Table>> {
        entity::key_of(EntityWrite::entity(self))
    }

    fn item(&self, at: &Moment) -> Result<TransactWriteItem> {
        put(self.expressions(at)?)
    }

    fn failed(&self, _: Option<&Item>) -> ReasonCode {
        ReasonCode::AlreadyExists
    }
}

/// An update in a transaction. A transaction ignores `R`, because an update in it returns nothing.
pub(super) struct UpdatePart<E: EntityModel, R>(pub Update<E, R>);

impl<E: EntityModel, R: 'static> WritePart<E::Table> for UpdatePart<E, R> {
    fn operation(&self) -> &'static str {
        "update"
    }

    fn entity(&self) -> &'static str {
        E::__SCHEMA.name
    }

    fn key(&self) -> Result<Key<E::Table>> {
        self.0.key().cloned()
    }

    fn item(&self, at: &Moment) -> Result<TransactWriteItem> {
        update(&self.0, at)
    }

    fn failed(&self, found: Option<&Item>) -> ReasonCode {
        match found {
            None if self.0.must_exist() => ReasonCode::NotFound,
            None => ReasonCode::ConditionFailed,
            Some(item) => failed_of(&[E::__SCHEMA], item),
        }
    }

    fn broken(&self, item: &Item, at: &Moment) -> Option<String> {
        broken_of(&self.0.all_guards(at), item)
    }
}

impl<T: TableModel> WritePart<T> for DeletePart<T> {
    fn operation(&self) -> &'static str {
        "delete"
    }

    fn entity(&self) -> &'static str {
        self.entity
    }

    fn key(&self) -> Result<Key<T>> {
        self.key.as_ref().map_err(Error::clone).cloned()
    }

    fn item(&self, _: &Moment) -> Result<TransactWriteItem> {
        let Expressions { key, condition, names, values, .. } = self.expressions.as_ref().map_err(Error::clone)?;
        let delete = DeleteItem::builder()
            .table_name("")
            .set_key(Some(key.clone()))
            .set_condition_expression(condition.clone())
            .set_expression_attribute_names(names.clone())
            .set_expression_attribute_values(values.clone())
            .return_values_on_condition_check_failure(ALL_OLD);
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build())
    }

    fn failed(&self, found: Option<&Item>) -> ReasonCode {
        match found.filter(|_| !self.entities.is_empty()) {
            Some(item) => failed_of(&self.entities, item),
            None if self.must_exist && found.is_none() => ReasonCode::NotFound,
            None => ReasonCode::ConditionFailed,
        }
    }

    fn broken(&self, item: &Item, _: &Moment) -> Option<String> {
        broken_of(&self.guards, item)
    }
}

impl<E: EntityModel> WritePart<E::Table> for Check<E> {
    fn operation(&self) -> &'static str {
        "check"
    }

    fn entity(&self) -> &'static str {
        E::__SCHEMA.name
    }

    fn key(&self) -> Result<Key<E::Table>> {
        Check::key(self).cloned()
    }

    fn item(&self, _: &Moment) -> Result<TransactWriteItem> {
        let Expressions { key, condition, names, values, .. } = self.expressions()?;
        let check = ConditionCheck::builder()
            .table_name("")
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD);
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unbuilt)?).build())
    }

    fn failed(&self, found: Option<&Item>) -> ReasonCode {
        match found {
            None if self.is_bare() => ReasonCode::NotFound,
            None => ReasonCode::ConditionFailed,
            Some(item) => failed_of(&[E::__SCHEMA], item),
        }
    }
}
