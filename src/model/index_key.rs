//! The key attributes of an entity's indexes, and the text of each.
//!
//! Indexes can share an attribute with each other and with the table. An attribute has only one value, so this module decides the
//! value for each attribute, across all indexes that use it, for every kind of write. Different templates for one attribute do
//! not compile: see `check::check_shared_keys`.

use std::slice;

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::template::{Fields, PARTITION_LIMIT, SORT_LIMIT};
use crate::model::EntityType;
use crate::schema::{EntityIndex, EntitySchema, IndexKind, KeyAttribute, TableLayout, Template, own_key};

/// A key attribute of an entity's indexes that is neither a key of the table, nor the discriminator, nor a field itself.
#[derive(Clone, Copy)]
pub(crate) struct IndexKey {
    pub attribute: KeyAttribute,
    pub template: &'static Template,
}

/// Returns the key attributes of the entity's indexes, each once.
pub(crate) fn all(entity: EntityType) -> impl Iterator<Item = IndexKey> {
    let EntityType { schema, layout } = entity;
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
    let partition = index.index.partition_keys.iter();
    let partition = partition.map(|key| IndexKey { attribute: *key, template: &index.keys.partition });
    let sort = index.index.sort_keys.iter().zip(&index.keys.sort);
    let sort = sort.map(|(key, template)| IndexKey { attribute: *key, template });
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
    fn indexes(&self, schema: &'static EntitySchema) -> impl Iterator<Item = &'static EntityIndex> {
        let name = self.attribute.name;
        schema.indexes.iter().filter(move |index| uses(index, name))
    }

    /// Returns `true` if every item of the entity has the attribute.
    pub fn is_always(&self, schema: &'static EntitySchema) -> bool {
        self.indexes(schema).any(|index| conditions(schema, index).next().is_none())
    }

    /// Returns the index that uses the attribute, if only one does.
    pub fn only_index(&self, schema: &'static EntitySchema) -> Option<&'static EntityIndex> {
        let mut indexes = self.indexes(schema);
        indexes.next().filter(|_| indexes.next().is_none())
    }

    /// Returns the name in code of the first index that uses the attribute.
    pub fn index_name(&self, schema: &'static EntitySchema) -> &'static str {
        self.indexes(schema).next().map_or("", |index| index.index.name)
    }

    /// Returns the fields that the attribute depends on: those of its template, and those that decide whether an index contains
    /// the item.
    pub fn fields(&self, schema: &'static EntitySchema) -> Vec<usize> {
        let mut fields = self.template.fields();
        if !self.is_always(schema) {
            fields.extend(self.indexes(schema).flat_map(|index| conditions(schema, index)));
        }
        fields
    }

    /// Returns the attribute's text, or `None` if the item is in none of the indexes that use the attribute.
    ///
    /// # Errors
    /// Fails if a value cannot be used in a key.
    pub fn text(&self, entity: EntityType, fields: &dyn Fields) -> Result<Option<String>> {
        let EntityType { schema, layout } = entity;
        if !self.is_listed(schema, fields)? {
            return Ok(None);
        }
        key_text::complete(schema, layout, &self.attribute, self.template, limit(layout, self.attribute.name), fields)
            .map(Some)
    }

    fn is_listed(&self, schema: &'static EntitySchema, fields: &dyn Fields) -> Result<bool> {
        if self.is_always(schema) {
            return Ok(true);
        }
        // If the fields of one index are unknown, another index may still contain the item.
        let mut unknown = None;
        for index in self.indexes(schema) {
            match lists(schema, index, fields) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => unknown = unknown.or(Some(error)),
            }
        }
        unknown.map_or(Ok(false), Err)
    }
}

/// Returns the maximum length in bytes that DynamoDB allows for this key attribute. If it is also the sort key of an index, the
/// shorter limit applies, even to items that are not in that index.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.ViolationDetection.html>
pub(super) fn limit(layout: &TableLayout, attribute: &str) -> usize {
    let is_sort_key = |keys: &[KeyAttribute]| keys.iter().any(|key| key.name == attribute);
    let is_sort_key_of_table = layout.sort_key.as_ref().is_some_and(|key| is_sort_key(slice::from_ref(key)));
    match is_sort_key_of_table || layout.indexes.iter().any(|index| is_sort_key(index.sort_keys)) {
        true => SORT_LIMIT,
        false => PARTITION_LIMIT,
    }
}

/// Returns the fields that decide whether an item is in the index: its `when`, then the optional fields of its keys.
fn conditions(schema: &'static EntitySchema, index: &'static EntityIndex) -> impl Iterator<Item = usize> {
    let partition = (index.index.kind == IndexKind::Global).then_some(&index.keys.partition);
    let templates = partition.into_iter().chain(&index.keys.sort);
    let optional = templates.flat_map(|template| template.segments).filter_map(|segment| segment.field());
    index.when.into_iter().chain(optional.filter(|field| schema.fields[*field].optional))
}

fn lists(schema: &'static EntitySchema, index: &'static EntityIndex, fields: &dyn Fields) -> Result<bool> {
    let mut scratch = String::new();
    for field in conditions(schema, index) {
        scratch.clear();
        let has_value = fields.write(field, &mut scratch).map_err(|error| {
            let message = format!("field `{}` {error}", schema.fields[field].name);
            Error::new(ErrorKind::InvalidKey, message).entity(schema.name).caused_by(error)
        })?;
        if !has_value {
            return Ok(false);
        }
    }
    Ok(true)
}
