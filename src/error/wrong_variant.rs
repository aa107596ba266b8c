//! The error of converting a table enum to an entity that it does not contain.

use std::fmt;

/// The error of converting a value of the table enum to an entity when the value contains another entity.
/// [`WrongVariant::into_inner`] returns the value.
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

    /// Returns the value that was not converted.
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
