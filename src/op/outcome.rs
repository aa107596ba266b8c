//! What a failed condition says of a write of which an earlier attempt may have arrived, and its answer was lost.
//!
//! That the stored item has the contents that were written does not prove who wrote it: two callers can write the same. Only an
//! entity that stores an id with every write (`#[entity(write_id)]`) tells.

use super::version;
use crate::entity::Entity;
use crate::error::Error;
use crate::item::Item;
use crate::stamp::Moment;

/// Whether the item that was found is the one that this write stored.
pub(super) fn is_ours<E: Entity>(error: &Error, at: &Moment) -> bool {
    error.is_outcome_unknown() && error.found_item().is_some_and(|item| has_id::<E>(item, at.id()))
}

fn has_id<E: Entity>(item: &Item, id: &str) -> bool {
    E::SCHEMA.managed.write_id.is_some_and(|name| !id.is_empty() && item.text(name) == Some(id))
}

/// The error of a write whose condition was not met. An item with another id was stored by another write, so ours was refused;
/// unless it has been written several times since version `before`, and ours may be one of these.
pub(super) fn settled<E: Entity>(error: Error, before: Option<u64>) -> Error {
    let Some(name) = E::SCHEMA.managed.write_id else { return error };
    if !error.is_outcome_unknown() || !error.is_condition_failed() {
        return error;
    }
    let Some(item) = error.found_item().filter(|item| item.text(name).is_some()) else { return error };
    let is_next = match (version::of::<E>(item), before) {
        (Some(found), Some(before)) => found <= before.saturating_add(1),
        _ => true,
    };
    error.unknown(!is_next)
}
