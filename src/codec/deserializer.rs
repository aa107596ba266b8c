//! Deserializes one attribute value through serde. A value of the wrong type is an error that names both types. A number never
//! loses digits by a conversion to `f64`.

mod marked;
mod set;

use std::fmt::{self, Display};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::codec::value_ref::{Entries, LazyValue, ValueRef, Values};
use crate::codec::{joined, set_watch, struct_watch};
use crate::value::decimal::Decimal;
use crate::value::marker::{BINARY_SET, NUMBER, NUMBER_SET, STRING_SET};
use marked::Marked;
use set::Set;

/// serde's message about a value, with the path to it. Errors do not contain the value.
#[derive(Debug)]
pub(crate) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// For example `lines[2].price`.
    path: String,
    message: String,
}

impl Error {
    /// Adds a name before the path.
    pub fn under(mut self, name: impl Display) -> Self {
        self.0.path = joined(name, &self.0.path);
        self
    }

    /// Returns the path and the message.
    pub fn into_parts(self) -> (String, String) {
        (self.0.path, self.0.message)
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// The message of an error about a missing field. The path of the error ends with the field.
pub(crate) const MISSING: &str = "is missing";

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(Box::new(Inner { path: String::new(), message: message.to_string() }))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(MISSING).under(field)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}, found {}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}, found {} that does not fit", kind(found)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let expected: Vec<_> = expected.iter().map(|variant| format!("`{variant}`")).collect();
        Self::custom(format_args!("unknown variant; expected one of {}", expected.join(", ")))
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "NULL",
        Unexpected::Option => "an option",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        // `deserialize_any` passes sets and numbers that do not fit as newtypes.
        Unexpected::NewtypeStruct => {
            "a set, or a number with more digits than fit: give a number the type `monotable::N`, or a set an attribute \
             like `#[serde(with = \"monotable::string_set\")]`"
        }
        Unexpected::NewtypeVariant => "a newtype",
        Unexpected::Enum | Unexpected::UnitVariant => "a variant",
        Unexpected::TupleVariant | Unexpected::StructVariant => "a variant with fields",
        _ => "another type",
    }
}

pub(super) struct Value<'a>(pub ValueRef<'a>);

/// Deserializes one value, or returns the message of the error.
pub(crate) fn decode<T: DeserializeOwned>(value: &AttributeValue) -> Result<T, String> {
    T::deserialize(Value(value.into())).map_err(|error| error.to_string())
}

fn parse<T: FromStr<Err: Display>>(number: &str) -> Result<T, Error> {
    // The message does not contain the number, because errors do not contain values.
    number
        .parse()
        .map_err(|error| Error::custom(format_args!("the number does not fit {}: {error}", std::any::type_name::<T>())))
}

impl<'a> Value<'a> {
    fn expected<T>(self, tags: &str) -> Result<T, Error> {
        Err(Error::custom(format_args!("expected {tags}, found {}", self.0.tag())))
    }

    fn seq<V: Visitor<'a>>(values: Values<'a>, visitor: V) -> Result<V::Value, Error> {
        let length = values.len();
        let mut seq = Seq { values, number: 0 };
        let value = visitor.visit_seq(&mut seq)?;
        match seq.values.len() {
            0 => Ok(value),
            _ => Err(Error::custom(format_args!("expected a list of {} elements, found {length}", seq.number))),
        }
    }
}

struct Seq<'a> {
    values: Values<'a>,
    number: usize,
}

impl<'a> SeqAccess<'a> for Seq<'a> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let number = self.number;
        self.number += 1;
        seed.deserialize(Value(value)).map(Some).map_err(|error| error.under(format_args!("[{number}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

/// The entries of a map.
struct Map<'a> {
    entries: Entries<'a>,
    next: Option<(&'a str, LazyValue<'a>)>,
}

impl<'a> MapAccess<'a> for Map<'a> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next = self.entries.next();
        let Some((name, _)) = self.next else { return Ok(None) };
        seed.deserialize(Key(name)).map(Some).map_err(|error| error.under(name))
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Error> {
        named(self.next.take(), seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// Deserializes the value of an entry whose key was read.
pub(crate) fn named<'a, S: DeserializeSeed<'a>>(
    entry: Option<(&'a str, LazyValue<'a>)>,
    seed: S,
) -> Result<S::Value, Error> {
    let Some((name, value)) = entry else { unreachable!("serde asks for a value after its key") };
    seed.deserialize(Value(value.shape())).map_err(|error| error.under(name))
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                ValueRef::N(number) => visitor.$visit(parse(number)?),
                _ => self.expected("N"),
            }
        }
    )*};
}

impl<'a> Deserializer<'a> for Value<'a> {
    type Error = Error;

    /// Called by flattened, untagged and generic values, which do not request a type.
    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::S(text) => visitor.visit_borrowed_str(text),
            ValueRef::N(number) => {
                if let Ok(number) = number.parse() {
                    return visitor.visit_i64(number);
                }
                if let Ok(number) = number.parse() {
                    return visitor.visit_u64(number);
                }
                match number.parse::<f64>() {
                    Ok(float) if Decimal::is_same(&float.to_string(), number) => visitor.visit_f64(float),
                    // serde cannot buffer longer numbers. `N` reads this form with all digits; other types return an error.
                    _ => visitor.visit_newtype_struct(Marked(BorrowedStrDeserializer::new(number))),
                }
            }
            ValueRef::Bool(value) => visitor.visit_bool(value),
            ValueRef::B(_) | ValueRef::Base64(_) => self.deserialize_byte_buf(visitor),
            ValueRef::Null(_) => visitor.visit_unit(),
            ValueRef::M(entries) => visitor.visit_map(Map { entries, next: None }),
            ValueRef::L(values) => Self::seq(values, visitor),
            // A set that is read as a list would be stored as a list. Only the modules for sets read this form.
            ValueRef::Ss(_) | ValueRef::Ns(_) | ValueRef::Bs(_) => visitor.visit_newtype_struct(Marked(Set(self.0))),
            ValueRef::Unknown(_) => Err(Error::custom("has a type unknown to this version of the SDK")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_i128 visit_i128,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_u128 visit_u128,
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let ValueRef::N(number) = self.0 else { return self.expected("N") };
        match parse::<f32>(number)? {
            float if float.is_finite() && (is_short(number, 6) || Decimal::is_same(&float.to_string(), number)) => {
                visitor.visit_f32(float)
            }
            float if float.is_finite() => Err(inexact("f32")),
            _ => Err(Error::custom("the number is too large for an f32")),
        }
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let ValueRef::N(number) = self.0 else { return self.expected("N") };
        let float: f64 = parse(number)?;
        match is_short(number, 15) || Decimal::is_same(&float.to_string(), number) {
            true => visitor.visit_f64(float),
            false => Err(inexact("f64")),
        }
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::Bool(value) => visitor.visit_bool(value),
            _ => self.expected("BOOL"),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::S(text) => visitor.visit_borrowed_str(text),
            _ => self.expected("S"),
        }
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.bytes() {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => self.expected("B"),
        }
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::Null(_) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::Null(_) => visitor.visit_unit(),
            _ => self.expected("NULL"),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            // Passed as text, to keep every digit.
            ValueRef::N(number) if name == NUMBER => visitor.visit_newtype_struct(BorrowedStrDeserializer::new(number)),
            shape if name == NUMBER => Value(shape).expected("N"),
            shape if matches!(name, STRING_SET | NUMBER_SET | BINARY_SET) => visitor.visit_newtype_struct(Set(shape)),
            shape => visitor.visit_newtype_struct(Value(shape)),
        }
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::L(values) => Self::seq(values, visitor),
            // Only serializing the field shows whether it is stored as a set. The caller checks it (`model::unmarked`).
            ValueRef::Ss(values) | ValueRef::Ns(values) | ValueRef::Bs(values) => {
                set_watch::note();
                Self::seq(values, visitor)
            }
            _ => self.expected("L"),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::M(entries) => visitor.visit_map(Map { entries, next: None }),
            _ => self.expected("M"),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::M(entries) => visitor.visit_map(Map { entries, next: None }),
            _ => {
                struct_watch::note(fields);
                self.expected("M")
            }
        }
    }

    /// A variant without fields is stored as its name. Any other variant is stored as a map from its name to its contents.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::S(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            ValueRef::M(mut entries) if entries.len() == 1 => {
                let Some((name, value)) = entries.next() else {
                    unreachable!("the guard checks that the map has one entry")
                };
                visitor.visit_enum(Variant(name, value))
            }
            ValueRef::M(_) => Err(Error::custom("expected a map with one entry, whose key is the variant")),
            _ => self.expected("S or M"),
        }
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// Returns whether the number is so short that a float represents all its digits.
fn is_short(number: &str, digits: usize) -> bool {
    number.len() <= digits && !number.contains(['e', 'E'])
}

fn inexact(float: &str) -> Error {
    Error::custom(format_args!(
        "the number has more digits than an {float} can hold; give the field an integer type, or `monotable::N`"
    ))
}

/// A variant with contents.
struct Variant<'a>(&'a str, LazyValue<'a>);

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.0))?, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Value(self.1.shape()).expected("a variant without fields")
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Error> {
        named(Some((self.0, self.1)), seed)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        Value(self.1.shape()).deserialize_seq(visitor).map_err(|error| error.under(self.0))
    }

    fn struct_variant<V: Visitor<'a>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        Value(self.1.shape()).deserialize_map(visitor).map_err(|error| error.under(self.0))
    }
}

/// Deserializes a map key: a string, or a type that is parsed from one.
struct Key<'a>(&'a str);

macro_rules! parsed {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
            let error = |_| Error::custom("the key of the map has the wrong type");
            visitor.$visit(self.0.parse().map_err(error)?)
        }
    )*};
}

impl<'a> Deserializer<'a> for Key<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    parsed! {
        deserialize_bool visit_bool,
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_i128 visit_i128,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_u128 visit_u128,
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
