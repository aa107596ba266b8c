//! The item that a write found when its condition was not met, as an entity.

use crate::error::text;
use crate::error::{CancellationReason, Error, ErrorKind, Result};
use crate::model::EntityModel;
use crate::model::read_target::decode_item;
use crate::schema::EntitySchema;

impl Error {
    /// Deserializes the stored item of a write whose condition was not met. Returns `None` if the error does not contain an item.
    ///
    /// # Errors
    /// The result is an error if the item belongs to another entity, or does not fit the entity.
    pub fn conflicting_item<E: EntityModel>(&self) -> Option<Result<E>> {
        self.found_item().cloned().map(|item| decode_item(item.as_ref()))
    }

    /// Explains why the condition was not met: the item does not exist, or does not belong to the entity.
    pub(crate) fn explain_conflict(self, entity: &EntitySchema, must_exist: bool) -> Self {
        if self.kind() != ErrorKind::ConditionFailed {
            return self;
        }
        let instead = match (self.found_item(), entity.discriminator_attribute) {
            (Some(_), None) => return self,
            (Some(item), Some(attribute)) => match item.text(attribute) {
                Some(label) if entity.accepts(label) => return self,
                Some(label) => Self::other_entity(label),
                None => Self::no_discriminator(attribute),
            },
            (None, _) if must_exist => Self::new(ErrorKind::NotFound, text::NOTHING_TO_UPDATE),
            (None, _) => return self,
        };
        let is_unknown = self.is_outcome_unknown();
        let found = self.found_item().cloned();
        let instead = instead.unknown(is_unknown).caused_by(self);
        match found {
            Some(item) => instead.with_found_item(item),
            None => instead,
        }
    }
}

impl CancellationReason {
    /// Deserializes the stored item of a part whose condition was not met. Returns `None` if the reason does not contain an item.
    ///
    /// # Errors
    /// The result is an error if the item belongs to another entity, or does not fit the entity.
    pub fn conflicting_item<E: EntityModel>(&self) -> Option<Result<E>> {
        self.found_item().cloned().map(|item| decode_item(item.as_ref()))
    }
}
