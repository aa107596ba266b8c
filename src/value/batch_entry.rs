//! One entry of a batch write.

use crate::value::item::Item;

/// One entry of a batch write, as DynamoDB has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BatchEntry {
    /// A whole item.
    Put(Item),
    /// The key attributes of the item to delete.
    Delete(Item),
}
