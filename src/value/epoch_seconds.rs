//! Points in time, stored as numbers of seconds since 1970: `#[serde(with = "monotable::epoch_seconds")]`. It is what a table's
//! time of expiry has to be.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>
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
//! Fractions of a second are not stored.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A field that `with = "monotable::epoch_seconds"` fits: `DateTime<Utc>`, or an `Option` of it.
pub trait EpochSeconds: Sized {
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

/// For serde: writes the seconds.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: EpochSeconds, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
    time.__seconds().serialize(serializer)
}

/// For serde: reads the seconds.
///
/// # Errors
/// If it is no number of seconds, or one that is out of range.
pub fn deserialize<'de, T: EpochSeconds, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let seconds = Option::<i64>::deserialize(deserializer)?;
    T::__of(seconds).ok_or_else(|| D::Error::custom("the number does not fit point in time, in seconds since 1970"))
}
