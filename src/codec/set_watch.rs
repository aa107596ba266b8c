//! Records that a set was deserialized as a list, because the field is not declared as a set.

use std::cell::Cell;

thread_local! {
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// Records that a set was deserialized as a list.
pub(crate) fn note() {
    SEEN.set(true);
}

/// Observes the deserialization of one value. Observers nest, because a `Deserialize` may deserialize other values.
pub(crate) struct SetObserver {
    before: bool,
}

impl SetObserver {
    pub fn begin() -> Self {
        Self { before: SEEN.replace(false) }
    }

    /// Returns whether a set was deserialized as a list since `begin`.
    pub fn end(self) -> bool {
        SEEN.replace(self.before)
    }
}
