//! Optimistic locking: a write is made only if the stored version is the one that the entity was read with.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_OptimisticLocking.html>

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::Result;
use crate::expr::condition::{Comparison, Node, Operand};
use crate::model::{EntityModel, managed};
use crate::op::guard::{Guard, Rule};
use crate::value::item::Item;

/// The version that an item of `E` has, if `E` has versions. Of an item without one it is 0.
pub(super) fn of<E: EntityModel>(item: &Item) -> Option<u64> {
    match item.get(E::__SCHEMA.managed.version?) {
        // One below 0 is none.
        Some(AttributeValue::N(number)) => Some(number.parse().unwrap_or_default()),
        _ => Some(0),
    }
}

/// The stored item has to have the version of this one.
pub(super) fn guard<E: EntityModel>(item: &Item) -> Option<Guard> {
    Guard::version::<E>(of::<E>(item)?)
}

/// The stored item has to have this version.
pub(super) fn is<E: EntityModel>(version: u64) -> Option<Node> {
    let name = E::__SCHEMA.managed.version?;
    let is = Node::is(name, AttributeValue::N(version.to_string()));
    Some(match version {
        // Not written yet, or by a program that counts no versions.
        0 => Node::Or(vec![Node::NotExists(Node::attribute(name)), is]),
        _ => is,
    })
}

/// An update counts the version on only if its type holds the next one.
///
/// # Errors
/// If the version that was read is the last one.
pub(super) fn range<E: EntityModel>(loaded: Option<&Item>) -> Result<Option<Guard>> {
    let Some((name, max)) = E::__SCHEMA.managed.version.zip(E::__SCHEMA.managed.version_max) else { return Ok(None) };
    if loaded.and_then(of::<E>).is_some_and(|version| version >= max) {
        return Err(managed::exhausted().attribute(name));
    }
    let max = Operand::Value(Ok(Some(AttributeValue::N(max.to_string()))));
    let less = Node::Compare(Node::attribute(name), Comparison::Lt, max);
    let node = Node::Or(vec![Node::NotExists(Node::attribute(name)), less]);
    Ok(Some(Guard { node, rule: Rule::Range(name.to_owned()) }))
}
