//! Writes that are made together, or not at all.

use std::collections::HashSet;
use std::fmt;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete as DeleteItem, Put as PutItem, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as UpdateItem,
};

use super::guard::{self, Guard};
use super::update::Update;
use super::{Check, Create, Delete, Expressions, Put};
use crate::client::{self, Connection, Name, Operation, Sending, TransactRequest};
use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, ReasonCode, Result, unbuilt};
use crate::item::Item;
use crate::key::{self, Key};
use crate::schema::{DISCRIMINATOR, EntitySchema};
use crate::stamp::Moment;
use crate::table::Table;

/// The most of one transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
pub(super) const MAX_PARTS: usize = 100;

/// The longest idempotency token.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MAX_TOKEN: usize = 36;

/// A part of a transaction.
pub(super) trait WritePart<T>: Send {
    fn operation(&self) -> &'static str;
    fn entity(&self) -> &'static str;
    fn key(&self) -> Result<Key<T>>;
    fn item(&self, at: &Moment) -> Result<TransactWriteItem>;

    /// What the part writes, of what is an entity.
    fn written(&self, _: &Moment) -> Result<Option<T>> {
        Ok(None)
    }

    /// What a failed condition means, with the item that was found.
    fn failed(&self, found: Option<&Item>) -> ReasonCode;

    /// Which of the library's own conditions the item that was found does not meet, in words.
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

/// What a failed condition means where the item has to be of one of these entities.
fn failed_of(entities: &[&EntitySchema], found: &Item) -> ReasonCode {
    let attribute = entities.first().map_or(DISCRIMINATOR, |entity| entity.discriminator_attribute);
    match found.text(attribute) {
        Some(label) if entities.iter().any(|entity| entity.accepts(label)) => ReasonCode::ConditionFailed,
        label => ReasonCode::WrongEntity(label.unwrap_or_default().to_owned()),
    }
}

/// Puts, creates, updates, deletes and checks of up to 100 different items: all of them, or none. Gives back, in the order of the
/// calls, what each `put` and `create` has written, with versions and times, and `None` for the others.
///
/// The reasons of a transaction that was cancelled are in the error, part by part: [`Error::reasons`]. It has an idempotency token,
/// so it is made once, however often it has to be sent. A connection that a part was given is not used.
#[must_use = "operations do nothing until awaited"]
pub struct TransactWrite<T: Table> {
    parts: Vec<Box<dyn WritePart<T>>>,
    token: Option<String>,
    connection: Option<Connection>,
}

impl<T: Table> TransactWrite<T> {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new(), token: None, connection: None }
    }

    fn push(mut self, part: impl WritePart<T> + 'static) -> Self {
        self.parts.push(Box::new(part));
        self
    }

    /// Writes this entity, in the place of an item with its key if there is one. With a condition:
    /// `.put(order.put().condition(..))`.
    pub fn put<E: Entity<Table = T>>(self, put: impl IntoPut<E>) -> Self
    where
        T: From<E>,
    {
        self.push(put.__put())
    }

    /// Writes this entity; there must be no item with its key.
    pub fn create<E: Entity<Table = T>>(self, create: impl IntoCreate<E>) -> Self
    where
        T: From<E>,
    {
        self.push(create.__create())
    }

    /// Changes some attributes: `.update(User::update("u-1").add(User::ORDERS, 1))`.
    pub fn update<E: Entity<Table = T>, R: 'static>(self, update: Update<E, R>) -> Self {
        self.push(UpdatePart(update))
    }

    /// Deletes the item with a key, or of an entity: `.delete(User::delete("u-1"))`, `.delete(User::key("u-1"))`, `.delete(&user)`.
    pub fn delete(self, delete: impl IntoDelete<T>) -> Self {
        let part = delete.__part();
        self.push(part)
    }

    /// What has to be so of an item that is not written: `.check(User::check("u-1").condition(..))`.
    pub fn check<E: Entity<Table = T>>(self, check: Check<E>) -> Self {
        self.push(check)
    }

    /// The idempotency token, 1 to 36 characters: for ten minutes a transaction with it is made once, also from another process.
    /// It has to be the same to the letter, so its entities should have no times that each write sets. Otherwise it is random.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sends it through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// Those of a token are the same, from whichever process and at whatever time it is sent.
    fn moment(&self, at: &Moment) -> Moment {
        match &self.token {
            Some(token) if at.write_id.is_some() => Moment { write_id: Some(token.as_str().into()), ..at.clone() },
            _ => at.clone(),
        }
    }

    /// The future, for functions such as `join!` that take one. `.await` calls this.
    pub fn send(self) -> Sending<Vec<Option<T>>> {
        client::send(self)
    }
}

impl<T: Table> Operation for TransactWrite<T> {
    type Table = T;
    type Request = TransactRequest;
    type Output = Vec<Option<T>>;

    const NAME: &'static str = "transact_write";

    fn connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    fn name(&self) -> Name {
        Name { operation: Self::NAME, entity: T::SCHEMA.name, ..Name::default() }
    }

    fn request(&self, at: &Moment) -> Result<TransactRequest> {
        let at = self.moment(at);
        let refuse = |message: String| Error::new(ErrorKind::InvalidRequest, message).entity(T::SCHEMA.name);
        check_number(self.parts.len()).map_err(refuse)?;
        if let Some(token) = self.token.as_ref().filter(|token| !(1..=MAX_TOKEN).contains(&token.len())) {
            let message = format!("the idempotency token has {} bytes; DynamoDB takes 1 to {MAX_TOKEN}", token.len());
            return Err(refuse(message));
        }
        let mut seen = HashSet::with_capacity(self.parts.len());
        let mut items = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let key = part.key().map_err(|error| error.entity(part.entity()))?;
            items.push(part.item(&at).map_err(|error| error.entity(part.entity()).key(key.to_string()))?);
            let shown = key.to_string();
            if !seen.insert(key) {
                let message = "two parts of the transaction are about one item; make one of them".to_owned();
                return Err(refuse(message).key(shown));
            }
        }
        Ok(TransactRequest { items, token: self.token.clone() })
    }

    fn read(self, response: Result<TransactWriteItemsOutput>, at: &Moment) -> Result<Vec<Option<T>>> {
        let at = self.moment(at);
        response.map_err(|error| told(error, &self.parts, &at).entity(T::SCHEMA.name))?;
        self.parts.iter().map(|part| part.written(&at)).collect()
    }
}

/// # Errors
/// What is wrong with a transaction of so many parts.
pub(super) fn check_number(parts: usize) -> Result<(), String> {
    match parts {
        0 => Err("the transaction is empty".to_owned()),
        1..=MAX_PARTS => Ok(()),
        more => Err(format!("the transaction has {more} parts; DynamoDB takes {MAX_PARTS}")),
    }
}

/// The error of a transaction, with what each part had to do with it.
pub(super) fn told<T: Table>(error: Error, parts: &[Box<dyn WritePart<T>>], at: &Moment) -> Error {
    if error.kind() != ErrorKind::TransactionCanceled {
        return error;
    }
    let reasons = parts.iter().zip(error.reasons().to_vec()).map(|(part, reason)| {
        let key = part.key().map(|key| key.to_string()).unwrap_or_default();
        let code = match reason.code() {
            ReasonCode::ConditionFailed => Some(part.failed(reason.found_item())),
            _ => None,
        };
        let broken = match (&code, reason.found_item()) {
            (Some(ReasonCode::ConditionFailed), Some(item)) => part.broken(item, at),
            _ => None,
        };
        reason.of(code, part.operation(), part.entity(), key).because(broken)
    });
    let reasons: Vec<_> = reasons.collect();
    // What was cancelled was not made, whatever became of an earlier attempt: they have one token.
    error.cancelled_for(reasons).unknown(false)
}

/// An entity, or a put of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put",
    note = "give `&entity`, or `entity.put().condition(..)`"
)]
pub trait IntoPut<E: Entity> {
    #[doc(hidden)]
    fn __put(self) -> Put<E>;
}

impl<E: Entity> IntoPut<E> for &E {
    fn __put(self) -> Put<E> {
        Put::new(self)
    }
}

impl<E: Entity> IntoPut<E> for Put<E> {
    fn __put(self) -> Self {
        self
    }
}

/// An entity, or a create of it.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be created", note = "give `&entity`, or `entity.create()`")]
pub trait IntoCreate<E: Entity> {
    #[doc(hidden)]
    fn __create(self) -> Create<E>;
}

impl<E: Entity> IntoCreate<E> for &E {
    fn __create(self) -> Create<E> {
        Create::new(self)
    }
}

impl<E: Entity> IntoCreate<E> for Create<E> {
    fn __create(self) -> Self {
        self
    }
}

/// What a transaction on the table `T` can delete: a key, what [`Entity::key`] gives, or a delete.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be deleted",
    note = "give `User::delete(..)`, which can have a condition, or `User::key(..)`"
)]
pub trait IntoDelete<T: Table> {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T>;
}

/// A delete, whose entity does not matter any more.
#[doc(hidden)]
pub struct DeletePart<T> {
    entity: &'static str,
    key: Result<Key<T>>,
    expressions: Result<Expressions>,
    /// The item has to be of one of these; of none, where the key does not tell.
    entities: Vec<&'static EntitySchema>,
    guards: Vec<Guard>,
}

impl<T> fmt::Debug for DeletePart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeletePart").field("entity", &self.entity).finish_non_exhaustive()
    }
}

impl<E: Entity> IntoDelete<E::Table> for Delete<E> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<E::Table> {
        let (key, expressions) = (self.key().cloned(), self.expressions());
        let guards = self.guards().unwrap_or_default();
        DeletePart { entity: E::SCHEMA.name, key, expressions, entities: vec![E::SCHEMA], guards }
    }
}

impl<E: Entity> IntoDelete<E::Table> for &E {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<E::Table> {
        Delete::<E>::new(entity::key_of(self), Some(entity::loaded(self))).__part()
    }
}

impl<T: Table> IntoDelete<T> for Key<T> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T> {
        let entities: Vec<_> =
            T::SCHEMA.entities.iter().copied().filter(|entity| entity.name == self.entity()).collect();
        let guards: Vec<_> = Guard::one_of_or_none(T::SCHEMA.layout, &entities).into_iter().collect();
        let expressions = self.to_attributes().and_then(|key| {
            let condition = Expressions::condition(guards.iter().map(|guard| &guard.node))?;
            Ok(Expressions { key, ..condition })
        });
        DeletePart { entity: self.entity(), key: Ok(self), expressions, entities, guards }
    }
}

impl<T: Table> IntoDelete<T> for Result<Key<T>> {
    #[allow(private_interfaces)]
    fn __part(self) -> DeletePart<T> {
        match self {
            Ok(key) => key.__part(),
            Err(error) => {
                let (expressions, key) = (Err(error.again()), Err(error));
                DeletePart { entity: "", key, expressions, entities: Vec::new(), guards: Vec::new() }
            }
        }
    }
}

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

// The table's name is given when it is sent.

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

/// An update as a part of a transaction.
pub(super) fn update<E: Entity, R>(update: &Update<E, R>, at: &Moment) -> Result<TransactWriteItem> {
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

/// A put and a create differ in what a failed condition means.
macro_rules! whole_entities {
    ($($operation:ident $name:literal |$this:ident, $item:ident| $failed:expr, $broken:expr;)*) => {$(
        impl<E: Entity> WritePart<E::Table> for $operation<E>
        where
            E::Table: From<E>,
        {
            fn operation(&self) -> &'static str {
                $name
            }

            fn entity(&self) -> &'static str {
                E::SCHEMA.name
            }

            fn key(&self) -> Result<Key<E::Table>> {
                self.entity_key()
            }

            fn item(&self, at: &Moment) -> Result<TransactWriteItem> {
                put(self.expressions(at)?)
            }

            fn written(&self, at: &Moment) -> Result<Option<E::Table>> {
                $operation::written(self, at).map(|entity| Some(entity.into_owned().into()))
            }

            fn failed(&self, $item: Option<&Item>) -> ReasonCode {
                let $this = self;
                $failed
            }

            fn broken(&self, $item: &Item, _: &Moment) -> Option<String> {
                let $this = self;
                $broken
            }
        }
    )*};
}

whole_entities! {
    Put "put" |put, item| match item.filter(|_| put.is_of_one_entity()) {
        Some(item) => failed_of(&[E::SCHEMA], item),
        None => ReasonCode::ConditionFailed,
    }, broken_of(&put.guards(), item);
    Create "create" |_create, _item| ReasonCode::AlreadyExists, None;
}

/// `R` is of no matter in a transaction, which gives nothing back.
pub(super) struct UpdatePart<E: Entity, R>(pub Update<E, R>);

impl<E: Entity, R: 'static> WritePart<E::Table> for UpdatePart<E, R> {
    fn operation(&self) -> &'static str {
        "update"
    }

    fn entity(&self) -> &'static str {
        E::SCHEMA.name
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
            Some(item) => failed_of(&[E::SCHEMA], item),
        }
    }

    fn broken(&self, item: &Item, at: &Moment) -> Option<String> {
        broken_of(&self.0.all_guards(at), item)
    }
}

impl<T: Table> WritePart<T> for DeletePart<T> {
    fn operation(&self) -> &'static str {
        "delete"
    }

    fn entity(&self) -> &'static str {
        self.entity
    }

    fn key(&self) -> Result<Key<T>> {
        self.key.as_ref().map_err(Error::again).cloned()
    }

    fn item(&self, _: &Moment) -> Result<TransactWriteItem> {
        let Expressions { key, condition, names, values, .. } = self.expressions.as_ref().map_err(Error::again)?;
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
            None => ReasonCode::ConditionFailed,
        }
    }

    fn broken(&self, item: &Item, _: &Moment) -> Option<String> {
        broken_of(&self.guards, item)
    }
}

impl<E: Entity> WritePart<E::Table> for Check<E> {
    fn operation(&self) -> &'static str {
        "check"
    }

    fn entity(&self) -> &'static str {
        E::SCHEMA.name
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
            Some(item) => failed_of(&[E::SCHEMA], item),
        }
    }
}

impl<T: Table> IntoFuture for TransactWrite<T> {
    type Output = Result<Vec<Option<T>>>;
    type IntoFuture = Sending<Vec<Option<T>>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<T: Table> fmt::Debug for TransactWrite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts.iter().map(|part| format!("{} {}", part.operation(), part.entity()));
        f.debug_tuple("TransactWrite").field(&parts.collect::<Vec<_>>()).finish()
    }
}

/// The key of a part, as it is sent.
pub(super) fn key_of<T: Table>(item: &client::Attributes) -> String {
    let layout = T::SCHEMA.layout;
    let text = |name: &str| item.get(name).and_then(key::text).unwrap_or_default();
    key::display(&text(layout.partition_key.name), layout.sort_key.map(|key| text(key.name)).as_deref())
}
