//! What an update can add to an attribute: numbers to numbers, elements to sets and lists.

use std::collections::{BTreeSet, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::attribute::{FeedsIndex, KeyOnly, Plain, PrimaryKey, SetField, Version};
use crate::codec::{self, EncodeError};
use crate::condition::Operand;
use crate::number::N;
use crate::operand::{self, Encoder};

/// A field that holds a number, which can be added to.
#[diagnostic::on_unimplemented(message = "`{Self}` is no number", label = "expected a number's field")]
pub trait NumberField {}

/// A number that is added.
#[diagnostic::on_unimplemented(message = "`{Self}` is no number", label = "expected a number")]
pub trait Delta: Serialize + Sized {
    #[doc(hidden)]
    fn __operand(self) -> Operand {
        operand::any(&self)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl NumberField for $number {}
        impl Delta for $number {}
    )*};
}

numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

impl<T> NumberField for N<T> {}
impl<T> Delta for N<T> where Self: Serialize {}
impl<T: NumberField> NumberField for Option<T> {}

/// A field that holds several values: a list or, with `#[serde(with = "monotable::string_set")]` and its like, a set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list or set",
    label = "expected the field of a `Vec` or of another list or set"
)]
pub trait Elements {
    /// What is in it.
    type Element;

    #[doc(hidden)]
    fn __collect(elements: impl Iterator<Item = Self::Element>) -> Self;
}

macro_rules! elements {
    ($($list:ident)*) => {$(
        impl<X> Elements for $list<X> {
            type Element = X;

            fn __collect(elements: impl Iterator<Item = X>) -> Self {
                elements.collect()
            }
        }
    )*};
}

elements!(Vec VecDeque LinkedList);

impl<X: Ord> Elements for BTreeSet<X> {
    type Element = X;

    fn __collect(elements: impl Iterator<Item = X>) -> Self {
        elements.collect()
    }
}

impl<X: Eq + Hash, S: BuildHasher + Default> Elements for HashSet<X, S> {
    type Element = X;

    fn __collect(elements: impl Iterator<Item = X>) -> Self {
        elements.collect()
    }
}

impl<C: Elements> Elements for Option<C> {
    type Element = C::Element;

    fn __collect(elements: impl Iterator<Item = C::Element>) -> Self {
        Some(C::__collect(elements))
    }
}

/// An element of type `X`, or `&str` for a `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no element of type `{X}`",
    label = "expected `{X}`",
    note = "give a `{X}`, or a `&str` where it is a `String`"
)]
pub trait IntoElement<X> {
    #[doc(hidden)]
    fn __element(self) -> X;
}

#[diagnostic::do_not_recommend]
impl<X> IntoElement<X> for X {
    fn __element(self) -> X {
        self
    }
}

impl IntoElement<String> for &str {
    fn __element(self) -> String {
        self.to_owned()
    }
}

/// Elements, as the field encodes a list or set of them.
pub(crate) fn encode<T: Elements, X: IntoElement<T::Element>>(
    elements: impl IntoIterator<Item = X>,
    encode: Encoder<T>,
) -> Result<Option<AttributeValue>, EncodeError> {
    encode(&T::__collect(elements.into_iter().map(IntoElement::__element)))
}

/// What can be added to an attribute of type `T` whose field has the role `R`: a number to a number, elements to a set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to an attribute of type `{T}`",
    label = "neither a number for a number nor elements for a set",
    note = "a set is a field with `#[serde(with = \"monotable::string_set\")]`, `number_set` or `binary_set`; of a list there is `append`"
)]
pub trait Addend<T, R> {
    #[doc(hidden)]
    fn __addend(self, encode: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError>;
}

/// For each type by itself: one that is no number is one message.
macro_rules! number_roles {
    ([$($role:ident)*] $numbers:tt) => {$(
        number_roles!($role $numbers);
    )*};
    ($role:ident [$($number:ty)*]) => {
        $(
            impl<T: NumberField> Addend<T, $role> for $number {
                fn __addend(self, _: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
                    codec::encode_operand(&self)
                }
            }
        )*

        impl<T: NumberField, X> Addend<T, $role> for N<X>
        where
            Self: Serialize,
        {
            fn __addend(self, _: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
                codec::encode_operand(&self)
            }
        }
    };
}

// For every role, so that one that cannot be added to is told by its own trait alone.
number_roles!([Plain FeedsIndex PrimaryKey KeyOnly Version] [
    u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64
]);

impl<T: Elements, I> Addend<T, SetField> for I
where
    I: IntoIterator,
    I::Item: IntoElement<T::Element>,
{
    fn __addend(self, encode: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
        self::encode(self, encode)
    }
}
