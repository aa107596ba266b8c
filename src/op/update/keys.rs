//! The index keys that an update writes, because it changes attributes that they depend on.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::segment::SegmentError;
use crate::key::template::Fields;
use crate::model::index_key::{self, IndexKey};
use crate::model::partial_item::{KeyTextError, PartialItem};
use crate::op::update::entity::UpdatedEntity;
use crate::schema::EntitySchema;

/// The change of a key attribute.
pub(super) enum KeyChange {
    Is(String),
    /// Set only if the key does not exist, because an existing item keeps its `created_at`.
    IsAtFirst(String),
    Gone,
}

/// A key attribute that an update writes.
pub(super) struct KeyUpdate {
    pub key: IndexKey,
    pub change: KeyChange,
    /// The fields that the change was computed from.
    pub read: Vec<usize>,
}

/// What an update knows about the item.
pub(super) struct Basis<'a> {
    /// The known attributes of the item after the update.
    pub known: &'a PartialItem,
    /// The attributes that the update changes.
    pub changed: HashSet<&'a str>,
    /// The update may create the item, which then needs all of its keys.
    pub is_upsert: bool,
    /// The `created_at` attribute, if only the creation of the item sets it.
    pub at_first: Option<&'static str>,
}

impl Basis<'_> {
    /// Returns the key attributes that depend on the changes, or all key attributes for an upsert.
    pub fn keys(&self, target: &dyn UpdatedEntity) -> Result<Vec<KeyUpdate>> {
        let update = |key| self.of(target, key).transpose();
        index_key::all(target.entity()).filter_map(update).collect()
    }

    fn of(&self, target: &dyn UpdatedEntity, key: IndexKey) -> Result<Option<KeyUpdate>> {
        let entity = target.entity();
        let schema = entity.schema;
        let attributes = |field: &usize| schema.fields[*field].attributes;
        let is_fed = |field: &usize| attributes(field).iter().any(|name| self.changed.contains(name));
        let is_at_first = |field: &usize| self.at_first.is_some_and(|first| attributes(field).contains(&first));
        let fields = key.fields(schema);
        if !self.is_upsert && !fields.iter().any(is_fed) {
            return Ok(None);
        }
        let is_of_creation = fields.iter().any(is_at_first);
        if let Some(first) = self.at_first.filter(|_| is_of_creation) {
            // The `created_at` of an existing item is unknown. An update can create a key that depends on it, but cannot change
            // it. So the item must always have the key, and the other fields of the key must be primary key fields.
            let primary = key_text::key_fields(schema);
            let is_fixed = |name: &&str| {
                *name == first || primary.iter().any(|field| schema.fields[*field].attributes.contains(name))
            };
            if !key.is_always(schema) || !fields.iter().all(|field| attributes(field).iter().all(is_fixed)) {
                return Err(not_known(schema, &key, first));
            }
        }
        let source = KeySource { known: self.known, missing: Cell::new(None), read: RefCell::new(Vec::new()), target };
        let text = key.text(entity, &source);
        let text = text.map_err(|error| source.missing.get().map_or(error, |name| not_known(schema, &key, name)))?;
        let change = match text {
            Some(text) if is_of_creation => KeyChange::IsAtFirst(text),
            Some(text) => KeyChange::Is(text),
            None => KeyChange::Gone,
        };
        Ok(Some(KeyUpdate { key, change, read: source.read.into_inner() }))
    }
}

impl KeyUpdate {
    /// Returns the fields that need a guard.
    ///
    /// The change was computed from these fields, and the stored key, which has a guard, does not determine their values: the key
    /// is not stored, or a function computed it.
    pub fn untold(
        &self,
        schema: &'static EntitySchema,
        stored: Option<&AttributeValue>,
    ) -> impl Iterator<Item = usize> {
        let (key, is_stored) = (self.key, stored.is_some());
        let in_template = key.template.fields();
        // If only one index uses the key attribute, a stored key shows that the item is listed in this index.
        let has_one_index = key.only_index(schema).is_some();
        self.read.iter().copied().filter(move |field| {
            let is_told =
                is_stored && !schema.fields[*field].is_function() && (in_template.contains(field) || has_one_index);
            !is_told
        })
    }
}

fn not_known(schema: &'static EntitySchema, key: &IndexKey, attribute: &'static str) -> Error {
    let message = format!(
        "the key of index `{}` also depends on `{attribute}`, whose value is unknown: set it, state its stored value \
         with `assuming`, or update a loaded entity",
        key.index_name(schema)
    );
    Error::new(ErrorKind::InvalidRequest, message).attribute(attribute)
}

/// Renders key fields from the known attributes.
struct KeySource<'a> {
    known: &'a PartialItem,
    missing: Cell<Option<&'static str>>,
    /// The fields that the template requested.
    read: RefCell<Vec<usize>>,
    target: &'a dyn UpdatedEntity,
}

impl Fields for KeySource<'_> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        let mut read = self.read.borrow_mut();
        if !read.contains(&field) {
            read.push(field);
        }
        self.target.derive(field, self.known, out).map_err(|unknown| match unknown {
            KeyTextError::Missing(attribute) => {
                self.missing.set(Some(attribute));
                SegmentError::new("is not known")
            }
            KeyTextError::Invalid(error) => error,
        })
    }
}
