//! Records the field names of a struct that could not be deserialized, because its value is not a map.

use std::cell::Cell;

thread_local! {
    static FIELDS: Cell<Option<&'static [&'static str]>> = const { Cell::new(None) };
}

/// Records the field names.
#[cold]
pub(crate) fn note(fields: &'static [&'static str]) {
    FIELDS.set(Some(fields));
}

/// Forgets what was recorded earlier.
pub(crate) fn begin() {
    FIELDS.set(None);
}

/// Returns the field names of the last struct since `begin`.
pub(crate) fn end() -> Option<&'static [&'static str]> {
    FIELDS.take()
}
