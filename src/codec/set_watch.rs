//! Notes that a set was deserialized as a list: by a field that does not say that it is stored as a set.

use std::cell::Cell;

thread_local! {
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// A set is read as a list would be.
pub(crate) fn note() {
    SEEN.set(true);
}

/// Watches one value being decoded, which may decode others meanwhile.
pub(crate) struct SetObserver {
    before: bool,
}

impl SetObserver {
    pub fn begin() -> Self {
        Self { before: SEEN.replace(false) }
    }

    /// Whether such a set was read.
    pub fn end(self) -> bool {
        SEEN.replace(self.before)
    }
}
