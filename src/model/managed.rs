//! The managed fields, which writes set: the version, the times of creation and of the last change, and the write id.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

use crate::error::{Error, ErrorKind, Result};
use crate::model::EntityModel;
use crate::schema::sealed::sealed;
use crate::schema::{EntitySchema, Managed};

sealed!(SealedWriteIdField, SealedTimeField, SealedVersionField);

/// A managed field, with its new value.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum ManagedValue<'a> {
    Version(u64),
    CreatedAt(DateTime<Utc>),
    UpdatedAt(DateTime<Utc>),
    WriteId(&'a str),
}

/// The values that an operation takes from its connection when it is sent: the time, and an id for the write.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub time: DateTime<Utc>,
    /// `None` if no entity of the table has a `write_id` field.
    pub write_id: Option<Arc<str>>,
}

impl Moment {
    /// Returns the write id, for an entity with a `write_id` field.
    pub fn id(&self) -> &str {
        self.write_id.as_deref().unwrap_or_default()
    }
}

/// A type for a field with `#[entity(write_id)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a write id",
    label = "expected `String` or `Option<String>`",
    note = "every write stores a random text of up to 36 characters in the field"
)]
pub trait WriteIdField: SealedWriteIdField + Sized {
    #[doc(hidden)]
    fn __of(id: &str) -> Self;
}

impl WriteIdField for String {
    fn __of(id: &str) -> Self {
        id.to_owned()
    }
}
impl SealedWriteIdField for String {}

impl WriteIdField for Option<String> {
    fn __of(id: &str) -> Self {
        Some(id.to_owned())
    }
}
impl SealedWriteIdField for Option<String> {}

/// A type for a field with `#[entity(created_at)]` or `#[entity(updated_at)]`.
#[doc(alias = "created_at", alias = "updated_at")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a time that a write can set",
    label = "not a point in time",
    note = "use a `DateTime<Utc>`, an `Option` of one, or a `String`, which stores the time as ISO 8601 text"
)]
pub trait TimeField: SealedTimeField + Sized {
    #[doc(hidden)]
    fn __at(time: DateTime<Utc>) -> Self;
}

impl TimeField for DateTime<Utc> {
    fn __at(time: DateTime<Utc>) -> Self {
        time
    }
}
impl SealedTimeField for DateTime<Utc> {}

impl TimeField for String {
    /// Writes the same text as [`timestamp`](crate::value::timestamp).
    fn __at(time: DateTime<Utc>) -> Self {
        time.to_rfc3339_opts(SecondsFormat::Micros, false)
    }
}
impl SealedTimeField for String {}

impl<T: TimeField> TimeField for Option<T> {
    fn __at(time: DateTime<Utc>) -> Self {
        Some(T::__at(time))
    }
}
impl<T: TimeField> SealedTimeField for Option<T> {}

/// A type for a field with `#[entity(version)]`.
#[doc(alias = "VersionAttribute", alias = "optimistic_locking")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a version",
    label = "not a counter",
    note = "use `u64`, `u32`, `i64` or `i32`; the version is 0 before the first write"
)]
pub trait VersionField: SealedVersionField + Sized {
    /// The largest version, for types that counting can exhaust.
    #[doc(hidden)]
    const __MAX: Option<u64>;
    #[doc(hidden)]
    fn __number(&self) -> u64;
    #[doc(hidden)]
    fn __version(number: u64) -> Self;
}

macro_rules! versions {
    ($($number:ty: $max:expr;)*) => {$(
        impl VersionField for $number {
            const __MAX: Option<u64> = $max;

            fn __number(&self) -> u64 {
                u64::try_from(*self).unwrap_or_default()
            }

            fn __version(number: u64) -> Self {
                Self::try_from(number).unwrap_or(Self::MAX)
            }
        }
        impl SealedVersionField for $number {}
    )*};
}

versions! {
    u64: None;
    i64: None;
    u32: Some(u32::MAX as u64);
    i32: Some(i32::MAX as u64);
}

/// Truncates a time to microseconds, the precision that is stored.
pub(crate) fn truncate_to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// Sets the managed fields for a put. `created`: the put creates the item, so it also sets `created_at` and starts the version at
/// 1.
pub(crate) fn apply_managed_fields<'e, E: EntityModel>(
    mut written: Cow<'e, E>,
    at: &Moment,
    created: bool,
) -> Result<Cow<'e, E>> {
    if !changes(E::__SCHEMA) {
        return Ok(written);
    }
    let entity = written.to_mut();
    if let Some(version) = entity.__version() {
        // A new item has the version 1, whatever version the entity has.
        let next = if created { 1 } else { next(version)? };
        entity.__set_managed(ManagedValue::Version(next));
        if entity.__version() != Some(next) {
            return Err(exhausted());
        }
    }
    if created {
        entity.__set_managed(ManagedValue::CreatedAt(at.time));
    }
    entity.__set_managed(ManagedValue::UpdatedAt(at.time));
    entity.__set_managed(ManagedValue::WriteId(at.id()));
    Ok(written)
}

/// Returns `true` if writes set a field of the entity.
pub(crate) fn changes(entity: &EntitySchema) -> bool {
    let Managed { version, write_id, created_at, updated_at, .. } = entity.managed;
    [version, write_id, created_at, updated_at].iter().any(Option::is_some)
}

pub(crate) fn next(version: u64) -> Result<u64> {
    version.checked_add(1).ok_or_else(exhausted)
}

pub(crate) fn exhausted() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the version has reached the maximum of its type; use a larger integer type")
}
