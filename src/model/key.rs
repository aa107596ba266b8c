//! The primary key of an item, and its conversions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};
use crate::key::args::FieldArgs;
use crate::key::key_text::{Args, attribute_value, check_length, complete, display, key_fields};
use crate::key::segment::SegmentError;
use crate::key::template::{Fields, PARTITION_LIMIT, SORT_LIMIT};
use crate::model::partial_item::Loaded;
use crate::model::read_target::ReadTarget;
use crate::model::{EntityModel, EntityType, TableModel, index_key};
use crate::schema::{EntitySchema, KeyAttribute, TableLayout, Template};

/// The primary key of an item in the table `T`. Keys of different entities have the same type.
///
/// `Display`, `FromStr` and serde use the key's text: the partition key, and if the sort key differs, ` / ` and the sort key. A
/// slash in the key that looks like this separator is written as `\/`, and a backslash as `\\`.
#[doc(alias = "hash_key", alias = "range_key", alias = "primary_key")]
pub struct Key<T> {
    entity: &'static str,
    partition: String,
    sort: Option<String>,
    table: PhantomData<fn() -> T>,
}

impl<T: TableModel> Key<T> {
    pub(crate) fn new(entity: &'static str, partition: String, sort: Option<String>) -> Self {
        Self { entity, partition, sort, table: PhantomData }
    }

    /// Returns the name of the key's entity. If you parsed the key from text that matches no entity, it is the name of the table
    /// enum.
    pub fn entity(&self) -> &'static str {
        self.entity
    }

    /// Returns the text of the partition key.
    #[doc(alias = "hash_key")]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Returns the text of the sort key, or `None` if the table has no sort key.
    #[doc(alias = "range_key")]
    pub fn sort(&self) -> Option<&str> {
        self.sort.as_deref()
    }

    /// Returns the key attributes in the form that requests use.
    ///
    /// # Errors
    /// Fails if a key attribute of the table has the type N, but its text is not a number.
    pub fn to_attributes(&self) -> Result<HashMap<String, AttributeValue>> {
        let values = self.clone().into_values()?;
        Ok(values.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Returns the key attributes: the partition key, and the sort key if the table has one.
    pub(crate) fn into_values(self) -> Result<PrimaryValues> {
        values(T::__SCHEMA.layout, self.entity, self.partition, self.sort)
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

/// Parses the text that `Display` writes.
///
/// # Errors
/// Fails if the text cannot be a key of this table: it is empty or too long, or it contains a sort key but the table has none.
impl<T: TableModel> FromStr for Key<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (schema, layout) = (T::__SCHEMA, T::__SCHEMA.layout);
        let (partition, sort) = match text.split_once(SEPARATOR) {
            Some((partition, sort)) => (unescape(partition), Some(unescape(sort))),
            None => (unescape(text), None),
        };
        check_length(&partition, &layout.partition_key, PARTITION_LIMIT, false)?;
        let sort = match (layout.sort_key, sort) {
            (Some(_), None) => Some(partition.clone()),
            (None, Some(_)) => {
                let message = format!("the text contains a sort key, but `{}` has no sort key", schema.name);
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

impl<'de, T: TableModel> Deserialize<'de> for Key<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const SEPARATOR: &str = " / ";

/// Escapes backslashes, and slashes that look like the separator: with a space, or the end of the text, on both sides.
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

/// An entity whose primary key has the fields `F`. `derive(Entity)` implements this trait.
pub trait KeyOf<F> {
    /// Only `derive(Entity)` names this constant, so that no other code implements the trait.
    #[doc(hidden)]
    const __DERIVED: ();
}

/// A key of the entity `E` with the key fields `F`: one value, a tuple of values, or a reference to an entity.
///
/// The values are in the order in which the templates first use the fields, `pk` before `sk`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of `{E}`",
    label = "the key of `{E}` is {F}",
    note = "pass one value, a tuple of values in the order of the templates, or a `&{E}`"
)]
pub trait IntoKey<E: ReadTarget, F>: Sized {
    #[doc(hidden)]
    fn __key(self) -> Result<Key<E::Table>>;

    /// Returns the serialized entity if the key is a reference to an entity.
    #[doc(hidden)]
    fn __loaded(&self) -> Option<Result<Loaded>> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: EntityModel, F, A: FieldArgs<F>> IntoKey<E, F> for A {
    fn __key(self) -> Result<Key<E::Table>> {
        primary_key::<E>(&Args::new(key_fields(E::__SCHEMA), self.__texts(), E::__SCHEMA)?)
    }
}

pub(crate) fn primary_key<E: EntityModel>(fields: &dyn Fields) -> Result<Key<E::Table>> {
    let (partition, sort) = primary_texts(EntityType::of::<E>(), fields)?;
    Ok(Key::new(E::__SCHEMA.name, partition, sort))
}

/// The attributes of a primary key: the partition key, and the sort key if the table has one.
pub(crate) type PrimaryValues = [Option<(&'static str, AttributeValue)>; 2];

fn values(
    layout: &TableLayout,
    entity: &'static str,
    partition: String,
    sort: Option<String>,
) -> Result<PrimaryValues> {
    let value = |key: KeyAttribute, text| match attribute_value(&key, text) {
        Ok(value) => Ok((key.name, value)),
        Err(error) => Err(error.entity(entity)),
    };
    let sort = layout.sort_key.zip(sort).map(|(key, text)| value(key, text));
    Ok([Some(value(layout.partition_key, partition)?), sort.transpose()?])
}

/// Returns the text of the partition key, and of the sort key if the table has one.
pub(super) fn primary_texts(
    EntityType { schema, layout }: EntityType,
    fields: &dyn Fields,
) -> Result<(String, Option<String>)> {
    let partition = complete(
        schema,
        layout,
        &layout.partition_key,
        &schema.primary.partition,
        index_key::limit(layout, layout.partition_key.name),
        fields,
    )?;
    let sort = match (layout.sort_key, &schema.primary.sort) {
        (Some(key), Some(template)) => Some(complete(schema, layout, &key, template, SORT_LIMIT, fields)?),
        _ => None,
    };
    Ok((partition, sort))
}

/// Returns the attributes of the fields that can be read unchanged from a key with these texts. `restore` converts the text of a field
/// to its attribute.
pub(crate) fn attributes_of(
    EntityType { schema, layout }: EntityType,
    (partition, sort): (&str, Option<&str>),
    restore: &dyn Fn(usize, &str) -> Result<AttributeValue, SegmentError>,
) -> Vec<(String, AttributeValue)> {
    let sort = schema.primary.sort.as_ref().zip(sort);
    let parts = [(&schema.primary.partition, partition)].into_iter().chain(sort);
    let texts = parts.flat_map(|(template, text)| {
        let whole: Vec<usize> = template.given();
        let texts = template.parse(text, layout.delimiter).unwrap_or_default();
        texts.into_iter().filter(move |(field, _)| whole.contains(field))
    });
    let attribute = |(field, text): (usize, Cow<'_, str>)| {
        let known = &schema.fields[field];
        // A nested field, or the result of a function, is not stored as a separate attribute.
        let is_own = !known.name.contains(['.', '(']);
        is_own.then(|| Some((known.attribute().to_owned(), restore(field, &text).ok()?))).flatten()
    };
    texts.filter_map(attribute).collect()
}
