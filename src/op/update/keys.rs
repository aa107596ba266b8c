//! The index keys that have to be written with the attributes that they are made from.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::segment::SegmentError;
use crate::key::template::Fields;
use crate::model::EntityModel;
use crate::model::index_key::{self, IndexKey};
use crate::model::partial_item::{KeyTextError, PartialItem};

/// What becomes of a key attribute.
pub(super) enum KeyChange {
    Is(String),
    /// Unless the item is there already: its time of creation stays.
    IsAtFirst(String),
    Gone,
}

/// A key attribute that an update writes.
pub(super) struct KeyUpdate {
    pub key: IndexKey,
    pub change: KeyChange,
    /// The fields that this was made from.
    pub read: Vec<usize>,
}

/// What an update knows of the item.
pub(super) struct Basis<'a> {
    /// Of the item as it will be.
    pub known: &'a PartialItem,
    /// The attributes that are set.
    pub changed: HashSet<&'a str>,
    /// The item may be made, and has all of its keys then.
    pub is_upsert: bool,
    /// The time of creation, where only an item that is made gets it.
    pub at_first: Option<&'static str>,
}

impl Basis<'_> {
    /// The key attributes that the changes feed; all of them, if the item may be made.
    pub fn keys<E: EntityModel>(&self) -> Result<Vec<KeyUpdate>> {
        let update = |key| self.of::<E>(key).transpose();
        index_key::all::<E>().filter_map(update).collect()
    }

    fn of<E: EntityModel>(&self, key: IndexKey) -> Result<Option<KeyUpdate>> {
        let attributes = |field: &usize| E::__SCHEMA.fields[*field].attributes;
        let is_fed = |field: &usize| attributes(field).iter().any(|name| self.changed.contains(name));
        let is_at_first = |field: &usize| self.at_first.is_some_and(|first| attributes(field).contains(&first));
        let fields = key.fields::<E>();
        if !self.is_upsert && !fields.iter().any(is_fed) {
            return Ok(None);
        }
        let is_of_creation = fields.iter().any(is_at_first);
        if let Some(first) = self.at_first.filter(|_| is_of_creation) {
            // Of an item that is there the time of creation is not known, so nothing else may change a key made from it.
            let primary = key_text::key_fields(E::__SCHEMA);
            let is_fixed = |name: &&str| {
                *name == first || primary.iter().any(|field| E::__SCHEMA.fields[*field].attributes.contains(name))
            };
            if !key.is_always::<E>() || !fields.iter().all(|field| attributes(field).iter().all(is_fixed)) {
                return Err(not_known::<E>(&key, first));
            }
        }
        let source = KeySource::<E> {
            known: self.known,
            missing: Cell::new(None),
            read: RefCell::new(Vec::new()),
            entity: PhantomData,
        };
        let text = key.text::<E>(&source);
        let text = text.map_err(|error| source.missing.get().map_or(error, |name| not_known::<E>(&key, name)))?;
        let change = match text {
            Some(text) if is_of_creation => KeyChange::IsAtFirst(text),
            Some(text) => KeyChange::Is(text),
            None => KeyChange::Gone,
        };
        Ok(Some(KeyUpdate { key, change, read: source.read.into_inner() }))
    }
}

impl KeyUpdate {
    /// The fields that this was made from, and that the stored key, which is guarded, does not tell: where there is no key, or
    /// a function made it. What is stored for them has to be guarded itself.
    pub fn untold<E: EntityModel>(&self, stored: Option<&AttributeValue>) -> impl Iterator<Item = usize> {
        let (key, is_stored) = (self.key, stored.is_some());
        let in_template = key.template.fields();
        // Of one index, a key that is there says that none of its fields is missing.
        let has_one_index = key.only_index::<E>().is_some();
        self.read.iter().copied().filter(move |field| {
            let is_told = is_stored
                && !E::__SCHEMA.fields[*field].is_function()
                && (in_template.contains(field) || has_one_index);
            !is_told
        })
    }
}

fn not_known<E: EntityModel>(key: &IndexKey, attribute: &'static str) -> Error {
    let message = format!(
        "the keys of `{}` are made from `{attribute}` too, which this update does not know: set it, say what it is \
         (`assuming`), or update a loaded entity",
        key.index_name::<E>()
    );
    Error::new(ErrorKind::InvalidRequest, message).attribute(attribute)
}

/// A key field from what is known.
struct KeySource<'a, E> {
    known: &'a PartialItem,
    missing: Cell<Option<&'static str>>,
    /// The fields that were asked for.
    read: RefCell<Vec<usize>>,
    entity: PhantomData<E>,
}

impl<E: EntityModel> Fields for KeySource<'_, E> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        let mut read = self.read.borrow_mut();
        if !read.contains(&field) {
            read.push(field);
        }
        E::__derive(field, self.known, out).map_err(|unknown| match unknown {
            KeyTextError::Missing(attribute) => {
                self.missing.set(Some(attribute));
                SegmentError::new("is not known")
            }
            KeyTextError::Invalid(error) => error,
        })
    }
}
