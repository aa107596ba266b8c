//! The capacity that operations use.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::sync::{Arc, Mutex, PoisonError};

/// What DynamoDB counted: capacity units, and the requests that were sent.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Capacity {
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
    /// Requests, those that were sent again included. For these there is no capacity in the sums where no answer came.
    pub requests: u64,
}

impl Add for Capacity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            read_units: self.read_units + other.read_units,
            write_units: self.write_units + other.write_units,
            requests: self.requests + other.requests,
        }
    }
}

impl AddAssign for Capacity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Sums the capacity of the operations of the connections that it was given to: see
/// [`Connection::meter`](crate::Connection::meter). Its clones share one sum.
///
/// An operation counts when it ends; a stream, when it ends or is dropped.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Capacity>>);

impl Meter {
    /// A meter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sum since it was made, or since the last [`Meter::take`].
    pub fn total(&self) -> Capacity {
        // Nothing panics between two halves of a sum.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sum, and begins again at zero.
    pub fn take(&self) -> Capacity {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn add(&self, used: Capacity) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += used;
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meter").field(&self.total()).finish()
    }
}
