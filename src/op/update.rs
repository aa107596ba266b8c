mod actions;
mod check;
mod entity;
mod keys;
mod plan;
mod request;
mod returned;

use std::marker::PhantomData;

use crate::client::Connection;
use crate::codec::EncodeError;
use crate::error::{Error, Result};
use crate::expr::attribute::{Attribute, StoredField};
use crate::expr::condition::{Condition, IntoCondition, Node, Operand};
use crate::expr::operand::{self, IntoValue};
use crate::expr::update::{Action, Kind, UpdateClause};
use crate::expr::update_values::{self, Bounds};
use crate::model::key::Key;
use crate::model::managed::Moment;
use crate::model::partial_item::Loaded;
use crate::model::{EntityModel, TableModel};
use crate::op::Expressions;
use crate::op::guard::Guard;
use crate::op::once::ExactlyOnce;
use crate::op::update::plan::{Edit, UpdateKey};
pub use crate::op::update::returned::{ReturnNew, ReturnNone, ReturnOld, ReturnUpdated, Returned};
use crate::value::encoded::Encoded;

/// An update of some attributes of an item, and of the index keys that depend on them.
///
/// The item must exist, unless you call [`Update::upsert`]. If it does not exist, the update returns an error with
/// [`is_not_found`](crate::Error::is_not_found).
///
/// An index key can depend on several fields. Fields that you do not set are taken from the primary key, from the loaded entity
/// if you update one, or from [`Update::assuming`]. If a field is still unknown, the update is refused before it is sent, and the
/// error names the field. If you update a loaded entity, each index key that the update writes must still be stored as it was
/// loaded.
///
/// If the entity has a version, the update increments it. The version of a loaded entity must equal the stored version.
///
/// If the stored item does not fit the entity after the update, for example because another attribute is stored in an older
/// format, the update was applied nevertheless. The error then has the kind [`Decode`](crate::ErrorKind::Decode), and
/// [`Error::is_write_applied`] returns `true`.
///
/// `R` selects the return value: by default the entity after the update. An update consumes write capacity for the larger of the
/// item before and the item after it.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
#[doc(alias = "update_item")]
#[doc(alias = "UpdateExpression")]
#[must_use = "operations do nothing until awaited"]
pub struct Update<E: EntityModel, R = ReturnNew> {
    key: Result<Key<E::Table>>,
    edit: Edit,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
    returned: PhantomData<fn() -> R>,
}

impl<E: EntityModel> Update<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Loaded>>) -> Self {
        Self { key, edit: Edit::new(loaded), condition: None, connection: None, returned: PhantomData }
    }

    /// Returns the entity before the update, or `None` if the update created the item.
    pub fn returning_old(self) -> Update<E, ReturnOld> {
        self.cast()
    }

    /// Returns the changed attributes after the update.
    pub fn returning_updated(self) -> Update<E, ReturnUpdated> {
        self.cast()
    }

    /// Returns nothing. This is the smallest response.
    pub fn returning_nothing(self) -> Update<E, ReturnNone> {
        self.cast()
    }

    /// Applies the update exactly once, even if the request has to be sent several times.
    ///
    /// The update is sent as a transaction with one part and an idempotency token, which DynamoDB recognizes for ten minutes. It
    /// consumes twice the capacity, and returns nothing. If another transaction on the item is in progress, nothing is written,
    /// and the update returns an error with [`is_conflict`](Error::is_conflict).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
    pub fn exactly_once(self) -> ExactlyOnce<E> {
        ExactlyOnce::new(self.cast())
    }
}

impl<E: EntityModel, R> Update<E, R> {
    fn cast<S>(self) -> Update<E, S> {
        let Self { key, edit, condition, connection, .. } = self;
        Update { key, edit, condition, connection, returned: PhantomData }
    }

    fn act(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.edit.actions.push(Action { path, kind, value, skipped: None, range: None, is_untyped: false });
        self
    }

    /// Adds an action on a path whose target type is unknown.
    fn act_untyped(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.edit.actions.push(Action { path, kind, value, skipped: None, range: None, is_untyped: true });
        self
    }

    /// Adds an action with a value that serde may omit.
    fn act_encoded(mut self, path: Operand, kind: Kind, encoded: Result<Encoded, EncodeError>) -> Self {
        let skipped = encoded.as_ref().ok().filter(|encoded| encoded.is_skipped);
        let skipped = skipped.and_then(|encoded| encoded.value.clone());
        let value = operand::value(encoded.map(Encoded::stored));
        self.edit.actions.push(Action { path, kind, value, skipped, range: None, is_untyped: false });
        self
    }

    /// Adds an action that adds to a number whose type has these bounds.
    fn count(mut self, attribute: &'static str, kind: Kind, bounds: Bounds, value: Operand) -> Self {
        let (range, value) = match value {
            Operand::Value(Ok(delta)) => {
                let range = update_values::range_guard(attribute, bounds, delta.as_ref());
                let checked = update_values::check_delta(attribute, bounds, delta.as_ref());
                (range, Operand::Value(checked.map(|()| delta)))
            }
            other => (None, other),
        };
        let path = Node::attribute(attribute);
        self.edit.actions.push(Action { path, kind, value, skipped: None, range, is_untyped: false });
        self
    }

    /// States the stored value of an attribute that an index key depends on and that this update does not set.
    ///
    /// The update is applied only if the stored attribute has this value. Otherwise it returns an error with
    /// [`is_condition_failed`](Error::is_condition_failed), which names the attribute.
    pub fn assuming<T, F: StoredField>(mut self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self {
        self.edit.assumed.push((attribute.name(), value.__encode(attribute.encoder())));
        self
    }

    /// Does not check that the results of [`Update::add`] and [`Update::increment`] fit the types of their fields.
    ///
    /// The request is slightly smaller without these conditions. Use this only for counters that cannot reach the limits of their
    /// type, because an item cannot be read any more if a number does not fit its field.
    pub fn without_range_checks(mut self) -> Self {
        self.edit.has_range_checks = false;
        self
    }

    /// Creates the item if it does not exist.
    ///
    /// The update then has to provide a complete item: every field without a default must be set, added to, or part of the key.
    /// Otherwise the update is refused before it is sent.
    pub fn upsert(mut self) -> Self {
        self.edit.is_upsert = true;
        self
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

    /// Builds the key and the expressions of the request.
    pub(super) fn expressions(&self, at: &Moment) -> Result<Expressions> {
        let key = self.key()?;
        let condition = self.condition.as_ref().map(Condition::node);
        let expressions = self.edit.expressions(&PhantomData::<E>, update_key(key)?, condition, at);
        expressions.map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()))
    }

    /// Returns all guards of the update.
    pub(super) fn all_guards(&self, at: &Moment) -> Vec<Guard> {
        let key = self.key().and_then(update_key);
        key.map(|key| self.edit.all_guards(&PhantomData::<E>, &key, at)).unwrap_or_default()
    }

    /// Returns the changes of the update.
    fn changes(&self, at: &Moment) -> Result<Vec<UpdateClause>> {
        Ok(self.edit.plan(&PhantomData::<E>, &update_key(self.key()?)?, at)?.changes)
    }

    pub(super) fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// Returns whether the item must exist.
    pub(super) fn must_exist(&self) -> bool {
        !self.edit.is_upsert
    }
}

/// Returns the key as the plan needs it, which does not depend on the type of the table.
fn update_key<T: TableModel>(key: &Key<T>) -> Result<UpdateKey<'_>> {
    Ok(UpdateKey { texts: (key.partition(), key.sort()), attributes: key.to_attributes()? })
}
