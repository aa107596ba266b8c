//! Stores a point in time in the format of PynamoDB's `UTCDateTimeAttribute`: `#[serde(with = "monotable::utc_datetime")]`.
//!
//! The text is `2026-11-20T16:03:33.877713+0000`, with six fraction digits and an offset without a colon. PynamoDB reads only
//! this format. A key template writes the field in the format of [`timestamp`](crate::value::timestamp), with a colon.
//!
//! ```
//! use chrono::{DateTime, Utc};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Visit {
//!     #[serde(with = "monotable::utc_datetime")]
//!     at: DateTime<Utc>,
//!     #[serde(default, with = "monotable::utc_datetime")]
//!     left: Option<DateTime<Utc>>,
//! }
//! ```
//!
//! <https://pynamodb.readthedocs.io/en/stable/attributes.html>

use chrono::Datelike;
use serde::ser::Error as _;
use serde::{Deserializer, Serializer};

use crate::value::timestamp::Timestamp;

/// Serializes the time as text. Called by serde.
///
/// # Errors
/// If the year is outside 0 to 9999.
pub fn serialize<T: Timestamp, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(time) = time.__get() else { return serializer.serialize_none() };
    if !(0..=9999).contains(&time.year()) {
        return Err(S::Error::custom("the time is outside the years 0 to 9999"));
    }
    serializer.collect_str(&time.format("%Y-%m-%dT%H:%M:%S%.6f+0000"))
}

/// Deserializes the time from this format, or from any other format that [`timestamp`](crate::value::timestamp) accepts. Called
/// by serde.
///
/// # Errors
/// If the text is not a point in time.
pub fn deserialize<'de, T: Timestamp, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::__read(deserializer)
}
