//! How a field's value becomes part of a key, and is read back from one.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::value::binary::B;
use crate::value::timestamp;

/// Why a value cannot stand in a key, or a text is not the value's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SegmentError(Cow<'static, str>);

impl SegmentError {
    /// An error that says what is wrong, such as `"is no colour"`.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

/// A value that can stand in a key template.
///
/// Strings, integers, `bool`, `char`, [`DateTime<Utc>`] and [`NaiveDate`] can, with the feature `uuid` `Uuid`s; derive it for newtypes of these and for
/// enums without fields. `parse` is the inverse of `render`, and two different values never render the same text.
///
/// ```
/// use monotable::KeySegment;
///
/// #[derive(Clone, PartialEq, KeySegment)]
/// struct OrderId(String);
///
/// #[derive(Clone, Copy, PartialEq, KeySegment)]
/// enum Status { Open, Closed } // `Open`, `Closed`; `#[serde(rename)]` and `rename_all` are honoured
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a key template",
    label = "no key segment",
    note = "strings, integers, `bool`, `char`, `DateTime<Utc>` and `NaiveDate` can; `#[derive(KeySegment)]` makes one of a newtype or of an enum without fields",
    note = "an `Option` can stand in the templates of an index, not in those of the primary key"
)]
pub trait KeySegment: Sized {
    /// Whether its own serde stores another text than a key has.
    #[doc(hidden)]
    const __HAS_OWN_TEXT: bool = false;

    /// Appends the value's text to `out`.
    ///
    /// # Errors
    /// If the value has no text that could be read back, such as a year over 9999.
    fn render(&self, out: &mut String) -> Result<(), SegmentError>;

    /// The value that `text` stands for.
    ///
    /// # Errors
    /// If there is none.
    fn parse(text: &str) -> Result<Self, SegmentError>;

    /// The text, of what is one.
    #[doc(hidden)]
    fn __text(&self) -> Option<&str> {
        None
    }
}

/// A field that can stand in the templates of an index: a [`KeySegment`], or an `Option` of one. `None` keeps the item
/// out of the index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a key template",
    label = "no key segment",
    note = "strings, integers, `bool`, `char`, `DateTime<Utc>` and `NaiveDate` can; `#[derive(KeySegment)]` makes one of a newtype or of an enum without fields"
)]
pub trait IndexSegment {
    /// What a query gives for the field.
    type Value: KeySegment;

    /// Whether there may be no value.
    const OPTIONAL: bool;

    /// The value, if there is one.
    fn value(&self) -> Option<&Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T: KeySegment> IndexSegment for T {
    type Value = T;

    const OPTIONAL: bool = false;

    fn value(&self) -> Option<&T> {
        Some(self)
    }
}

impl<T: KeySegment> IndexSegment for Option<T> {
    type Value = T;

    const OPTIONAL: bool = true;

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// A segment whose texts sort as its values do, so that a range over the texts is a range over the values.
#[diagnostic::on_unimplemented(
    message = "no range over `{Self}`: its texts do not sort as its values do",
    label = "text order is not value order here",
    note = "zero-pad a non-negative integer in the template, as in `{{n:010}}`, or give the key the type N in config.json and make it the number alone, as in `{{n}}`; `eq` and `begins_with` work with any field"
)]
pub trait OrderedSegment {}

/// An integer that `{n:010}` can pad with zeros.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be padded with zeros", label = "`{{n:010}}` is for integers")]
pub trait PaddedSegment: KeySegment {}

/// A date, which `|day`, `|month` and `|year` shorten.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a date",
    label = "`|day`, `|month` and `|year` are for `DateTime<Utc>` and `NaiveDate`"
)]
pub trait DateSegment: KeySegment {}

/// A point in time, which `|hour` shortens.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a point in time", label = "`|hour` is for `DateTime<Utc>`")]
pub trait TimeSegment: DateSegment {}

/// What the function of a key may give: text, or for an index an `Option` of it, whose `None` keeps the item out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the text of a key",
    label = "the function gives `{Self}`",
    note = "a key's function gives a `String` or a `&'static str`; that of an index may give an `Option` of these"
)]
pub trait KeyFnOutput {
    /// The key, if there is one.
    fn text(self) -> Option<Cow<'static, str>>;
}

/// What the function of a primary key may give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the text of a primary key",
    label = "the function gives `{Self}`",
    note = "the function of a primary key gives a `String` or a `&'static str`; every item has one"
)]
pub trait PrimaryKeyFnOutput: KeyFnOutput {}

impl KeyFnOutput for String {
    fn text(self) -> Option<Cow<'static, str>> {
        Some(self.into())
    }
}

impl KeyFnOutput for &'static str {
    fn text(self) -> Option<Cow<'static, str>> {
        Some(self.into())
    }
}

impl PrimaryKeyFnOutput for String {}
impl PrimaryKeyFnOutput for &'static str {}

impl<T: PrimaryKeyFnOutput> KeyFnOutput for Option<T> {
    fn text(self) -> Option<Cow<'static, str>> {
        self.and_then(T::text)
    }
}

impl KeySegment for String {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(self);
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        Ok(text.to_owned())
    }

    fn __text(&self) -> Option<&str> {
        Some(self)
    }
}

impl OrderedSegment for String {}

impl KeySegment for char {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push(*self);
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        text.parse().map_err(|_| SegmentError::new("is not one character"))
    }
}

impl OrderedSegment for char {}

/// Of a field whose type is another name for an `Option`.
impl<T: OrderedSegment> OrderedSegment for Option<T> {}

impl KeySegment for bool {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(if *self { "true" } else { "false" });
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        text.parse().map_err(|_| SegmentError::new("is neither `true` nor `false`"))
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl KeySegment for $integer {
            fn render(&self, out: &mut String) -> Result<(), SegmentError> {
                write!(out, "{self}").map_err(|_| SegmentError::new("cannot be written"))
            }

            fn parse(text: &str) -> Result<Self, SegmentError> {
                // `+5` is a number to Rust, but no text that we write: it would be read as the same value as `5`.
                // So would `007` and `-0` be, and a key made from the value would be another one.
                let digits = text.strip_prefix('-').unwrap_or(text);
                if text.starts_with('+') || text == "-0" || digits.len() > 1 && digits.starts_with('0') {
                    return Err(SegmentError::new("is not an integer in the form that keys have"));
                }
                text.parse().map_err(|error| {
                    SegmentError::new(format!(concat!("is not a valid ", stringify!($integer), ": {}"), error))
                })
            }
        }

        impl PaddedSegment for $integer {}
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl KeySegment for DateTime<Utc> {
    const __HAS_OWN_TEXT: bool = true;

    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        timestamp::write(self, out).map_err(|error| SegmentError::new(error.0))
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        timestamp::parse(text).map_err(|error| SegmentError::new(error.0))
    }
}

impl OrderedSegment for DateTime<Utc> {}
impl DateSegment for DateTime<Utc> {}
impl TimeSegment for DateTime<Utc> {}

impl KeySegment for NaiveDate {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        if !(0..=9999).contains(&self.year()) {
            return Err(SegmentError::new("is a date outside the years 0 to 9999"));
        }
        write!(out, "{}", self.format("%Y-%m-%d")).map_err(|_| SegmentError::new("cannot be written"))
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        // One without its zeros is read by the crate, but is no text that we write: it would be another key.
        date.filter(|_| text.len() == 10).ok_or_else(|| SegmentError::new("is not a date such as 2026-11-20"))
    }
}

impl OrderedSegment for NaiveDate {}
impl DateSegment for NaiveDate {}

/// In hexadecimal digits, whose order is that of the bytes.
impl KeySegment for B {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(&hex::encode(&self.0));
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        let bytes = hex::decode(text).ok();
        // The `hex` crate also reads capital letters, but the library never writes them: they would make another key.
        let is_ours = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        bytes.filter(|_| is_ours).map(Self).ok_or_else(|| SegmentError::new("is not lowercase hexadecimal"))
    }
}

impl OrderedSegment for B {}

#[cfg(feature = "uuid")]
impl KeySegment for uuid::Uuid {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        write!(out, "{}", self.hyphenated()).map_err(|_| SegmentError::new("cannot be written"))
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        let uuid = Self::try_parse(text).ok();
        // Capitals, braces and the like are read by the crate, but are no text that we write: it would be another key.
        uuid.filter(|uuid| uuid.hyphenated().encode_lower(&mut Self::encode_buffer()) == text)
            .ok_or_else(|| SegmentError::new("is not a UUID in lowercase with hyphens"))
    }
}

/// In the order of the bytes, which of version 7 is the order of time.
#[cfg(feature = "uuid")]
impl OrderedSegment for uuid::Uuid {}

/// A newtype of another segment, whose text and order are that one's. Written by `derive(KeySegment)`.
pub trait Newtype: KeySegment {
    /// The type inside.
    type Inner: KeySegment;
}

#[diagnostic::do_not_recommend]
impl<T: Newtype> OrderedSegment for T where T::Inner: OrderedSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> PaddedSegment for T where T::Inner: PaddedSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> DateSegment for T where T::Inner: DateSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> TimeSegment for T where T::Inner: TimeSegment {}
