//! The key attributes of an entity's indexes, and the text of each.
//!
//! Indexes can share an attribute with each other and with the table. An attribute has only one value, so this module decides the
//! value for each attribute, across all indexes that use it, for every kind of write. Different templates for one attribute do
//! not compile: see `check::check_shared_keys`.

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::template::{Fields, PARTITION_LIMIT, SORT_LIMIT};
use crate::model::{EntityModel, TableModel};
use crate::schema::{EntityIndex, EntitySchema, IndexKind, KeyAttribute, TableLayout, Template, own_key};

/// A key attribute of an entity's indexes that is neither a key of the table, nor the discriminator, nor a field itself.
#[derive(Clone, Copy)]
pub(crate) struct IndexKey {
    pub attribute: KeyAttribute,
    pub template: &'static Template,
    /// The maximum length in bytes that DynamoDB allows.
    limit: usize,
}

/// Returns the key attributes of the entity's indexes, each once.
pub(crate) fn all<E: EntityModel>() -> impl Iterator<Item = IndexKey> {
    let (schema, layout) = (E::__SCHEMA, <E::Table as TableModel>::__SCHEMA.layout);
    let of_all = schema.indexes.iter().enumerate().flat_map(move |(number, index)| {
        let is_first = move |key: &IndexKey| !uses_before(schema, number, key.attribute.name);
        keys_of(index).filter(is_first)
    });
    of_all.filter(move |key| {
        let name = key.attribute.name;
        let is_written_anyway = is_primary(layout, name) || own_key::is_field(schema, name);
        !is_written_anyway && layout.discriminator_attribute != Some(name)
    })
}

/// Returns the key attributes of one index, with their templates.
fn keys_of(index: &'static EntityIndex) -> impl Iterator<Item = IndexKey> {
    let partition = index.index.partition_keys.iter().map(|key| IndexKey {
        attribute: *key,
        template: &index.keys.partition,
        limit: PARTITION_LIMIT,
    });
    let sort = index.index.sort_keys.iter().zip(&index.keys.sort);
    let sort = sort.map(|(key, template)| IndexKey { attribute: *key, template, limit: SORT_LIMIT });
    partition.chain(sort)
}

fn uses_before(schema: &'static EntitySchema, number: usize, attribute: &str) -> bool {
    schema.indexes[..number].iter().any(|index| uses(index, attribute))
}

fn uses(index: &'static EntityIndex, attribute: &str) -> bool {
    keys_of(index).any(|key| key.attribute.name == attribute)
}

pub(crate) fn is_primary(layout: &TableLayout, attribute: &str) -> bool {
    layout.partition_key.name == attribute || layout.sort_key.is_some_and(|key| key.name == attribute)
}

impl IndexKey {
    /// Returns the entity's indexes that use the attribute.
    fn indexes<E: EntityModel>(&self) -> impl Iterator<Item = &'static EntityIndex> {
        let name = self.attribute.name;
        E::__SCHEMA.indexes.iter().filter(move |index| uses(index, name))
    }

    /// Returns `true` if every item of the entity has the attribute.
    pub fn is_always<E: EntityModel>(&self) -> bool {
        self.indexes::<E>().any(|index| conditions::<E>(index).next().is_none())
    }

    /// Returns the index that uses the attribute, if only one does.
    pub fn only_index<E: EntityModel>(&self) -> Option<&'static EntityIndex> {
        let mut indexes = self.indexes::<E>();
        indexes.next().filter(|_| indexes.next().is_none())
    }

    /// Returns the name in code of the first index that uses the attribute.
    pub fn index_name<E: EntityModel>(&self) -> &'static str {
        self.indexes::<E>().next().map_or("", |index| index.index.name)
    }

    /// Returns the fields that the attribute depends on: those of its template, and those that decide whether an index contains
    /// the item.
    pub fn fields<E: EntityModel>(&self) -> Vec<usize> {
        let mut fields = self.template.fields();
        if !self.is_always::<E>() {
            fields.extend(self.indexes::<E>().flat_map(conditions::<E>));
        }
        fields
    }

    /// Returns the attribute's text, or `None` if the item is in none of the indexes that use the attribute.
    ///
    /// # Errors
    /// Fails if a value cannot be used in a key.
    pub fn text<E: EntityModel>(&self, fields: &dyn Fields) -> Result<Option<String>> {
        if !self.is_listed::<E>(fields)? {
            return Ok(None);
        }
        let layout = <E::Table as TableModel>::__SCHEMA.layout;
        key_text::complete(E::__SCHEMA, layout, &self.attribute, self.template, self.limit, fields).map(Some)
    }

    fn is_listed<E: EntityModel>(&self, fields: &dyn Fields) -> Result<bool> {
        if self.is_always::<E>() {
            return Ok(true);
        }
        // If the fields of one index are unknown, another index may still contain the item.
        let mut unknown = None;
        for index in self.indexes::<E>() {
            match lists::<E>(index, fields) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => unknown = unknown.or(Some(error)),
            }
        }
        unknown.map_or(Ok(false), Err)
    }
}

/// Returns the fields that decide whether an item is in the index: its `when`, then the optional fields of its keys.
fn conditions<E: EntityModel>(index: &'static EntityIndex) -> impl Iterator<Item = usize> {
    let partition = (index.index.kind == IndexKind::Global).then_some(&index.keys.partition);
    let templates = partition.into_iter().chain(&index.keys.sort);
    let optional = templates.flat_map(|template| template.segments).filter_map(|segment| segment.field());
    index.when.into_iter().chain(optional.filter(|field| E::__SCHEMA.fields[*field].optional))
}

fn lists<E: EntityModel>(index: &'static EntityIndex, fields: &dyn Fields) -> Result<bool> {
    let mut scratch = String::new();
    for field in conditions::<E>(index) {
        scratch.clear();
        let has_value = fields.write(field, &mut scratch).map_err(|error| {
            let message = format!("field `{}` {error}", E::__SCHEMA.fields[field].name);
            Error::new(ErrorKind::InvalidKey, message).entity(E::__SCHEMA.name).caused_by(error)
        })?;
        if !has_value {
            return Ok(false);
        }
    }
    Ok(true)
}
