use std::fmt;

use crate::error::{Error, Result};
use crate::expr::condition::{Condition, IntoCondition};
use crate::model::key::Key;
use crate::model::{EntityModel, EntityType};
use crate::op::Expressions;
use crate::op::guard::Guard;

/// A condition on an item that a transaction does not write. The transaction is applied only if the condition is met.
///
/// Without a condition, the check requires that the item exists. In any case, an item of another entity fails the check.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConditionCheck.html>
#[must_use = "a check is a part of a transaction"]
pub struct Check<E: EntityModel> {
    key: Result<Key<E::Table>>,
    condition: Option<Condition<E>>,
}

impl<E: EntityModel> Check<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, condition: None }
    }

    /// Requires the stored item to meet this condition. If it does not, the transaction is cancelled, and
    /// nothing is changed.
    ///
    /// If you call this method several times, all of the conditions must be met.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>
    pub fn condition(mut self, condition: impl IntoCondition<E>) -> Self {
        self.condition = Some(Condition::both(self.condition.take(), condition));
        self
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// Returns `true` if the check only requires that the item exists.
    pub(super) fn is_bare(&self) -> bool {
        self.condition.is_none()
    }

    pub(super) fn expressions(&self) -> Result<Expressions> {
        let key = self.key()?;
        // The item with this key can belong to another entity, but the check is about an item of `E`.
        let guard = Guard::entity(EntityType::of::<E>());
        let own = self.condition.as_ref().map(Condition::node);
        let expressions =
            Expressions::guarded(&[guard], own).map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()))?;
        Ok(Expressions { key: key.to_attributes()?, ..expressions })
    }
}

impl<E: EntityModel> fmt::Debug for Check<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
