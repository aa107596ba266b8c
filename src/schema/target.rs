//! The entities that a read can return.

use crate::schema::EntitySchema;
use crate::schema::discriminator::{self, Discriminator};

/// What a read reads: all that the table holds, or some of its entities.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EntitySet {
    pub name: &'static str,
    pub entities: &'static [&'static EntitySchema],
    /// Their discriminators, sorted.
    pub labels: &'static [Discriminator],
    /// The table's own enum: nothing is filtered out or skipped.
    pub whole: bool,
}

impl EntitySet {
    /// The number of the entity whose items have this discriminator.
    pub(crate) fn entity(&self, label: &str) -> Option<usize> {
        discriminator::find(self.labels, label)
    }
}
