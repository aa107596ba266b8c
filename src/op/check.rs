use std::fmt;

use crate::error::{Error, Result};
use crate::expr::condition::{Condition, IntoCondition};
use crate::expr::entity_filter;
use crate::model::EntityModel;
use crate::model::key::Key;
use crate::op::{Expressions, conditional};

/// What has to be so of an item for a transaction to be made. Without a condition, that it is there.
#[must_use = "a check is a part of a transaction"]
pub struct Check<E: EntityModel> {
    key: Result<Key<E::Table>>,
    condition: Option<Condition<E>>,
}

impl<E: EntityModel> Check<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>) -> Self {
        Self { key, condition: None }
    }

    conditional!();

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// Whether it is only that the item is there.
    pub(super) fn is_bare(&self) -> bool {
        self.condition.is_none()
    }

    pub(super) fn expressions(&self) -> Result<Expressions> {
        let key = self.key()?;
        // An item of another entity is none that could be meant.
        let is_of = entity_filter::is_there::<E>();
        let expressions =
            Expressions::condition([&is_of].into_iter().chain(self.condition.as_ref().map(Condition::node)));
        let expressions = expressions.map_err(|error| error.entity(E::__SCHEMA.name).key(key.to_string()))?;
        Ok(Expressions { key: key.to_attributes()?, ..expressions })
    }
}

impl<E: EntityModel> fmt::Debug for Check<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("entity", &E::__SCHEMA.name).finish_non_exhaustive()
    }
}
