//! What writes set of themselves: a version, the time of creation, the time of the last change.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Managed;

/// One of them, with its new value.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Stamp {
    Version(u64),
    CreatedAt(DateTime<Utc>),
    UpdatedAt(DateTime<Utc>),
}

/// A field that can be `#[entity(created_at)]` or `#[entity(updated_at)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no time that a write can set",
    label = "no point in time",
    note = "a `DateTime<Utc>` can be set, an `Option` of one, and a `String`, which is given the text in ISO 8601"
)]
pub trait TimeField: Sized {
    #[doc(hidden)]
    fn __at(time: DateTime<Utc>) -> Self;
}

impl TimeField for DateTime<Utc> {
    fn __at(time: DateTime<Utc>) -> Self {
        time
    }
}

impl TimeField for String {
    /// The text that [`timestamp`](crate::timestamp) writes.
    fn __at(time: DateTime<Utc>) -> Self {
        time.to_rfc3339_opts(SecondsFormat::Micros, false)
    }
}

impl<T: TimeField> TimeField for Option<T> {
    fn __at(time: DateTime<Utc>) -> Self {
        Some(T::__at(time))
    }
}

/// A field that can be `#[entity(version)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no version",
    label = "no counter",
    note = "a version is an integer: `u64`, `u32`, `i64` or `i32`; that of an item not written yet is 0"
)]
pub trait VersionField: Sized {
    #[doc(hidden)]
    fn __number(&self) -> u64;
    #[doc(hidden)]
    fn __version(number: u64) -> Self;
}

macro_rules! versions {
    ($($number:ty)*) => {$(
        impl VersionField for $number {
            fn __number(&self) -> u64 {
                u64::try_from(*self).unwrap_or_default()
            }

            fn __version(number: u64) -> Self {
                Self::try_from(number).unwrap_or(Self::MAX)
            }
        }
    )*};
}

versions!(u64 u32 i64 i32);

/// To the microsecond that is stored.
pub(crate) fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// An entity as a put at this time writes it. `created`: with the time as that of its creation.
pub(crate) fn written<E: Entity>(mut written: Cow<'_, E>, now: DateTime<Utc>, created: bool) -> Result<Cow<'_, E>> {
    if !changes::<E>() {
        return Ok(written);
    }
    let entity = written.to_mut();
    if let Some(version) = entity.__version() {
        // That of a new item is 1, whatever the entity was before.
        let next = if created { 1 } else { next(version)? };
        entity.__stamp(Stamp::Version(next));
        if entity.__version() != Some(next) {
            return Err(exhausted());
        }
    }
    if created {
        entity.__stamp(Stamp::CreatedAt(now));
    }
    entity.__stamp(Stamp::UpdatedAt(now));
    Ok(written)
}

/// Whether writes set anything of it.
pub(crate) fn changes<E: Entity>() -> bool {
    let Managed { version, created_at, updated_at, .. } = E::SCHEMA.managed;
    [version, created_at, updated_at].iter().any(Option::is_some)
}

pub(crate) fn next(version: u64) -> Result<u64> {
    version.checked_add(1).ok_or_else(exhausted)
}

fn exhausted() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the version has reached the largest number of its type; use a larger one")
}
