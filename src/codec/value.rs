//! One attribute value on its way into serde: `serde_dynamo`'s decoder, behind a check of the type that names both types.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_dynamo::AttributeValue as Decodable;

/// The value for the decoder, which cannot represent types that this version of the SDK does not know.
pub(super) fn known(value: AttributeValue) -> Result<Decodable, &'static str> {
    if is_known(&value) { Ok(value.into()) } else { Err("has a type unknown to this version of the SDK") }
}

fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::M(entries) => entries.values().all(is_known),
        AttributeValue::L(values) => values.iter().all(is_known),
        AttributeValue::B(_)
        | AttributeValue::Bool(_)
        | AttributeValue::Bs(_)
        | AttributeValue::N(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Null(_)
        | AttributeValue::S(_)
        | AttributeValue::Ss(_) => true,
        _ => false,
    }
}

pub(super) struct Value {
    value: Decodable,
    tag: &'static str,
}

impl Value {
    pub fn new(value: Decodable, tag: &'static str) -> Self {
        Self { value, tag }
    }

    fn decoder(self) -> serde_dynamo::Deserializer {
        serde_dynamo::Deserializer::from_attribute_value(self.value)
    }

    fn require(self, tags: &[&str]) -> Result<serde_dynamo::Deserializer, serde_dynamo::Error> {
        if tags.contains(&self.tag) {
            return Ok(self.decoder());
        }
        Err(serde_dynamo::Error::custom(format_args!("expected {}, found {}", tags.join(" or "), self.tag)))
    }
}

macro_rules! checked {
    ($($method:ident: $tags:expr,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.require($tags)?.$method(visitor)
        }
    )*};
}

macro_rules! unchecked {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.decoder().$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value {
    type Error = serde_dynamo::Error;

    checked! {
        deserialize_bool: &["BOOL"],
        deserialize_i8: &["N"],
        deserialize_i16: &["N"],
        deserialize_i32: &["N"],
        deserialize_i64: &["N"],
        deserialize_i128: &["N"],
        deserialize_u8: &["N"],
        deserialize_u16: &["N"],
        deserialize_u32: &["N"],
        deserialize_u64: &["N"],
        deserialize_u128: &["N"],
        deserialize_f32: &["N"],
        deserialize_f64: &["N"],
        deserialize_char: &["S"],
        deserialize_str: &["S"],
        deserialize_string: &["S"],
        deserialize_map: &["M"],
    }

    unchecked! {
        deserialize_any deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
        deserialize_ignored_any deserialize_seq
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.tag {
            "NULL" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        self.decoder().deserialize_unit_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Self::Error> {
        self.decoder().deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.decoder().deserialize_tuple_struct(name, length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.require(&["M"])?.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.require(&["S", "M"])?.deserialize_enum(name, variants, visitor)
    }
}
