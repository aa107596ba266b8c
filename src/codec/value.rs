//! One attribute value on its way into serde. A value of another type is an error that names both; a number's digits are
//! never lost on a way through `f64`.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::NUMBER;
use super::decimal::Decimal;
use crate::item::type_tag;

/// What serde says of a value, without the value: errors show none.
#[derive(Debug)]
pub(super) struct Error(String);

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}, found {}", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}, found {} that is none", kind(found)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let expected: Vec<_> = expected.iter().map(|variant| format!("`{variant}`")).collect();
        Self(format!("the text is none of the variants {}", expected.join(", ")))
    }
}

fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "NULL",
        Unexpected::Option => "an option",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        Unexpected::NewtypeStruct | Unexpected::NewtypeVariant => "a newtype",
        Unexpected::Enum | Unexpected::UnitVariant => "a variant",
        Unexpected::TupleVariant | Unexpected::StructVariant => "a variant with fields",
        _ => "another type",
    }
}

pub(super) struct Value(pub AttributeValue);

/// One value, or what is wrong with it.
pub(crate) fn decode<T: DeserializeOwned>(value: AttributeValue) -> Result<T, String> {
    T::deserialize(Value(value)).map_err(|error| error.to_string())
}

fn parse<T: FromStr<Err: Display>>(number: &str) -> Result<T, Error> {
    // Of the number itself nothing is said: errors show no values.
    number
        .parse()
        .map_err(|error| Error::custom(format_args!("the number is no {}: {error}", std::any::type_name::<T>())))
}

impl Value {
    fn expected<T>(self, tags: &str) -> Result<T, Error> {
        Err(Error::custom(format_args!("expected {tags}, found {}", type_tag(&self.0))))
    }

    fn map<'de, V: Visitor<'de>>(entries: HashMap<String, AttributeValue>, visitor: V) -> Result<V::Value, Error> {
        let mut map = MapDeserializer::new(entries.into_iter().map(|(key, value)| (Key(key), Self(value))));
        visitor.visit_map(&mut map)
    }

    fn seq<'de, V: Visitor<'de>>(values: Vec<AttributeValue>, visitor: V) -> Result<V::Value, Error> {
        let mut seq = SeqDeserializer::new(values.into_iter().map(Self));
        let value = visitor.visit_seq(&mut seq)?;
        seq.end()?;
        Ok(value)
    }
}

impl<'de> IntoDeserializer<'de, Error> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                AttributeValue::N(number) => visitor.$visit(parse(&number)?),
                _ => self.expected("N"),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    /// For what does not say its type beforehand: flattened, untagged and generic values.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::S(text) => visitor.visit_string(text),
            AttributeValue::N(number) => {
                if let Ok(number) = number.parse() {
                    return visitor.visit_i64(number);
                }
                if let Ok(number) = number.parse() {
                    return visitor.visit_u64(number);
                }
                match number.parse::<f64>() {
                    Ok(float) if Decimal::is_same(&float.to_string(), &number) => visitor.visit_f64(float),
                    // As text it has all its digits, which an `N` reads; serde keeps no longer numbers here.
                    _ => visitor.visit_string(number),
                }
            }
            AttributeValue::Bool(value) => visitor.visit_bool(value),
            AttributeValue::B(bytes) => visitor.visit_byte_buf(bytes.into_inner()),
            AttributeValue::Null(_) => visitor.visit_unit(),
            AttributeValue::M(entries) => Self::map(entries, visitor),
            AttributeValue::L(_) | AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_) => {
                self.deserialize_seq(visitor)
            }
            _ => Err(Error::custom("has a type unknown to this version of the SDK")),
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

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let AttributeValue::N(number) = &self.0 else { return self.expected("N") };
        match parse::<f32>(number)? {
            number if number.is_finite() => visitor.visit_f32(number),
            _ => Err(Error::custom("the number is too large for an f32")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let AttributeValue::N(number) = &self.0 else { return self.expected("N") };
        visitor.visit_f64(parse(number)?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::Bool(value) => visitor.visit_bool(value),
            _ => self.expected("BOOL"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::S(text) => visitor.visit_string(text),
            _ => self.expected("S"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::B(bytes) => visitor.visit_byte_buf(bytes.into_inner()),
            _ => self.expected("B"),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::Null(_) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::Null(_) => visitor.visit_unit(),
            _ => self.expected("NULL"),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            // Digit by digit, as text.
            AttributeValue::N(number) if name == NUMBER => visitor.visit_newtype_struct(number.into_deserializer()),
            _ if name == NUMBER => self.expected("N"),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let values = match self.0 {
            AttributeValue::L(values) => values,
            AttributeValue::Ss(texts) => texts.into_iter().map(AttributeValue::S).collect(),
            AttributeValue::Ns(numbers) => numbers.into_iter().map(AttributeValue::N).collect(),
            AttributeValue::Bs(binaries) => binaries.into_iter().map(AttributeValue::B).collect(),
            _ => return self.expected("L or a set"),
        };
        Self::seq(values, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::M(entries) => Self::map(entries, visitor),
            _ => self.expected("M"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    /// A variant without fields is its name, and any other a map from its name to what it holds.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            AttributeValue::S(variant) => visitor.visit_enum(variant.into_deserializer()),
            AttributeValue::M(entries) if entries.len() == 1 => {
                let Some(variant) = entries.into_iter().next() else { unreachable!("the guard counts one") };
                visitor.visit_enum(Variant(variant))
            }
            AttributeValue::M(_) => Err(Error::custom("expected a map of one entry, the variant")),
            _ => self.expected("S or M"),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// A variant that holds something.
struct Variant((String, AttributeValue));

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Value;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Value), Error> {
        let Self((name, value)) = self;
        Ok((seed.deserialize(name.into_deserializer())?, Value(value)))
    }
}

impl<'de> VariantAccess<'de> for Value {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.expected("a variant without fields")
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}

/// A key of a map: text, and what is read from text.
struct Key(String);

impl<'de> IntoDeserializer<'de, Error> for Key {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let error = |_| Error::custom("the key of a map is of another type");
            visitor.$visit(self.0.parse().map_err(error)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
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
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
