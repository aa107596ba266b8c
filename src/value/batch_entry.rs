//! One entry of a batch write.

use crate::value::item::Item;

/// One entry of a batch write, in the form that DynamoDB receives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BatchEntry {
    /// Puts a whole item.
    Put(Item),
    /// Deletes the item with these key attributes.
    Delete(Item),
}
