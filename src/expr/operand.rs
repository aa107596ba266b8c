//! The values that an attribute accepts, serialized like its field.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::codec::{self, EncodeError};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::attribute::{Attribute, StoredField};
use crate::expr::condition::Operand;
use crate::schema::sealed::sealed;
use crate::value::encoded::Encoded;

sealed!(SealedIntoValue<T>, SealedIntoOperand<E, T>);

/// Serializes values like a field, with serde's attributes `with` and `skip_serializing_if`.
#[doc(hidden)]
pub struct Encoder<T> {
    encode: fn(&T) -> Result<Option<AttributeValue>, EncodeError>,
    skips: Option<fn(&T) -> bool>,
}

impl<T> Encoder<T> {
    pub const fn new(encode: fn(&T) -> Result<Option<AttributeValue>, EncodeError>) -> Self {
        Self { encode, skips: None }
    }

    /// `skips` returns whether serde omits the field for a value.
    pub const fn skipping(self, skips: fn(&T) -> bool) -> Self {
        Self { skips: Some(skips), ..self }
    }

    /// Also encodes values that serde omits. Order comparisons and elements of lists and sets need them.
    pub(crate) fn whole(self) -> Self {
        Self { skips: None, ..self }
    }

    pub(crate) fn is_skipping(self) -> bool {
        self.skips.is_some()
    }

    /// # Errors
    /// Fails if the value cannot be stored as an attribute.
    pub fn encode(self, value: &T) -> Result<Encoded, EncodeError> {
        Ok(Encoded { value: (self.encode)(value)?, is_skipped: self.skips.is_some_and(|skips| skips(value)) })
    }
}

impl<T> Clone for Encoder<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Encoder<T> {}

impl<T> std::fmt::Debug for Encoder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// A value for an attribute of type `T`: a `T`, a reference to one, a `&str` for a `String`, or the inner value for an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for an attribute of type `{T}`",
    label = "expected `{T}`",
    note = "pass a `{T}`, a reference to one, a `&str` for a `String` field, or the inner value for an `Option` field"
)]
pub trait IntoValue<T>: SealedIntoValue<T> {
    #[doc(hidden)]
    fn __encode(self, encoder: Encoder<T>) -> Result<Encoded, EncodeError>;
}

/// An operand to compare with an attribute of type `T` of the entity `E`: a value, or another attribute of the same type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with an attribute of type `{T}`",
    label = "expected `{T}`",
    note = "pass a `{T}`, a reference to one, a `&str` for a `String` field, the inner value for an `Option` field, or an attribute of `{E}` of the same type"
)]
pub trait IntoOperand<E, T>: SealedIntoOperand<E, T> {
    #[doc(hidden)]
    fn __operand(self, encoder: Encoder<T>) -> Operand;
}

/// Implements both traits for the same values. A blanket implementation of one for the other would conflict with attributes.
macro_rules! values {
    ($([$($generics:tt)*] $value:ty => $field:ty, |$this:ident, $encoder:ident| $body:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoValue<$field> for $value {
            fn __encode(self, $encoder: Encoder<$field>) -> Result<Encoded, EncodeError> {
                let $this = self;
                $body
            }
        }
        impl<$($generics)*> SealedIntoValue<$field> for $value {}

        #[diagnostic::do_not_recommend]
        impl<E, $($generics)*> IntoOperand<E, $field> for $value {
            fn __operand(self, $encoder: Encoder<$field>) -> Operand {
                let $this = self;
                value($body.map(Encoded::stored))
            }
        }
        impl<E, $($generics)*> SealedIntoOperand<E, $field> for $value {}
    )*};
}

values! {
    [T] T => T, |this, encoder| encoder.encode(&this);
    [T] &T => T, |this, encoder| encoder.encode(this);
    [T] T => Option<T>, |this, encoder| encoder.encode(&Some(this));
    [T: Clone] &T => Option<T>, |this, encoder| encoder.encode(&Some(this.clone()));
    [] &str => String, |this, encoder| encoder.encode(&this.to_owned());
    [] &str => Option<String>, |this, encoder| encoder.encode(&Some(this.to_owned()));
}

impl<E, T, R: StoredField> IntoOperand<E, T> for Attribute<E, T, R> {
    fn __operand(self, _: Encoder<T>) -> Operand {
        self.operand()
    }
}
impl<E, T, R: StoredField> SealedIntoOperand<E, T> for Attribute<E, T, R> {}

pub(crate) fn value(encoded: Result<Option<AttributeValue>, EncodeError>) -> Operand {
    let invalid = |error: EncodeError| {
        Error::new(ErrorKind::Encode, format!("cannot serialize a value of an expression: {error}")).caused_by(error)
    };
    Operand::Value(encoded.map_err(invalid))
}

/// Serializes a value for a path, without a field that defines its format.
pub(crate) fn any<T: Serialize + ?Sized>(given: &T) -> Operand {
    value(codec::encode_operand(given))
}

/// Builds a set for a path. The elements determine its type; without elements, the operand does not have a value.
pub(crate) fn set<X: Serialize>(elements: impl IntoIterator<Item = X>) -> Operand {
    let invalid = || {
        let message = "the elements of a set must be all strings, all numbers or all binary values";
        Operand::Value(Err(Error::new(ErrorKind::Encode, message)))
    };
    let (mut texts, mut numbers, mut binaries) = (Vec::new(), Vec::new(), Vec::new());
    for element in elements {
        match codec::encode_operand(&element) {
            Ok(Some(AttributeValue::S(text))) => texts.push(text),
            Ok(Some(AttributeValue::N(number))) => numbers.push(number),
            Ok(Some(AttributeValue::B(binary))) => binaries.push(binary),
            Err(error) => return value(Err(error)),
            Ok(_) => return invalid(),
        }
    }
    Operand::Value(Ok(match (texts.is_empty(), numbers.is_empty(), binaries.is_empty()) {
        (true, true, true) => None,
        (false, true, true) => Some(AttributeValue::Ss(texts)),
        (true, false, true) => Some(AttributeValue::Ns(numbers)),
        (true, true, false) => Some(AttributeValue::Bs(binaries)),
        _ => return invalid(),
    }))
}
