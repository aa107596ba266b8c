use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Stored;
use super::shape::Shape;
use super::value::{self, named};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::projection::{Projection, Selected};
use crate::schema::{KeyAttribute, TableLayout, Template};

/// Decodes an item whose discriminator is one of `E`'s.
pub(crate) fn entity<E: Entity>(stored: &Stored) -> Result<E> {
    let from_key = key_only::<E>(stored)?;
    deserialize::<E, E>(attributes(stored, &from_key), stored)
}

/// Decodes some attributes of an item whose discriminator is one of `E`'s.
pub(crate) fn projection<P: Projection>(stored: &Stored) -> Result<P> {
    let from_key = key_only::<P::Of>(stored)?;
    let find = |root: &str| attributes(stored, &from_key).find(|(name, _)| *name == root).map(|(_, value)| value);
    let selected = P::__SELECT.unwrap_or_default().iter().filter_map(|Selected { name, path }| {
        let (root, steps) = path.split_first()?;
        let inside = |value, step: &&str| match value {
            Shape::M(mut entries) => entries.find(|(name, _)| name == step).map(|(_, value)| value),
            _ => None,
        };
        Some((*name, steps.iter().try_fold(find(root)?, inside)?))
    });
    deserialize::<P::Of, P>(selected, stored)
}

/// An attribute that lives in the key alone.
type FromKey = (&'static str, AttributeValue);

/// What serde is to see. An attribute of a key-only field, as another program may have written, gives way to the key.
fn attributes<'a>(stored: &'a Stored, from_key: &'a [FromKey]) -> impl Iterator<Item = (&'a str, Shape<'a>)> {
    let layout = stored.layout();
    let is_seen = move |name: &str| !is_reserved(layout, name) && from_key.iter().all(|(known, _)| *known != name);
    let stored = stored.attributes().filter(move |(name, _)| is_seen(name));
    stored.chain(from_key.iter().map(|(name, value)| (*name, value.into())))
}

fn is_reserved(layout: &TableLayout, name: &str) -> bool {
    layout.reserved().any(|reserved| reserved == name)
}

fn deserialize<'a, E: Entity, T: DeserializeOwned>(
    attributes: impl Iterator<Item = (&'a str, Shape<'a>)>,
    stored: &Stored,
) -> Result<T> {
    T::deserialize(Attributes { attributes, next: None }).map_err(|error| {
        let (attribute, message) = error.into_parts();
        let context =
            Error::new(ErrorKind::Decode, message).during("decode").entity(E::SCHEMA.name).key(stored.display_key());
        match attribute.as_str() {
            "" => context,
            attribute => context.attribute(attribute),
        }
    })
}

/// The attributes that live in the key alone, read back from it.
fn key_only<E: Entity>(stored: &Stored) -> Result<Vec<FromKey>> {
    let schema = E::SCHEMA;
    if !schema.fields.iter().any(|field| field.key_only) {
        return Ok(Vec::new());
    }
    let layout = stored.layout();
    let sort = layout.sort_key.as_ref().zip(schema.primary.sort.as_ref());
    let keys = [Some((&layout.partition_key, &schema.primary.partition)), sort];
    let texts = keys.map(|key| key.map(|(key, template)| (key, template, stored.key_text(key).unwrap_or_default())));
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (key, template, text) in texts.iter().flatten() {
        let parts = template.parse(text, layout.delimiter).ok_or_else(|| misfit::<E>(stored, key, template))?;
        for (field, part) in parts {
            match found.iter().find(|(known, _)| *known == field) {
                Some((_, known)) if *known != part => return Err(misfit::<E>(stored, key, template)),
                Some(_) => {}
                None => found.push((field, part)),
            }
        }
    }
    let only = found.into_iter().filter(|(field, _)| schema.fields[*field].key_only);
    only.map(|(field, text)| {
        let attribute = schema.fields[field].attribute();
        let value = E::__restore(field, text).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("its text in the key {error}"))
                .during("decode")
                .entity(schema.name)
                .key(stored.display_key())
                .attribute(attribute)
        })?;
        Ok((attribute, value))
    })
    .collect()
}

fn misfit<E: Entity>(stored: &Stored, key: &KeyAttribute, template: &Template) -> Error {
    Error::new(ErrorKind::Decode, format!("the key does not fit the template `{}`", template.text))
        .during("decode")
        .entity(E::SCHEMA.name)
        .key(stored.display_key())
        .attribute(key.name)
}

/// The attributes of an item as serde's map.
struct Attributes<'a, I> {
    attributes: I,
    next: Option<(&'a str, Shape<'a>)>,
}

impl<'a, I: Iterator<Item = (&'a str, Shape<'a>)>> Deserializer<'a> for Attributes<'a, I> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, value::Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a, I: Iterator<Item = (&'a str, Shape<'a>)>> MapAccess<'a> for Attributes<'a, I> {
    type Error = value::Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, value::Error> {
        self.next = self.attributes.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, value::Error> {
        named(self.next.take(), seed)
    }
}
