//! A conversion of the table's enum to an entity that it is not.

use std::fmt;

/// A value of the table's enum that is of another entity than the one it was converted to. It is not lost: see
/// [`WrongVariant::into_inner`].
#[derive(Clone, PartialEq, Eq)]
pub struct WrongVariant<T> {
    value: T,
    expected: &'static str,
}

impl<T> WrongVariant<T> {
    #[doc(hidden)]
    pub fn __new(value: T, expected: &'static str) -> Self {
        Self { value, expected }
    }

    /// The value as it was.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Display for WrongVariant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value is not a `{}`", self.expected)
    }
}

impl<T> fmt::Debug for WrongVariant<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrongVariant").field("expected", &self.expected).finish_non_exhaustive()
    }
}

impl<T> std::error::Error for WrongVariant<T> {}
