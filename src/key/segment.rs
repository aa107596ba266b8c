//! Converts the value of a field to its text in a key, and back.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::schema::sealed::sealed;
use crate::value::binary::B;
use crate::value::timestamp;

sealed!(SealedIndexSegment, SealedPaddedSegment, SealedDateSegment, SealedKeyFnOutput);

/// The reason why a value cannot be used in a key, or why a text cannot be parsed as a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SegmentError(Cow<'static, str>);

impl SegmentError {
    /// Creates an error. The message continues a sentence about the field, such as `"is not a color"`.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

/// A value that can be used in a key template.
///
/// Strings, integers, `bool`, `char`, [`DateTime<Utc>`], [`NaiveDate`] and [`B`] implement it, and `Uuid` with the feature
/// `uuid`. Derive it for newtypes of these types, and for enums without fields.
///
/// If you implement it yourself, `parse` must be the inverse of `render`, and two different values must never render the same
/// text. Implement [`OrderedSegment`](crate::bounds::OrderedSegment) as well if the texts sort like the values, and
/// [`KeyArg`](crate::bounds::KeyArg) for other types that operations should accept for the value, such as `&str`.
///
/// ```
/// use monotable::KeySegment;
///
/// #[derive(Clone, PartialEq, KeySegment)]
/// struct OrderId(String);
///
/// #[derive(Clone, Copy, PartialEq, KeySegment)]
/// enum Status { Open, Closed } // the texts are `Open` and `Closed`; `#[serde(rename)]` and `rename_all` change them
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used in a key template",
    label = "does not implement `KeySegment`",
    note = "use a string, an integer, `bool`, `char`, `DateTime<Utc>` or `NaiveDate`; for a newtype or an enum without fields, add `#[derive(KeySegment)]`",
    note = "an `Option` can be used in the templates of an index, but not in those of the primary key"
)]
pub trait KeySegment: Sized {
    /// Whether serde stores the value as another text than a key does.
    #[doc(hidden)]
    const __HAS_OWN_TEXT: bool = false;

    /// Appends the value's text to `out`.
    ///
    /// # Errors
    /// Fails if the value has no text that can be parsed, for example a year after 9999.
    fn render(&self, out: &mut String) -> Result<(), SegmentError>;

    /// Returns the value that renders `text`.
    ///
    /// # Errors
    /// Fails if no value renders `text`.
    fn parse(text: &str) -> Result<Self, SegmentError>;

    /// Returns the text of a value that is a string.
    #[doc(hidden)]
    fn __text(&self) -> Option<&str> {
        None
    }
}

/// A field that can be used in the templates of an index: a [`KeySegment`], or an `Option` of one.
///
/// If the field is `None`, the item is not in the index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used in a key template",
    label = "does not implement `KeySegment`",
    note = "use a string, an integer, `bool`, `char`, `DateTime<Utc>` or `NaiveDate`; for a newtype or an enum without fields, add `#[derive(KeySegment)]`"
)]
pub trait IndexSegment: SealedIndexSegment {
    /// The type that a query takes for the field.
    type Value: KeySegment;

    /// Whether the field is an `Option`.
    const OPTIONAL: bool;

    /// Returns the value; `None` if an optional field has no value.
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
impl<T: KeySegment> SealedIndexSegment for T {}

impl<T: KeySegment> IndexSegment for Option<T> {
    type Value = T;

    const OPTIONAL: bool = true;

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}
impl<T: KeySegment> SealedIndexSegment for Option<T> {}

/// A segment whose texts sort like its values, so that a range over the texts is a range over the values.
///
/// Implement it if you implement [`KeySegment`] yourself and its texts have this property.
#[diagnostic::on_unimplemented(
    message = "a range over `{Self}` is not possible: its texts do not sort like its values",
    label = "text order is not value order here",
    note = "pad a non-negative integer with zeros in the template, as in `{{n:010}}`, or give the key the type N in config.json and a template that is only the number, as in `{{n}}`; `eq` and `begins_with` work with any field"
)]
pub trait OrderedSegment {}

/// An integer that `{n:010}` can pad with zeros.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be padded with zeros", label = "`{{n:010}}` is for integers")]
pub trait PaddedSegment: SealedPaddedSegment + KeySegment {}

/// A date, which the transforms `|day`, `|month` and `|year` shorten.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a date",
    label = "`|day`, `|month` and `|year` are for `DateTime<Utc>` and `NaiveDate`"
)]
pub trait DateSegment: SealedDateSegment + KeySegment {}

/// A point in time, which the transform `|hour` shortens.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a point in time", label = "`|hour` is for `DateTime<Utc>`")]
pub trait TimeSegment: DateSegment {}

/// The return type of a key function: text, or for an index also an `Option` of text.
///
/// If the function returns `None`, the item is not in the index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the text of a key",
    label = "the function returns `{Self}`",
    note = "return a `String` or a `&'static str`; for an index key, you can also return an `Option` of these"
)]
pub trait KeyFnOutput: SealedKeyFnOutput {
    /// Returns the text of the key; `None` if the item is not in the index.
    fn text(self) -> Option<Cow<'static, str>>;
}

/// The return type of a key function for the primary key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the text of a primary key",
    label = "the function returns `{Self}`",
    note = "return a `String` or a `&'static str`, because every item needs a primary key"
)]
pub trait PrimaryKeyFnOutput: KeyFnOutput {}

impl KeyFnOutput for String {
    fn text(self) -> Option<Cow<'static, str>> {
        Some(self.into())
    }
}
impl SealedKeyFnOutput for String {}

impl KeyFnOutput for &'static str {
    fn text(self) -> Option<Cow<'static, str>> {
        Some(self.into())
    }
}
impl SealedKeyFnOutput for &'static str {}

impl PrimaryKeyFnOutput for String {}
impl PrimaryKeyFnOutput for &'static str {}

impl<T: PrimaryKeyFnOutput> KeyFnOutput for Option<T> {
    fn text(self) -> Option<Cow<'static, str>> {
        self.and_then(T::text)
    }
}
impl<T: PrimaryKeyFnOutput> SealedKeyFnOutput for Option<T> {}

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

/// For a field whose type is an alias of an `Option`.
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
                // Rust also parses `+5`, `007` and `-0`, but `render` never writes these forms: the value would render another
                // key.
                let digits = text.strip_prefix('-').unwrap_or(text);
                if text.starts_with('+') || text == "-0" || digits.len() > 1 && digits.starts_with('0') {
                    return Err(SegmentError::new("is not an integer in the form that keys use"));
                }
                text.parse().map_err(|error| {
                    SegmentError::new(format!(concat!("is not a valid ", stringify!($integer), ": {}"), error))
                })
            }
        }

        impl PaddedSegment for $integer {}
        impl SealedPaddedSegment for $integer {}
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
impl SealedDateSegment for DateTime<Utc> {}
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
        // chrono also parses dates without leading zeros, but `render` never writes them: the value would render another key.
        date.filter(|_| text.len() == 10).ok_or_else(|| SegmentError::new("is not a date such as 2026-11-20"))
    }
}

impl OrderedSegment for NaiveDate {}
impl DateSegment for NaiveDate {}
impl SealedDateSegment for NaiveDate {}

/// Renders hexadecimal digits, which sort like the bytes.
impl KeySegment for B {
    fn render(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(&hex::encode(&self.0));
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, SegmentError> {
        let bytes = hex::decode(text).ok();
        // The `hex` crate also parses capital letters, but `render` never writes them: the value would render another key.
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
        // The `uuid` crate also parses capital letters and braces, but `render` never writes them: the value would render another
        // key.
        uuid.filter(|uuid| uuid.hyphenated().encode_lower(&mut Self::encode_buffer()) == text)
            .ok_or_else(|| SegmentError::new("is not a UUID in lowercase with hyphens"))
    }
}

/// The texts sort like the bytes. For version 7, this is the order of the times.
#[cfg(feature = "uuid")]
impl OrderedSegment for uuid::Uuid {}

/// A newtype of another segment, with the same text and the same order. Implemented by `derive(KeySegment)`.
pub trait Newtype: KeySegment {
    /// The wrapped type.
    type Inner: KeySegment;
}

#[diagnostic::do_not_recommend]
impl<T: Newtype> OrderedSegment for T where T::Inner: OrderedSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> PaddedSegment for T where T::Inner: PaddedSegment {}
impl<T: Newtype> SealedPaddedSegment for T where T::Inner: PaddedSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> DateSegment for T where T::Inner: DateSegment {}
impl<T: Newtype> SealedDateSegment for T where T::Inner: DateSegment {}
#[diagnostic::do_not_recommend]
impl<T: Newtype> TimeSegment for T where T::Inner: TimeSegment {}
