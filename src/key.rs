//! The primary key of an item, and what it can be made from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::arg::{FieldArgs, Texts};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::known::Loaded;
use crate::read::check_length;
use crate::schema::{EntitySchema, KeyAttribute, KeyTemplates, KeyType, TableLayout, Template};
use crate::segment::SegmentError;
use crate::table::Table;
use crate::template::{Fields, PARTITION_LIMIT, Rendered, Rendering, SORT_LIMIT};

/// The primary key of an item of the table `T`: keys of different entities are of one type.
///
/// `Display`, `FromStr` and serde give the key's text: the partition key, and ` / ` and the sort key where they differ. In a
/// key that has such a slash itself it is `\/`, and a backslash is `\\`.
pub struct Key<T> {
    entity: &'static str,
    partition: String,
    sort: Option<String>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> Key<T> {
    pub(crate) fn new(entity: &'static str, partition: String, sort: Option<String>) -> Self {
        Self { entity, partition, sort, table: PhantomData }
    }

    /// The name of the entity that it is a key of.
    pub fn entity(&self) -> &'static str {
        self.entity
    }

    /// The partition key's text.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The sort key's text, if the table has one.
    pub fn sort(&self) -> Option<&str> {
        self.sort.as_deref()
    }

    /// The key attributes as they are sent.
    ///
    /// # Errors
    /// If a numeric key attribute of the table is given no number.
    pub fn to_attributes(&self) -> Result<HashMap<String, AttributeValue>> {
        let values = self.clone().into_values()?;
        Ok(values.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The key attributes: the partition key, and the sort key if the table has one.
    pub(crate) fn into_values(self) -> Result<[Option<(&'static str, AttributeValue)>; 2]> {
        let layout = T::SCHEMA.layout;
        let value = |key: KeyAttribute, text| match value(&key, text) {
            Ok(value) => Ok((key.name, value)),
            Err(error) => Err(error.entity(self.entity)),
        };
        let sort = layout.sort_key.zip(self.sort).map(|(key, text)| value(key, text));
        Ok([Some(value(layout.partition_key, self.partition)?), sort.transpose()?])
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self { entity: self.entity, partition: self.partition.clone(), sort: self.sort.clone(), table: PhantomData }
    }
}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.partition, &self.sort) == (&other.partition, &other.sort)
    }
}

impl<T> Eq for Key<T> {}

impl<T> std::hash::Hash for Key<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.partition, &self.sort).hash(state);
    }
}

impl<T> fmt::Display for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display(&escape(&self.partition), self.sort.as_deref().map(escape).as_deref()))
    }
}

/// # Errors
/// If it is no text of a key of this table: empty, too long, or with a sort key where the table has none.
impl<T: Table> FromStr for Key<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (schema, layout) = (T::SCHEMA, T::SCHEMA.layout);
        let (partition, sort) = match text.split_once(SEPARATOR) {
            Some((partition, sort)) => (unescape(partition), Some(unescape(sort))),
            None => (unescape(text), None),
        };
        check_length(&partition, &layout.partition_key, PARTITION_LIMIT, false)?;
        let sort = match (layout.sort_key, sort) {
            (Some(_), None) => Some(partition.clone()),
            (None, Some(_)) => {
                let message = format!("the text is of a key with a sort key, and `{}` has none", schema.name);
                return Err(Error::new(ErrorKind::InvalidKey, message));
            }
            (_, sort) => sort,
        };
        if let (Some(key), Some(sort)) = (layout.sort_key, &sort) {
            check_length(sort, &key, SORT_LIMIT, false)?;
        }
        let fits = |template: &Template, text: &str| template.parse(text, layout.delimiter).is_some();
        let is_of = |entity: &&&EntitySchema| {
            let sort = entity.primary.sort.as_ref().zip(sort.as_deref());
            fits(&entity.primary.partition, &partition) && sort.is_none_or(|(template, text)| fits(template, text))
        };
        let entity = schema.entities.iter().find(is_of).map_or(schema.name, |entity| entity.name);
        Ok(Self::new(entity, partition, sort))
    }
}

impl<T> Serialize for Key<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Table> Deserialize<'de> for Key<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const SEPARATOR: &str = " / ";

/// A slash that could be taken for the separator has spaces, or an end, on both sides.
fn escape(key: &str) -> Cow<'_, str> {
    if !key.contains(['/', '\\']) {
        return key.into();
    }
    let mut text = String::with_capacity(key.len() + 2);
    let mut before = ' ';
    let mut rest = key.chars().peekable();
    while let Some(c) = rest.next() {
        let stands_alone = c == '/' && before == ' ' && rest.peek().is_none_or(|after| *after == ' ');
        if stands_alone || c == '\\' {
            text.push('\\');
        }
        text.push(c);
        before = c;
    }
    text.into()
}

fn unescape(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        key.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    key
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("entity", &self.entity).finish_non_exhaustive()
    }
}

pub(crate) fn display(partition: &str, sort: Option<&str>) -> String {
    match sort {
        Some(sort) if sort != partition => format!("{partition} / {sort}"),
        _ => partition.to_owned(),
    }
}

/// The attribute value of a key's text.
pub(crate) fn value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::S => Ok(AttributeValue::S(text)),
        KeyType::B => Ok(AttributeValue::B(Blob::new(text))),
        KeyType::N if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(AttributeValue::N(text)),
        KeyType::N => {
            Err(Error::new(ErrorKind::InvalidKey, "a numeric key is given a text that is no number")
                .attribute(key.name))
        }
    }
}

/// The attribute value of a key that is a field itself: the text of a binary one is in hexadecimal digits.
pub(crate) fn field_value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::B => match hex::decode(&text) {
            Ok(bytes) => Ok(AttributeValue::B(Blob::new(bytes))),
            Err(_) => {
                Err(Error::new(ErrorKind::InvalidKey, "a binary key takes bytes (`monotable::B`)").attribute(key.name))
            }
        },
        KeyType::S | KeyType::N => value(key, text),
    }
}

/// The attribute value that a query gives for a key, which may be a field itself.
pub(crate) fn queried(key: &KeyAttribute, text: String, is_field: bool) -> Result<AttributeValue> {
    if is_field { field_value(key, text) } else { value(key, text) }
}

/// The text of a key's attribute value; `None` if it is of another type.
pub(crate) fn text(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text.clone()),
        AttributeValue::B(bytes) => String::from_utf8(bytes.as_ref().to_vec()).ok(),
        _ => None,
    }
}

/// Says that the key of `Self` has the fields `F`. Written by `derive(Entity)`.
pub trait KeyOf<F>: Entity {}

/// Something that is a key of the entity `E`, whose key fields are `F`: one value, a tuple of them in the order of first
/// use in the templates, or a reference to an entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of `{E}`",
    label = "the key of `{E}` is {F}",
    note = "give one value, or a tuple of them in the templates' order, or a `&{E}`"
)]
pub trait IntoKey<E: Entity, F>: Sized {
    #[doc(hidden)]
    fn __key(self) -> Result<Key<E::Table>>;

    /// The entity, of what is a whole one.
    #[doc(hidden)]
    fn __loaded(&self) -> Option<Result<Loaded>> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: Entity, F, A: FieldArgs<F>> IntoKey<E, F> for A {
    fn __key(self) -> Result<Key<E::Table>> {
        primary_key::<E>(&Args::new(key_fields(E::SCHEMA), self.__texts(), E::SCHEMA)?)
    }
}

/// The arguments of a call, by the number of the field that each is for.
#[derive(Clone)]
pub(crate) struct Args(Vec<(usize, String)>);

impl Args {
    pub(crate) fn new(fields: Vec<usize>, texts: Texts, entity: &EntitySchema) -> Result<Self> {
        let texts = texts.map_err(|error| {
            Error::new(ErrorKind::InvalidKey, format!("a value given {error}")).entity(entity.name).caused_by(error)
        })?;
        Ok(Self(fields.into_iter().zip(texts).collect()))
    }

    /// Those of these fields alone.
    pub(crate) fn only(mut self, fields: &[usize]) -> Self {
        self.0.retain(|(field, _)| fields.contains(field));
        self
    }

    pub(crate) fn extend(&mut self, fields: impl IntoIterator<Item = usize>, texts: Vec<String>) {
        self.0.extend(fields.into_iter().zip(texts));
    }
}

impl Fields for Args {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        let Some((_, text)) = self.0.iter().find(|(number, _)| *number == field) else { return Ok(false) };
        out.push_str(text);
        Ok(true)
    }
}

/// The fields of the primary key: pk then sk, each once.
pub(crate) fn key_fields(entity: &EntitySchema) -> Vec<usize> {
    fields_of(&entity.primary)
}

fn fields_of(keys: &KeyTemplates) -> Vec<usize> {
    let mut fields = keys.partition.fields();
    let sort = keys.sort.map(|sort| sort.fields()).unwrap_or_default();
    fields.extend(sort_only(&fields, sort));
    fields
}

/// Of the fields of a sort template, those that the partition does not give.
pub(crate) fn sort_only(partition: &[usize], sort: Vec<usize>) -> Vec<usize> {
    sort.into_iter().filter(|field| !partition.contains(field)).collect()
}

pub(crate) fn primary_key<E: Entity>(fields: &dyn Fields) -> Result<Key<E::Table>> {
    let (layout, schema) = (<E::Table as Table>::SCHEMA.layout, E::SCHEMA);
    let partition =
        complete(schema, layout, &layout.partition_key, &schema.primary.partition, PARTITION_LIMIT, fields)?;
    let sort = match (layout.sort_key, &schema.primary.sort) {
        (Some(key), Some(template)) => Some(complete(schema, layout, &key, template, SORT_LIMIT, fields)?),
        _ => None,
    };
    Ok(Key::new(schema.name, partition, sort))
}

/// The attributes of the fields that a key shows as they are.
pub(crate) fn attributes_of<E: Entity>(key: &Key<E::Table>) -> Vec<(String, AttributeValue)> {
    let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
    let sort = schema.primary.sort.as_ref().zip(key.sort());
    let parts = [(&schema.primary.partition, key.partition())].into_iter().chain(sort);
    let texts = parts.flat_map(|(template, text)| {
        let whole: Vec<usize> = template.given();
        let texts = template.parse(text, layout.delimiter).unwrap_or_default();
        texts.into_iter().filter(move |(field, _)| whole.contains(field))
    });
    let attribute = |(field, text): (usize, Cow<'_, str>)| {
        let known = &schema.fields[field];
        // A nested field, or what a function gives, is no attribute of its own.
        let is_own = !known.name.contains(['.', '(']);
        is_own.then(|| Some((known.attribute().to_owned(), E::__restore(field, &text).ok()?))).flatten()
    };
    texts.filter_map(attribute).collect()
}

/// Renders the whole of a template of the primary key, all of whose fields have values.
pub(crate) fn complete(
    entity: &EntitySchema,
    layout: &TableLayout,
    key: &KeyAttribute,
    template: &Template,
    limit: usize,
    fields: &dyn Fields,
) -> Result<String> {
    let rendering = Rendering { entity, attribute: key.name, delimiter: layout.delimiter, limit };
    match rendering.render(template, fields)? {
        Rendered { text, missing: None } => Ok(text),
        Rendered { missing: Some(field), .. } => {
            Err(Error::new(ErrorKind::InvalidKey, format!("field `{}` has no value", entity.fields[field].name))
                .entity(entity.name)
                .attribute(key.name))
        }
    }
}
