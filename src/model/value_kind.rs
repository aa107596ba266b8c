//! Finds out which kind of value an entity stores in an attribute, by the kind that the entity's `Deserialize` asks for.

use std::fmt;
use std::iter;

use monotable_config::ValueKind;
use serde::de::value::{Error, MapDeserializer, StrDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, VariantAccess, Visitor,
};

use crate::model::EntityModel;
use crate::value::marker;

/// Returns the kind of the values of `attribute`, and the values themselves if it is an enum whose variants have no fields.
pub fn value_kind<E: EntityModel>(attribute: &str) -> (ValueKind, Vec<String>) {
    let mut found = Found::default();
    let mut probe = |variant| {
        found.variant = variant;
        found.is_unit = false;
        let value = KindProbe(&mut found);
        // The deserialization always ends with an error, because the probe has no value.
        let _ = E::__deserialize(MapDeserializer::new(iter::once((attribute, value))));
        (found.variants, found.is_unit)
    };
    let (variants, mut is_unit) = probe(0);
    // Each deserialization shows only one variant of an enum.
    for variant in 1..u32::try_from(variants.len()).unwrap_or_default() {
        is_unit = probe(variant).1 && is_unit;
    }
    match (variants, is_unit) {
        ([], _) => (found.kind, Vec::new()),
        (variants, true) => (ValueKind::String, variants.iter().map(|name| (*name).to_owned()).collect()),
        (_, false) => (ValueKind::Any, Vec::new()),
    }
}

/// What the entity's `Deserialize` asked for.
struct Found {
    kind: ValueKind,
    variants: &'static [&'static str],
    /// The number of the variant that the probe selects.
    variant: u32,
    is_unit: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self { kind: ValueKind::Any, variants: &[], variant: 0, is_unit: false }
    }
}

struct KindProbe<'f>(&'f mut Found);

impl<'de> IntoDeserializer<'de, Error> for KindProbe<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn end<T>() -> Result<T, Error> {
    Err(Error::custom("the probe has no value"))
}

/// Displays the value that a visitor expects, as in serde's error messages.
struct Expectation<'v, V>(&'v V);

impl<'de, V: Visitor<'de>> fmt::Display for Expectation<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Expected::fmt(self.0, f)
    }
}

impl KindProbe<'_> {
    fn is<T>(self, kind: ValueKind) -> Result<T, Error> {
        self.0.kind = kind;
        end()
    }

    /// Recognizes times, dates and UUIDs, which are stored as text, by the visitor's description.
    fn text<'de, V: Visitor<'de>>(self, visitor: &V) -> Result<V::Value, Error> {
        let expected = Expectation(visitor).to_string();
        let kinds = [("RFC 3339", ValueKind::Timestamp), ("date string", ValueKind::Date), ("UUID", ValueKind::Uuid)];
        let kind = kinds.iter().find(|(word, _)| expected.contains(word));
        self.is(kind.map_or(ValueKind::String, |(_, kind)| *kind))
    }
}

macro_rules! kinds {
    ($($method:ident => $kind:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            self.is(ValueKind::$kind)
        }
    )*};
}

impl<'de> Deserializer<'de> for KindProbe<'_> {
    type Error = Error;

    kinds! {
        deserialize_any => Any
        deserialize_identifier => String
        deserialize_ignored_any => Any
        deserialize_bool => Bool
        deserialize_i8 => Integer
        deserialize_i16 => Integer
        deserialize_i32 => Integer
        deserialize_i64 => Integer
        deserialize_i128 => Integer
        deserialize_u8 => Integer
        deserialize_u16 => Integer
        deserialize_u32 => Integer
        deserialize_u64 => Integer
        deserialize_u128 => Integer
        deserialize_f32 => Number
        deserialize_f64 => Number
        deserialize_char => String
        deserialize_bytes => Binary
        deserialize_byte_buf => Binary
        deserialize_seq => List
        deserialize_map => Map
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(&visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(&visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.is(ValueKind::Any)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Result<V::Value, Error> {
        self.is(ValueKind::Any)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match (marker::set_kind(name), name) {
            (Some(marker::STRING_SET), _) => self.is(ValueKind::StringSet),
            (Some(marker::NUMBER_SET), _) => self.is(ValueKind::NumberSet),
            (Some(_), _) => self.is(ValueKind::BinarySet),
            (None, marker::NUMBER) => self.is(ValueKind::Number),
            (None, _) => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        self.is(ValueKind::List)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, _: V) -> Result<V::Value, Error> {
        self.is(ValueKind::List)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.is(ValueKind::Map)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.variants = variants;
        visitor.visit_enum(self)
    }
}

impl<'de> EnumAccess<'de> for KindProbe<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = usize::try_from(self.0.variant).ok().and_then(|variant| self.0.variants.get(variant));
        let variant = match name {
            Some(name) => seed.deserialize(StrDeserializer::<Error>::new(name))?,
            None => seed.deserialize(U32Deserializer::<Error>::new(0))?,
        };
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for KindProbe<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0.is_unit = true;
        end()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        self.0.is_unit = false;
        end()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        self.0.is_unit = false;
        end()
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        self.0.is_unit = false;
        end()
    }
}
