//! Messages about the item that a write found. Errors and cancellation reasons share them.

pub const ALREADY_EXISTS: &str = "an item with this key already exists";
pub const NOT_FOUND: &str = "no item has this key";
/// [`NOT_FOUND`] for an update, with advice.
pub const NOTHING_TO_UPDATE: &str = "no item has this key; `create` or `put` it first";
pub const CONDITION_NOT_MET: &str = "the condition was not met";
pub const MISSING_DISCRIMINATOR: &str = "the item with this key has no discriminator";
pub const TRANSACTION_IN_PROGRESS: &str = "another transaction on this item is in progress";
pub const THROTTLED: &str = "throttled";

pub fn wrong_entity(discriminator: &str) -> String {
    format!("the item with this key belongs to another entity: its discriminator is `{discriminator}`")
}
