//! What a write whose condition was not met has found instead, as an entity.

use crate::error::text;
use crate::error::{CancellationReason, Error, ErrorKind, Result};
use crate::model::EntityModel;
use crate::model::read_target::decode_item;

impl Error {
    /// Of a write whose condition was not met, the item as it is, decoded; `None` if there is none.
    ///
    /// # Errors
    /// The result is one if the item is of another entity, or does not fit.
    pub fn conflicting_item<E: EntityModel>(&self) -> Option<Result<E>> {
        self.found_item().cloned().map(|item| decode_item(&item))
    }

    /// Of a write to an item that has to be there, and of the entity `E`: what else was there.
    pub(crate) fn explain_conflict<E: EntityModel>(self, must_exist: bool) -> Self {
        if self.kind() != ErrorKind::ConditionFailed {
            return self;
        }
        let instead = match (self.found_item(), E::__SCHEMA.discriminator_attribute) {
            (Some(_), None) => return self,
            (Some(item), Some(attribute)) => match item.text(attribute) {
                Some(label) if E::__SCHEMA.accepts(label) => return self,
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
    /// Where a condition was not met, the item as it is, decoded; `None` if there is none.
    ///
    /// # Errors
    /// The result is one if the item is of another entity, or does not fit.
    pub fn conflicting_item<E: EntityModel>(&self) -> Option<Result<E>> {
        self.found_item().cloned().map(|item| decode_item(&item))
    }
}
