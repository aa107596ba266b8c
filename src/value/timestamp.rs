//! Stores a point in time as text that sorts in time order: `#[serde(with = "monotable::timestamp")]`.
//!
//! The stored text has a fixed width, with six fraction digits and `+00:00`. Python's `isoformat()` writes a UTC time in the same
//! way, so items of Python and Rust programs sort together. Deserialization accepts any RFC 3339 or `isoformat()` text, with or
//! without a fraction, with `Z` or an offset. A text without an offset is read as UTC.
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
//! Python omits the fraction of a full second, and that text sorts just before the text that monotable writes. A condition `ge`
//! or `lt` with a full second therefore treats such an item as earlier. Use a time that is one microsecond earlier in the
//! condition.
//!
//! Digits below a microsecond are not stored. Use [`now`] for a time that is equal after it is read back.

use std::fmt::{self, Write};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, SubsecRound, Utc};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serializer, ser::Error as _};

// A private module, because this module is public.
mod sealed {
    crate::schema::sealed::sealed!(SealedTimestamp);
}
use sealed::SealedTimestamp;

/// Returns the current time, truncated to microseconds like stored times.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A type that `with = "monotable::timestamp"` accepts: `DateTime<Utc>`, or an `Option` of it.
pub trait Timestamp: SealedTimestamp + Sized {
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
        Ok(TimeText::deserialize(deserializer)?.0)
    }
}
impl SealedTimestamp for DateTime<Utc> {}

impl Timestamp for Option<DateTime<Utc>> {
    fn __get(&self) -> Option<&DateTime<Utc>> {
        self.as_ref()
    }

    fn __read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<TimeText>::deserialize(deserializer)?.map(|TimeText(time)| time))
    }
}
impl SealedTimestamp for Option<DateTime<Utc>> {}

/// A time as text. Its visitor says that it expects one, so `schema.json` can report the kind of the attribute.
struct TimeText(DateTime<Utc>);

impl<'de> Deserialize<'de> for TimeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeVisitor;

        impl Visitor<'_> for TimeVisitor {
            type Value = TimeText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in RFC 3339")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeText, E> {
                parse(text).map(TimeText).map_err(|error| E::custom(format!("the text {error}")))
            }
        }

        deserializer.deserialize_str(TimeVisitor)
    }
}

/// Serializes the time as text. Called by serde.
///
/// # Errors
/// If the year is outside 0 to 9999.
pub fn serialize<T: Timestamp, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(time) = time.__get() else { return serializer.serialize_none() };
    let mut text = String::with_capacity(32);
    write(time, &mut text).map_err(|error| S::Error::custom(format!("the time {error}")))?;
    serializer.serialize_str(&text)
}

/// Deserializes the time from text. Called by serde.
///
/// # Errors
/// If the text is not a point in time.
pub fn deserialize<'de, T: Timestamp, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::__read(deserializer)
}

/// The reason why a time cannot be written as text, or a text is not a time.
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
    // RFC 3339 requires a `T` and a colon in the offset. Python's isoformat and strftime write the other formats.
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
    fn formats_of_python_and_rust_are_parsed() {
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
    fn written_text_has_a_fixed_width() {
        for text in ["2026-11-20T16:03:33Z", "0001-01-01T00:00:00.123456789Z"] {
            let mut out = String::new();
            write(&text.parse().unwrap(), &mut out).unwrap();
            assert_eq!(out.len(), 32, "{out}");
        }
        assert!(write(&DateTime::<Utc>::MAX_UTC, &mut String::new()).is_err());
    }
}
