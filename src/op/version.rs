//! Optimistic locking: a write is applied only if the stored version equals the version that the entity was read with.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_OptimisticLocking.html>

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::Result;
use crate::expr::condition::{Comparison, Node, Operand};
use crate::model::managed;
use crate::op::guard::{Guard, Rule};
use crate::schema::EntitySchema;
use crate::value::item::Item;

/// Returns the version of an item of the entity, or 0 if the item does not have one. `None` if the entity does not have a version.
pub(super) fn of(entity: &EntitySchema, item: &Item) -> Option<u64> {
    match item.get(entity.managed.version?) {
        // A negative version counts as 0.
        Some(AttributeValue::N(number)) => Some(number.parse().unwrap_or_default()),
        _ => Some(0),
    }
}

/// Requires that the stored item has the version of this item.
pub(super) fn guard(entity: &EntitySchema, item: &Item) -> Option<Guard> {
    Guard::version(entity, of(entity, item)?)
}

/// Requires that the stored item has this version.
pub(super) fn is(entity: &EntitySchema, version: u64) -> Option<Node> {
    let name = entity.managed.version?;
    let is = Node::is(name, AttributeValue::N(version.to_string()));
    Some(match version {
        // The item was never written, or was written by a program that does not store versions.
        0 => Node::Or(vec![Node::NotExists(Node::attribute(name)), is]),
        _ => is,
    })
}

/// Requires that the type of the version field can hold the next version.
///
/// # Errors
/// Fails if the version that was read is the largest one of its type.
pub(super) fn range(entity: &EntitySchema, loaded: Option<&Item>) -> Result<Option<Guard>> {
    let Some((name, max)) = entity.managed.version.zip(entity.managed.version_max) else { return Ok(None) };
    if loaded.and_then(|item| of(entity, item)).is_some_and(|version| version >= max) {
        return Err(managed::exhausted().attribute(name));
    }
    let max = Operand::Value(Ok(Some(AttributeValue::N(max.to_string()))));
    let less = Node::Compare(Node::attribute(name), Comparison::Lt, max);
    let node = Node::Or(vec![Node::NotExists(Node::attribute(name)), less]);
    Ok(Some(Guard { node, rule: Rule::Range(name.to_owned()) }))
}
