//! Stores a point in time as a number of seconds since 1970: `#[serde(with = "monotable::epoch_seconds")]`.
//!
//! DynamoDB's time to live requires this format. Fractions of a second are not stored.
//!
//! ```
//! use chrono::{DateTime, Utc};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Session {
//!     #[serde(with = "monotable::epoch_seconds")]
//!     expires_at: DateTime<Utc>,
//!     #[serde(default, with = "monotable::epoch_seconds")]
//!     locked_until: Option<DateTime<Utc>>,
//! }
//! ```
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

// A private module, because this module is public.
mod sealed {
    crate::schema::sealed::sealed!(SealedEpochSeconds);
}
use sealed::SealedEpochSeconds;

/// A type that `with = "monotable::epoch_seconds"` accepts: `DateTime<Utc>`, or an `Option` of it.
pub trait EpochSeconds: SealedEpochSeconds + Sized {
    #[doc(hidden)]
    fn __seconds(&self) -> Option<i64>;
    #[doc(hidden)]
    fn __of(seconds: Option<i64>) -> Option<Self>;
}

impl EpochSeconds for DateTime<Utc> {
    fn __seconds(&self) -> Option<i64> {
        Some(self.timestamp())
    }

    fn __of(seconds: Option<i64>) -> Option<Self> {
        Self::from_timestamp(seconds?, 0)
    }
}
impl SealedEpochSeconds for DateTime<Utc> {}

impl EpochSeconds for Option<DateTime<Utc>> {
    fn __seconds(&self) -> Option<i64> {
        self.map(|time| time.timestamp())
    }

    fn __of(seconds: Option<i64>) -> Option<Self> {
        match seconds {
            Some(seconds) => DateTime::from_timestamp(seconds, 0).map(Some),
            None => Some(None),
        }
    }
}
impl SealedEpochSeconds for Option<DateTime<Utc>> {}

/// Serializes the time as seconds. Called by serde.
///
/// # Errors
/// If the serializer fails.
pub fn serialize<T: EpochSeconds, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
    time.__seconds().serialize(serializer)
}

/// Deserializes the time from seconds. Called by serde.
///
/// # Errors
/// If the value is not a whole number of seconds, or is out of range.
pub fn deserialize<'de, T: EpochSeconds, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let seconds = Option::<i64>::deserialize(deserializer)?;
    T::__of(seconds).ok_or_else(|| D::Error::custom("the value is not a point in time in seconds since 1970"))
}
