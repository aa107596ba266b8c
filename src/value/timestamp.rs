//! Points in time, stored as text whose order is time order: `#[serde(with = "monotable::timestamp")]`.
//!
//! What is written has a fixed width, six fraction digits and `+00:00`, as Python's `isoformat()` writes a time in UTC, so
//! that items of a Python project and ours sort together. What is read is any RFC 3339 or `isoformat()` text, with or
//! without a fraction, with `Z` or an offset; without an offset it is taken as UTC.
//!
//! ```
//! use chrono::{DateTime, Utc};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Visit {
//!     #[serde(with = "monotable::timestamp")]
//!     at: DateTime<Utc>,
//!     #[serde(default, with = "monotable::timestamp")]
//!     left: Option<DateTime<Utc>>,
//! }
//! ```
//!
//! Python leaves the fraction of a full second out, and that text sorts just before the one that is written here. So a
//! condition `ge` or `lt` on a full second takes such an item to be before it; ask from a microsecond earlier.
//!
//! Digits below a microsecond are not stored. Use [`now`] for a time that is read back as it was written.

use std::fmt::Write;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};

/// The current time, to the microsecond that is stored.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A field that `with = "monotable::timestamp"` fits: `DateTime<Utc>`, or an `Option` of it.
pub trait Timestamp: Sized {
    #[doc(hidden)]
    fn __get(&self) -> Option<&DateTime<Utc>>;
    #[doc(hidden)]
    fn __read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Timestamp for DateTime<Utc> {
    fn __get(&self) -> Option<&DateTime<Utc>> {
        Some(self)
    }

    fn __read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(|error| D::Error::custom(format!("the text {error}")))
    }
}

impl Timestamp for Option<DateTime<Utc>> {
    fn __get(&self) -> Option<&DateTime<Utc>> {
        self.as_ref()
    }

    fn __read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse(&text)).transpose().map_err(|error| D::Error::custom(format!("the text {error}")))
    }
}

/// For serde: writes the text.
///
/// # Errors
/// For a year outside 0 to 9999.
pub fn serialize<T: Timestamp, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(time) = time.__get() else { return serializer.serialize_none() };
    let mut text = String::with_capacity(32);
    write(time, &mut text).map_err(|error| S::Error::custom(format!("the time {error}")))?;
    serializer.serialize_str(&text)
}

/// For serde: reads the text.
///
/// # Errors
/// If it is not a point in time.
pub fn deserialize<'de, T: Timestamp, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::__read(deserializer)
}

/// Why a time has no text, or a text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TimeError(pub &'static str);

pub(crate) fn write(time: &DateTime<Utc>, out: &mut String) -> Result<(), TimeError> {
    if !(0..=9999).contains(&time.year()) {
        return Err(TimeError("is outside the years 0 to 9999"));
    }
    write!(out, "{}+00:00", time.format("%Y-%m-%dT%H:%M:%S%.6f")).map_err(|_| TimeError("cannot be written"))
}

pub(crate) fn parse(text: &str) -> Result<DateTime<Utc>, TimeError> {
    // RFC 3339 wants a colon in the offset and a `T`; the other forms are those of Python's isoformat and strftime.
    let with_offset = |format| DateTime::<FixedOffset>::parse_from_str(text, format).ok();
    DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(|| with_offset("%Y-%m-%dT%H:%M:%S%.f%z"))
        .map(|time| time.to_utc())
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|time| time.and_utc()))
        .ok_or(TimeError("is not a time such as 2026-11-20T16:03:33.877713+00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_python_or_rust_writes_is_read() {
        let expected = "2026-11-20T16:03:33.500000+00:00".parse::<DateTime<Utc>>().unwrap();
        for text in [
            "2026-11-20T16:03:33.500000+00:00",
            "2026-11-20T16:03:33.5Z",
            "2026-11-20T16:03:33.500000+0000",
            "2026-11-20T17:03:33.500+01:00",
            "2026-11-20T16:03:33.500000",
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        assert!(parse("2026-11-20T16:03:33+00:00").is_ok());
        assert!(parse("2026-11-20").is_err() && parse("").is_err());
    }

    #[test]
    fn what_is_written_has_one_width() {
        for text in ["2026-11-20T16:03:33Z", "0001-01-01T00:00:00.123456789Z"] {
            let mut out = String::new();
            write(&text.parse().unwrap(), &mut out).unwrap();
            assert_eq!(out.len(), 32, "{out}");
        }
        assert!(write(&DateTime::<Utc>::MAX_UTC, &mut String::new()).is_err());
    }
}
