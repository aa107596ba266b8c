//! The values that an update can add to an attribute: numbers to numbers, and elements to sets and lists.

use std::collections::{BTreeSet, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::codec::{self, EncodeError};
use crate::error::{self, Error, ErrorKind};
use crate::expr::attribute::{FeedsIndex, KeyOnly, Plain, PrimaryKey, SetField, Version, WriteId};
use crate::expr::condition::{Comparison, Node, Operand};
use crate::expr::operand::{self, Encoder};
use crate::key::index_kind::Anything;
use crate::schema::sealed::sealed;
use crate::value::encoded::Encoded;
use crate::value::number::N;

sealed!(SealedNumberField, SealedDelta, SealedListOrSet, SealedIntoElement<X>, SealedAddValue<T, R>);

/// The type of a field that contains a number, to which an update can add.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number", label = "expected a field that contains a number")]
pub trait NumberField: SealedNumberField {
    #[doc(hidden)]
    const __BOUNDS: Bounds = Bounds::NONE;
}

/// The numbers that a field can contain.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The smallest number of the type, if counting can reach it.
    min: Option<i128>,
    /// The largest number of the type, if counting can reach it.
    max: Option<i128>,
    is_integer: bool,
}

impl Bounds {
    const NONE: Self = Self { min: None, max: None, is_integer: false };

    const fn integer(min: Option<i128>, max: Option<i128>) -> Self {
        Self { min, max, is_integer: true }
    }
}

/// A number that an update adds.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number", label = "expected a number")]
pub trait Delta: SealedDelta + Serialize + Sized {
    #[doc(hidden)]
    fn __operand(self) -> Operand {
        operand::any(&self)
    }
}

macro_rules! numbers {
    ($($number:ty: $bounds:expr;)*) => {$(
        impl NumberField for $number {
            const __BOUNDS: Bounds = $bounds;
        }
        impl SealedNumberField for $number {}
        impl Delta for $number {}
        impl SealedDelta for $number {}
    )*};
}

// Counters do not reach the limits of 64 bits, but a counter that is decremented can reach 0.
numbers! {
    u8: Bounds::integer(Some(0), Some(u8::MAX as i128));
    u16: Bounds::integer(Some(0), Some(u16::MAX as i128));
    u32: Bounds::integer(Some(0), Some(u32::MAX as i128));
    u64: Bounds::integer(Some(0), None);
    u128: Bounds::integer(Some(0), None);
    usize: Bounds::integer(Some(0), None);
    i8: Bounds::integer(Some(i8::MIN as i128), Some(i8::MAX as i128));
    i16: Bounds::integer(Some(i16::MIN as i128), Some(i16::MAX as i128));
    i32: Bounds::integer(Some(i32::MIN as i128), Some(i32::MAX as i128));
    i64: Bounds::integer(None, None);
    i128: Bounds::integer(None, None);
    isize: Bounds::integer(None, None);
    f32: Bounds::NONE;
    f64: Bounds::NONE;
}

impl<T> NumberField for N<T> {}
impl<T> SealedNumberField for N<T> {}
impl<T> Delta for N<T> where Self: Serialize {}
impl<T> SealedDelta for N<T> where Self: Serialize {}
impl<T: NumberField> NumberField for Option<T> {
    const __BOUNDS: Bounds = T::__BOUNDS;
}
impl<T: NumberField> SealedNumberField for Option<T> {}

/// Rejects a number with a fraction for an integer field, which could not be deserialized afterwards.
pub(crate) fn check_delta(attribute: &str, bounds: Bounds, delta: Option<&AttributeValue>) -> error::Result<()> {
    match delta {
        Some(AttributeValue::N(delta)) if bounds.is_integer && whole(delta).is_none() => {
            let message = format!(
                "`{attribute}` is an integer field, so only a whole number can be added to it; round the number, or give the \
                 field a type with a fraction"
            );
            Err(Error::new(ErrorKind::InvalidRequest, message).attribute(attribute))
        }
        _ => Ok(()),
    }
}

/// Parses a whole number, which may have a fraction of zeros or an exponent.
pub(crate) fn whole(number: &str) -> Option<i128> {
    let plain = match number.split_once('.') {
        Some((before, fraction)) if fraction.bytes().all(|digit| digit == b'0') => before,
        _ => number,
    };
    if plain.contains(['e', 'E']) {
        let float: f64 = plain.parse().ok().filter(|float: &f64| float.fract() == 0.0 && float.abs() < 1e38)?;
        return Some(float as i128);
    }
    plain.parse().ok()
}

/// Returns the condition that the result fits the type of the field; `None` if the result always fits or is not checked.
pub(crate) fn range_guard(attribute: &str, bounds: Bounds, delta: Option<&AttributeValue>) -> Option<Node> {
    let AttributeValue::N(delta) = delta? else { return None };
    let (Bounds { min, max, .. }, delta) = (bounds, whole(delta)?);
    let compare = |comparison, number: i128| {
        let number = Operand::Value(Ok(Some(AttributeValue::N(number.to_string()))));
        Node::Compare(Node::attribute(attribute), comparison, number)
    };
    let is_absent = Node::NotExists(Node::attribute(attribute));
    let (node, fits_absent) = match delta {
        ..0 => (compare(Comparison::Ge, min?.checked_sub(delta)?), min? <= delta),
        1.. => (compare(Comparison::Le, max?.checked_sub(delta)?), delta <= max?),
        0 => return None,
    };
    Some(if fits_absent { Node::Or(vec![is_absent, node]) } else { node })
}

/// The type of a field that contains several values: a list or, for example with `#[serde(with = "monotable::string_set")]`, a
/// set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list or set",
    label = "expected a field of type `Vec`, or of another list or set type"
)]
pub trait ListOrSet: SealedListOrSet {
    /// The type of the elements.
    type Element;

    #[doc(hidden)]
    fn __collect(elements: impl Iterator<Item = Self::Element>) -> Self;
}

macro_rules! elements {
    ($($list:ident)*) => {$(
        impl<X> ListOrSet for $list<X> {
            type Element = X;

            fn __collect(elements: impl Iterator<Item = X>) -> Self {
                elements.collect()
            }
        }
        impl<X> SealedListOrSet for $list<X> {}
    )*};
}

elements!(Vec VecDeque LinkedList);

impl<X: Ord> ListOrSet for BTreeSet<X> {
    type Element = X;

    fn __collect(elements: impl Iterator<Item = X>) -> Self {
        elements.collect()
    }
}
impl<X: Ord> SealedListOrSet for BTreeSet<X> {}

impl<X: Eq + Hash, S: BuildHasher + Default> ListOrSet for HashSet<X, S> {
    type Element = X;

    fn __collect(elements: impl Iterator<Item = X>) -> Self {
        elements.collect()
    }
}
impl<X: Eq + Hash, S: BuildHasher + Default> SealedListOrSet for HashSet<X, S> {}

impl<C: ListOrSet> ListOrSet for Option<C> {
    type Element = C::Element;

    fn __collect(elements: impl Iterator<Item = C::Element>) -> Self {
        Some(C::__collect(elements))
    }
}
impl<C: ListOrSet> SealedListOrSet for Option<C> {}

/// An element of type `X`, or a `&str` for a `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element of type `{X}`",
    label = "expected `{X}`",
    note = "pass a `{X}`, or a `&str` for a `String`"
)]
pub trait IntoElement<X>: SealedIntoElement<X> {
    #[doc(hidden)]
    fn __element(self) -> X;
}

#[diagnostic::do_not_recommend]
impl<X> IntoElement<X> for X {
    fn __element(self) -> X {
        self
    }
}
impl<X> SealedIntoElement<X> for X {}

impl IntoElement<String> for &str {
    fn __element(self) -> String {
        self.to_owned()
    }
}
impl SealedIntoElement<String> for &str {}

/// Serializes elements as a list or set, in the format of the field.
pub(crate) fn encode<T: ListOrSet, X: IntoElement<T::Element>>(
    elements: impl IntoIterator<Item = X>,
    encoder: Encoder<T>,
) -> Result<Option<AttributeValue>, EncodeError> {
    let elements = T::__collect(elements.into_iter().map(IntoElement::__element));
    encoder.whole().encode(&elements).map(Encoded::stored)
}

/// A value that can be added to an attribute of type `T` whose field has the role `R`: a number to a number, or elements to a
/// set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be added to an attribute of type `{T}`",
    label = "expected a number for a number field, or elements for a set field",
    note = "to store a field as a set, use `#[serde(with = \"monotable::string_set\")]`, `number_set` or `binary_set`; to add to a list, use `append`"
)]
pub trait AddValue<T, R>: SealedAddValue<T, R> {
    #[doc(hidden)]
    const __BOUNDS: Bounds = Bounds::NONE;

    #[doc(hidden)]
    fn __addend(self, encoder: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError>;
}

/// Implements the trait for each number type separately, so that the compiler reports another type with a single message.
macro_rules! number_roles {
    ([$($role:ident)*] $numbers:tt) => {$(
        number_roles!($role $numbers);
    )*};
    ($role:ident [$($number:ty)*]) => {
        $(
            impl<T: NumberField> AddValue<T, $role> for $number {
                const __BOUNDS: Bounds = T::__BOUNDS;

                fn __addend(self, _: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
                    codec::encode_operand(&self)
                }
            }
            impl<T: NumberField> SealedAddValue<T, $role> for $number {}
        )*

        impl<T: NumberField, X> AddValue<T, $role> for N<X>
        where
            Self: Serialize,
        {
            const __BOUNDS: Bounds = T::__BOUNDS;

            fn __addend(self, _: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
                codec::encode_operand(&self)
            }
        }
        impl<T: NumberField, X> SealedAddValue<T, $role> for N<X>
        where
            Self: Serialize,
        {}
    };
}

// Implemented for every role, so that only the more specific trait rejects a role that does not allow `add`.
number_roles!([Plain FeedsIndex PrimaryKey KeyOnly Version WriteId] [
    u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64
]);

impl<T: ListOrSet, I> AddValue<T, SetField> for I
where
    I: IntoIterator,
    I::Item: IntoElement<T::Element>,
{
    fn __addend(self, encoder: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
        encode(self, encoder)
    }
}
impl<T: ListOrSet, I> SealedAddValue<T, SetField> for I
where
    I: IntoIterator,
    I::Item: IntoElement<T::Element>,
{
}

/// In the stub of an entity that does not compile, any value can be added to any field.
impl<T, V> AddValue<T, Anything> for V {
    fn __addend(self, _: Encoder<T>) -> Result<Option<AttributeValue>, EncodeError> {
        Ok(None)
    }
}
impl<T, V> SealedAddValue<T, Anything> for V {}
