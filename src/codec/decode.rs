use std::collections::{HashMap, hash_map};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Stored;
use super::value::{self, Value};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::path::{self, Step};
use crate::projection::{Projection, Selected};
use crate::schema::{KeyAttribute, Template};

/// Decodes an item whose discriminator is one of `E`'s.
pub(crate) fn entity<E: Entity>(stored: &mut Stored) -> Result<E> {
    let attributes = attributes::<E>(stored)?;
    deserialize::<E, E>(attributes, stored)
}

/// Decodes some attributes of an item whose discriminator is one of `E`'s.
pub(crate) fn projection<P: Projection>(stored: &mut Stored) -> Result<P> {
    let attributes = attributes::<P::Of>(stored)?.into();
    let selected = P::__SELECT.unwrap_or_default().iter().filter_map(|Selected { name, path }| {
        let steps: Vec<Step> = path.iter().map(|name| Step::Name((*name).to_owned())).collect();
        Some(((*name).to_owned(), path::find(&attributes, &steps)?.clone()))
    });
    deserialize::<P::Of, P>(selected.collect(), stored)
}

/// What serde is to see.
fn attributes<E: Entity>(stored: &mut Stored) -> Result<HashMap<String, AttributeValue>> {
    let from_key = key_only::<E>(stored)?;
    let mut attributes = stored.take_attributes();
    // An attribute of a key-only field, as another program may have written, gives way to the key.
    attributes.extend(from_key);
    Ok(attributes)
}

fn deserialize<E: Entity, T: DeserializeOwned>(
    attributes: HashMap<String, AttributeValue>,
    stored: &Stored,
) -> Result<T> {
    T::deserialize(Attributes(attributes)).map_err(|error| {
        let context = Error::new(ErrorKind::Decode, error.message)
            .during("decode")
            .entity(E::SCHEMA.name)
            .key(stored.display_key());
        match error.attribute {
            Some(attribute) => context.attribute(attribute),
            None => context,
        }
    })
}

/// The attributes that live in the key alone, read back from it.
fn key_only<E: Entity>(stored: &Stored) -> Result<Vec<(String, AttributeValue)>> {
    let schema = E::SCHEMA;
    let mut found: Vec<(usize, String)> = Vec::new();
    if !schema.fields.iter().any(|field| field.key_only) {
        return Ok(Vec::new());
    }
    let layout = stored.layout();
    let sort = layout.sort_key.as_ref().zip(schema.primary.sort.as_ref());
    for (key, template) in [(&layout.partition_key, &schema.primary.partition)].into_iter().chain(sort) {
        let text = stored.key_text(key).unwrap_or_default();
        for (field, part) in parts::<E>(stored, key, template, &text)? {
            match found.iter().find(|(known, _)| *known == field) {
                Some((_, known)) if known != part => return Err(misfit::<E>(stored, key, template)),
                Some(_) => {}
                None => found.push((field, part.to_owned())),
            }
        }
    }
    let only = found.into_iter().filter(|(field, _)| schema.fields[*field].key_only);
    only.map(|(field, text)| {
        let value = E::__restore(field, &text).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("its text in the key {error}"))
                .during("decode")
                .entity(schema.name)
                .key(stored.display_key())
                .attribute(schema.fields[field].attribute())
        })?;
        Ok((schema.fields[field].attribute().to_owned(), value))
    })
    .collect()
}

fn parts<'t, E: Entity>(
    stored: &Stored,
    key: &KeyAttribute,
    template: &Template,
    text: &'t str,
) -> Result<Vec<(usize, &'t str)>> {
    template.parse(text, stored.layout().delimiter).ok_or_else(|| misfit::<E>(stored, key, template))
}

fn misfit<E: Entity>(stored: &Stored, key: &KeyAttribute, template: &Template) -> Error {
    Error::new(ErrorKind::Decode, format!("the key does not fit the template `{}`", template.text))
        .during("decode")
        .entity(E::SCHEMA.name)
        .key(stored.display_key())
        .attribute(key.name)
}

/// What serde says of an item, and of which attribute.
#[derive(Debug)]
struct DecodeError {
    attribute: Option<String>,
    message: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { attribute: None, message: message.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { attribute: Some(field.to_owned()), message: "is missing".to_owned() }
    }

    // Of flattened fields; as those of others, they show no value.

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        de::Error::custom(<value::Error as de::Error>::invalid_type(found, expected))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        de::Error::custom(<value::Error as de::Error>::invalid_value(found, expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        de::Error::custom(<value::Error as de::Error>::unknown_variant(variant, expected))
    }
}

/// The attributes of an item as serde's map.
struct Attributes(HashMap<String, AttributeValue>);

impl<'de> Deserializer<'de> for Attributes {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Access { entries: self.0.into_iter(), next: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Access {
    entries: hash_map::IntoIter<String, AttributeValue>,
    next: Option<(String, AttributeValue)>,
}

impl<'de> MapAccess<'de> for Access {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        self.next = self.entries.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some((name, value)) = self.next.take() else { unreachable!("serde asks for a value after its key") };
        let failed = |path: &str, message: String| DecodeError {
            attribute: Some(match path {
                "" | "." => name.clone(),
                nested if nested.starts_with('[') => format!("{name}{nested}"),
                nested => format!("{name}.{nested}"),
            }),
            message,
        };
        let mut track = serde_path_to_error::Track::new();
        seed.deserialize(serde_path_to_error::Deserializer::new(Value(value), &mut track))
            .map_err(|error| failed(&track.path().to_string(), error.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
