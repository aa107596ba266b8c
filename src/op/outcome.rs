//! What a failed condition says of a write of which an earlier attempt may have arrived, and its answer was lost.
//!
//! That the stored item has the contents that were written does not prove who wrote it: two callers can write the same. Only an
//! entity that stores an id with every write (`#[entity(write_id)]`) tells.

use crate::error::Error;
use crate::model::EntityModel;
use crate::model::managed::Moment;
use crate::op::version;
use crate::value::item::Item;

/// Whether the item that was found is the one that this write stored.
pub(super) fn is_ours<E: EntityModel>(error: &Error, at: &Moment) -> bool {
    error.is_outcome_unknown() && error.found_item().is_some_and(|item| has_id::<E>(item, at.id()))
}

fn has_id<E: EntityModel>(item: &Item, id: &str) -> bool {
    E::__SCHEMA.managed.write_id.is_some_and(|name| !id.is_empty() && item.text(name) == Some(id))
}

/// The error of a write whose condition was not met. Of version `before`, an item of that version or of the next with another id says
/// that another write came first, so ours was refused. Anything else may have been written after ours.
pub(super) fn settled<E: EntityModel>(error: Error, before: Option<u64>) -> Error {
    let told = |item: &Item| match (version::of::<E>(item), before) {
        (Some(found), Some(before)) => (before..=before.saturating_add(1)).contains(&found),
        _ => false,
    };
    settle::<E>(error, told)
}

/// The error of a `create` that found an item: with another id, of the first version or of none, it is another's.
pub(super) fn settled_create<E: EntityModel>(error: Error) -> Error {
    settle::<E>(error, |item| version::of::<E>(item).is_none_or(|found| found <= 1))
}

fn settle<E: EntityModel>(error: Error, told: impl Fn(&Item) -> bool) -> Error {
    let Some(name) = E::__SCHEMA.managed.write_id else { return error };
    if !error.is_outcome_unknown() || !error.is_condition_failed() {
        return error;
    }
    match error.found_item().filter(|item| item.text(name).is_some()).map(told) {
        Some(is_told) => error.unknown(!is_told),
        None => error,
    }
}
