use std::borrow::Cow;
use std::cell::Cell;
use std::collections::hash_map;
use std::slice;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::codec::deserializer::{self, named};
use crate::codec::set_watch;
use crate::codec::value_ref::{Entries, LazyValue, ValueRef};
use crate::error::{Error, ErrorKind, Result};
use crate::key::segment::SegmentError;
use crate::key::template::Fields;
use crate::model::entity::{self, Of};
use crate::model::projection::Projection;
use crate::model::{EntityModel, HasSchema, Stored, unmarked};
use crate::schema::projection::Selected;
use crate::schema::{EntitySchema, KeyAttribute, KeyTemplates, KeyType, TableLayout, Template, own_key};

/// Deserializes an item whose discriminator is one of `E`'s.
pub(crate) fn entity<E: EntityModel>(stored: &Stored<'_>) -> Result<E> {
    let from_key = key_only(E::__SCHEMA, E::__restore, stored)?;
    let keys = SeenKeys::default();
    let seen = Seen { keys: Some(&keys), ..Seen::new::<E>(stored, &from_key) };
    let watch = set_watch::SetObserver::begin();
    let entity = E::__deserialize(AttributeReader::new(seen));
    let has_unmarked = watch.end();
    let entity = entity.map_err(|error| undecoded(E::__SCHEMA, error, stored))?;
    if has_unmarked {
        unmarked::check(&entity, stored.attributes()).map_err(|error| error.key(stored.display_key()))?;
    }
    match misfit_of_entity(&E::__SCHEMA.primary, stored, &keys, &Of(&entity)) {
        None => Ok(entity),
        Some((key, template)) => Err(misplaced(&entity, stored, key, template)),
    }
}

/// Returns the first key attribute whose stored text differs from the entity's own key. A read by the entity's key would not find
/// such an item, and a put would create a second one.
///
/// Not generic: every entity would otherwise have its own copy.
fn misfit_of_entity(
    primary: &'static KeyTemplates,
    stored: &Stored<'_>,
    seen: &SeenKeys<'_>,
    fields: &dyn Fields,
) -> Option<(&'static KeyAttribute, &'static Template)> {
    let layout = stored.layout();
    let differs = |key: &KeyAttribute, template: &Template, seen: Option<LazyValue<'_>>| {
        if key.key_type == KeyType::N {
            return false;
        }
        // If the user wrote the `Deserialize`, it may stop before it reaches the key attributes.
        let text = seen.map_or_else(|| stored.key_text(key), |seen| seen.shape().key_text());
        text.is_some_and(|text| !template.renders(&text, layout.delimiter, fields))
    };
    let [partition, sort] = seen;
    if differs(&layout.partition_key, &primary.partition, partition.get()) {
        return Some((&layout.partition_key, &primary.partition));
    }
    let (key, template) = layout.sort_key.as_ref().zip(primary.sort.as_ref())?;
    differs(key, template, sort.get()).then_some((key, template))
}

#[cold]
fn misplaced<E: EntityModel>(entity: &E, stored: &Stored<'_>, key: &KeyAttribute, template: &Template) -> Error {
    let own = entity::key_of(entity).map_or_else(|error| error.to_string(), |key| format!("`{key}`"));
    let message = format!(
        "the stored key does not fit the template `{}`; the entity's own key would be {own}. Put the item under that key and \
         delete this one, or give the field a type that keeps the text of the key, such as `String`",
        template.text
    );
    Error::new(ErrorKind::Decode, message)
        .with_operation("decode")
        .entity(E::__SCHEMA.name)
        .key(stored.display_key())
        .attribute(key.name)
}

/// Deserializes some attributes of an item whose discriminator is one of the projection's entity.
pub(crate) fn projection<P: Projection>(stored: &Stored<'_>) -> Result<P> {
    let schema = P::Of::__SCHEMA;
    let from_key = key_only(schema, P::Of::__restore, stored)?;
    let find =
        |root: &str| Seen::new::<P::Of>(stored, &from_key).find(|(name, _)| *name == root).map(|(_, value)| value);
    let selected = P::__SELECT.unwrap_or_default().iter().filter_map(|Selected { name, path }| {
        let (root, steps) = path.split_first()?;
        Some((*name, steps.iter().try_fold(find(root)?, |value, step| within(value, step))?))
    });
    P::deserialize(AttributeReader::new(selected)).map_err(|error| undecoded(schema, error, stored))
}

fn within<'a>(value: LazyValue<'a>, key: &str) -> Option<LazyValue<'a>> {
    match value.shape() {
        ValueRef::M(entries) => entries.find_named(key),
        _ => None,
    }
}

/// An attribute that serde gets in addition to the stored ones, for a field that is stored only in the key.
type FromKey<'a> = (&'a str, AttributeValue);

/// [`EntityModel::__restore`] of an entity.
type Restore = fn(usize, &str) -> Result<AttributeValue, SegmentError>;

/// The attributes that serde gets: the stored ones, without reserved attributes that are not fields, and the fields that are
/// stored only in the key, with their values from the key.
pub(super) struct Seen<'a> {
    stored: Entries<'a>,
    layout: &'static TableLayout,
    /// The entity, if it has fields that are key attributes.
    with_own_keys: Option<&'static EntitySchema>,
    from_key: &'a [FromKey<'a>],
    rest: slice::Iter<'a, FromKey<'a>>,
    /// Receives the values of the primary key.
    keys: Option<&'a SeenKeys<'a>>,
}

/// The values of the partition key and of the sort key, if they were read.
type SeenKeys<'a> = [Cell<Option<LazyValue<'a>>>; 2];

impl<'a> Seen<'a> {
    fn new<E: EntityModel>(stored: &Stored<'a>, from_key: &'a [FromKey<'a>]) -> Self {
        let (stored, layout) = (stored.attributes(), stored.layout());
        let with_own_keys = E::__HAS_OWN_KEYS.then_some(E::__SCHEMA);
        Self { stored, layout, with_own_keys, from_key, rest: from_key.iter(), keys: None }
    }

    /// Returns exactly these attributes, whatever their names.
    pub fn only(attributes: &'a [FromKey<'a>], layout: &'static TableLayout) -> Self {
        let stored = Entries::Sdk(hash_map::Iter::default());
        Self { stored, layout, with_own_keys: None, from_key: attributes, rest: attributes.iter(), keys: None }
    }
}

impl<'a> Iterator for Seen<'a> {
    type Item = (&'a str, LazyValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        for (name, value) in self.stored.by_ref() {
            if let Some(number) = self.layout.reserved_number(name) {
                // The list begins with the primary key.
                if let Some(seen) = self.keys.and_then(|keys| keys.get(number)) {
                    seen.set(Some(value));
                }
                if self.with_own_keys.is_none_or(|schema| !own_key::is_field(schema, name)) {
                    continue;
                }
            }
            // Another program may have stored a `key_only` field as an attribute too. The value from the key wins.
            if self.from_key.iter().all(|(known, _)| *known != name) {
                return Some((name, value));
            }
        }
        self.rest.next().map(|(name, value)| (*name, LazyValue::Sdk(value)))
    }
}

#[cold]
fn undecoded(schema: &EntitySchema, error: deserializer::Error, stored: &Stored<'_>) -> Error {
    let (attribute, message) = error.into_parts();
    let context =
        Error::new(ErrorKind::Decode, message).with_operation("decode").entity(schema.name).key(stored.display_key());
    match attribute.as_str() {
        "" => context,
        attribute => context.attribute(attribute),
    }
}

/// Reads the fields that are stored only in the key. `restore` converts the text of a field to its attribute value.
#[inline]
fn key_only(schema: &'static EntitySchema, restore: Restore, stored: &Stored<'_>) -> Result<Vec<FromKey<'static>>> {
    match schema.fields.iter().any(|field| field.key_only) {
        true => read_key_only(schema, restore, stored),
        false => Ok(Vec::new()),
    }
}

fn read_key_only(
    schema: &'static EntitySchema,
    restore: Restore,
    stored: &Stored<'_>,
) -> Result<Vec<FromKey<'static>>> {
    let layout = stored.layout();
    let sort = layout.sort_key.as_ref().zip(schema.primary.sort.as_ref());
    let keys = [Some((&layout.partition_key, &schema.primary.partition)), sort];
    let texts = keys.map(|key| key.map(|(key, template)| (key, template, stored.key_text(key).unwrap_or_default())));
    let mut found: Vec<(usize, Cow<'_, str>)> = Vec::new();
    for (key, template, text) in texts.iter().flatten() {
        let parts = template.parse(text, layout.delimiter).ok_or_else(|| misfit(schema, stored, key, template))?;
        for (field, part) in parts {
            match found.iter().find(|(known, _)| *known == field) {
                Some((_, known)) if *known != part => return Err(misfit(schema, stored, key, template)),
                Some(_) => {}
                None => found.push((field, part)),
            }
        }
    }
    let only = found.into_iter().filter(|(field, _)| schema.fields[*field].key_only);
    only.map(|(field, text)| {
        let attribute = schema.fields[field].attribute();
        let value = restore(field, &text).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("its text in the key {error}"))
                .with_operation("decode")
                .entity(schema.name)
                .key(stored.display_key())
                .attribute(attribute)
        })?;
        Ok((attribute, value))
    })
    .collect()
}

fn misfit(schema: &EntitySchema, stored: &Stored<'_>, key: &KeyAttribute, template: &Template) -> Error {
    Error::new(ErrorKind::Decode, format!("the key does not fit the template `{}`", template.text))
        .with_operation("decode")
        .entity(schema.name)
        .key(stored.display_key())
        .attribute(key.name)
}

/// Presents the attributes of an item to serde as a map.
pub(super) struct AttributeReader<'a, I> {
    attributes: I,
    next: Option<(&'a str, LazyValue<'a>)>,
}

impl<I> AttributeReader<'_, I> {
    pub fn new(attributes: I) -> Self {
        Self { attributes, next: None }
    }
}

impl<'a, I: Iterator<Item = (&'a str, LazyValue<'a>)>> Deserializer<'a> for AttributeReader<'a, I> {
    type Error = deserializer::Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, deserializer::Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a, I: Iterator<Item = (&'a str, LazyValue<'a>)>> MapAccess<'a> for AttributeReader<'a, I> {
    type Error = deserializer::Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, deserializer::Error> {
        self.next = self.attributes.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        let key = BorrowedStrDeserializer::<deserializer::Error>::new(name);
        seed.deserialize(key).map(Some).map_err(|error| error.under(name))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, deserializer::Error> {
        named(self.next.take(), seed)
    }
}
