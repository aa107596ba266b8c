//! Decides what a failed condition means if an earlier attempt of the write may have been applied, but its response was lost.
//!
//! An item with the written contents does not prove that this write stored it, because two clients can write the same contents.
//! Only the stored id of the write (`#[entity(write_id)]`) proves it.

use crate::error::Error;
use crate::model::managed::Moment;
use crate::op::version;
use crate::schema::EntitySchema;
use crate::value::item::Item;

/// Returns whether this write stored the item that was found.
pub(super) fn is_ours(entity: &EntitySchema, error: &Error, at: &Moment) -> bool {
    error.is_outcome_unknown() && error.found_item().is_some_and(|item| has_id(entity, item, at.id()))
}

fn has_id(entity: &EntitySchema, item: &Item, id: &str) -> bool {
    entity.managed.write_id.is_some_and(|name| !id.is_empty() && item.text(name) == Some(id))
}

/// Decides the outcome of a write whose condition was not met. `before` is the version that the write was based on.
///
/// If the item has this version or the next one, and the id of another write, that write came first, and this one was not
/// applied. An item with any other version may have been written after this write.
pub(super) fn settled(entity: &EntitySchema, error: Error, before: Option<u64>) -> Error {
    let is_known = |item: &Item| match (version::of(entity, item), before) {
        (Some(found), Some(before)) => (before..=before.saturating_add(1)).contains(&found),
        _ => false,
    };
    settle(entity, error, is_known)
}

/// Decides the outcome of a `create` that found an item. If the item has the id of another write, and its first version or no
/// version, another client created it.
pub(super) fn settled_create(entity: &EntitySchema, error: Error) -> Error {
    settle(entity, error, |item| version::of(entity, item).is_none_or(|found| found <= 1))
}

fn settle(entity: &EntitySchema, error: Error, is_known: impl Fn(&Item) -> bool) -> Error {
    let Some(name) = entity.managed.write_id else { return error };
    if !error.is_outcome_unknown() || !error.is_condition_failed() {
        return error;
    }
    match error.found_item().filter(|item| item.text(name).is_some()).map(is_known) {
        Some(is_known) => error.unknown(!is_known),
        None => error,
    }
}
