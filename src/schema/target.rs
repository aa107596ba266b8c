//! The entities that a read can return.

use crate::schema::EntitySchema;
use crate::schema::discriminator::{self, Discriminator};

/// The entities that a read returns: all entities of the table, or some of them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EntitySet {
    pub name: &'static str,
    pub entities: &'static [&'static EntitySchema],
    /// The sorted discriminators of the entities.
    pub labels: &'static [Discriminator],
    /// Whether this is the table enum itself, whose reads filter and skip nothing.
    pub whole: bool,
}

impl EntitySet {
    /// Returns the position of the entity whose items have this discriminator.
    pub(crate) fn entity(&self, label: &str) -> Option<usize> {
        discriminator::find(self.labels, label)
    }
}
