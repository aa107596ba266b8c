//! The consumed capacity of operations.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::sync::{Arc, Mutex, PoisonError};

/// The capacity units that DynamoDB reported, and the number of requests.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Capacity {
    /// The consumed read capacity units.
    pub read_units: f64,
    /// The consumed write capacity units.
    pub write_units: f64,
    /// The number of requests, including retries. Requests without a response are counted here but contribute no capacity units.
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

/// Adds up the consumed capacity of all operations of one or more connections.
///
/// Pass it to [`Connection::meter`](crate::Connection::meter). Clones of a meter share one total. An operation is added when it
/// ends, and a stream when it ends or is dropped.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Capacity>>);

impl Meter {
    /// Creates a meter that starts at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the total since the meter was created, or since the last [`Meter::take`].
    pub fn total(&self) -> Capacity {
        // A poisoned lock is harmless: an addition does not panic halfway.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the total, and resets it to zero.
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
