//! Serializers that support only some kinds of values.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeStruct};

/// Serializes the kinds of values whose functions an implementation defines, and rejects all others. [`Partial`] turns the
/// implementation into a serde serializer.
pub(crate) trait PartialSerializer: Sized {
    type Ok;
    type Error: ser::Error;
    type SerializeSeq: SerializeSeq<Ok = Self::Ok, Error = Self::Error>;
    type SerializeStruct: SerializeStruct<Ok = Self::Ok, Error = Self::Error>;

    /// Returns the error for a kind of value that is not supported.
    fn unsupported() -> Self::Error;

    fn bool(self, _: bool) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    /// Serializes an integer of at most 64 bits.
    fn integer(self, _: impl Display) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    /// Serializes an integer of 128 bits.
    fn large_integer(self, _: impl Display) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn char(self, _: char) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn str(self, _: &str) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn unit_variant(self, _: &'static str) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn none(self) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn some<T: Serialize + ?Sized>(self, _: &T) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<Self::Ok, Self::Error> {
        Err(Self::unsupported())
    }

    fn seq(self) -> Result<Self::SerializeSeq, Self::Error> {
        Err(Self::unsupported())
    }

    fn structure(self, _: usize) -> Result<Self::SerializeStruct, Self::Error> {
        Err(Self::unsupported())
    }
}

/// The serializer of a [`PartialSerializer`].
pub(crate) struct Partial<S>(pub S);

impl<S: PartialSerializer> ser::Serializer for Partial<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = S::SerializeSeq;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_bool(self, value: bool) -> Result<S::Ok, S::Error> {
        self.0.bool(value)
    }

    fn serialize_i8(self, number: i8) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_i16(self, number: i16) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_i32(self, number: i32) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_i64(self, number: i64) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_u8(self, number: u8) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_u16(self, number: u16) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_u32(self, number: u32) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_u64(self, number: u64) -> Result<S::Ok, S::Error> {
        self.0.integer(number)
    }

    fn serialize_i128(self, number: i128) -> Result<S::Ok, S::Error> {
        self.0.large_integer(number)
    }

    fn serialize_u128(self, number: u128) -> Result<S::Ok, S::Error> {
        self.0.large_integer(number)
    }

    fn serialize_f32(self, _: f32) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_f64(self, _: f64) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_char(self, value: char) -> Result<S::Ok, S::Error> {
        self.0.char(value)
    }

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        self.0.str(text)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.some(value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.0.unit_variant(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.newtype_struct(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.seq()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Err(S::unsupported())
    }

    fn serialize_struct(self, _: &'static str, fields: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.0.structure(fields)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        Err(S::unsupported())
    }
}
