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

/// Observes the deserialization of one value. Observers nest, because a `Deserialize` may deserialize other values.
pub(crate) struct StructObserver {
    before: Option<&'static [&'static str]>,
}

impl StructObserver {
    pub fn begin() -> Self {
        Self { before: FIELDS.replace(None) }
    }

    /// Returns the field names that were recorded last since `begin`.
    pub fn end(self) -> Option<&'static [&'static str]> {
        FIELDS.replace(self.before)
    }
}
