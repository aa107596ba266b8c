//! Optimistic locking: a write is made only if the stored version is the one that the entity was read with.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_OptimisticLocking.html>

use aws_sdk_dynamodb::types::AttributeValue;

use crate::condition::Node;
use crate::entity::Entity;
use crate::error::Error;
use crate::item::Item;

/// The version that an item of `E` has, if `E` has versions. Of an item without one it is 0.
pub(super) fn of<E: Entity>(item: &Item) -> Option<u64> {
    match item.get(E::SCHEMA.managed.version?) {
        // One below 0 is none.
        Some(AttributeValue::N(number)) => Some(number.parse().unwrap_or_default()),
        _ => Some(0),
    }
}

/// The stored item has to have the version of this one.
pub(super) fn guard<E: Entity>(item: &Item) -> Option<Node> {
    is::<E>(of::<E>(item)?)
}

/// The stored item has to have this version.
pub(super) fn is<E: Entity>(version: u64) -> Option<Node> {
    let name = E::SCHEMA.managed.version?;
    let is = Node::is(name, AttributeValue::N(version.to_string()));
    Some(match version {
        // Not written yet, or by a program that counts no versions.
        0 => Node::Or(vec![Node::NotExists(Node::attribute(name)), is]),
        _ => is,
    })
}

/// The error of a write of the version after `before`, which was not met and found another item than it writes. One that has our
/// version, or is still before it, was never ours; any other may have been, and changed or made anew since.
pub(super) fn told<E: Entity>(error: Error, before: Option<u64>) -> Error {
    let found = error.found_item().and_then(of::<E>);
    let is_told =
        matches!((found, before), (Some(found), Some(before)) if (before..=before.saturating_add(1)).contains(&found));
    let is_unknown = error.is_outcome_unknown() && !is_told;
    error.unknown(is_unknown)
}

/// The same after an entity that was loaded.
pub(super) fn known<E: Entity>(error: Error, loaded: &Item) -> Error {
    told::<E>(error, of::<E>(loaded))
}
