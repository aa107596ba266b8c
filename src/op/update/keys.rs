//! The index keys that have to be written with the attributes that they are made from.

use std::cell::Cell;
use std::collections::HashSet;
use std::marker::PhantomData;

use crate::entity::{self, Entity};
use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::known::{Known, Unknown};
use crate::schema::{EntityIndex, IndexKind, KeyAttribute, TableLayout, Template};
use crate::segment::SegmentError;
use crate::table::Table;
use crate::template::{Fields, PARTITION_LIMIT, SORT_LIMIT};

/// What becomes of a key attribute.
pub(super) enum KeyChange {
    Is(String),
    /// Unless the item is there already: its time of creation stays.
    IsAtFirst(String),
    Gone,
}

/// What an update knows of the item.
pub(super) struct Basis<'a> {
    /// Of the item as it will be.
    pub known: &'a Known,
    /// The attributes that are set.
    pub changed: HashSet<&'a str>,
    /// The item may be made, and has all of its keys then.
    pub is_upsert: bool,
    /// The time of creation, where only an item that is made gets it.
    pub at_first: Option<&'static str>,
}

type Changes = Vec<(KeyAttribute, KeyChange)>;

impl Basis<'_> {
    /// What becomes of the keys of an index; nothing for those that no change feeds.
    pub fn of<E: Entity>(&self, index: &EntityIndex) -> Result<Changes> {
        let (schema, layout) = (E::SCHEMA, <E::Table as Table>::SCHEMA.layout);
        let attributes = |field: &usize| schema.fields[*field].attributes;
        let is_fed = |field: &usize| self.is_upsert || attributes(field).iter().any(|name| self.changed.contains(name));
        let is_at_first = |field: &usize| self.at_first.is_some_and(|first| attributes(field).contains(&first));
        let fields = index_fields(index);
        if !self.is_upsert && !fields.iter().any(is_fed) {
            return Ok(Changes::new());
        }
        let source = Source::<E> { known: self.known, missing: Cell::new(None), entity: PhantomData };
        let missing = |error: Error| source.missing.get().map_or(error, |attribute| not_known(index, attribute));
        let keys = index_attributes(layout, index);
        let primary = key::key_fields(schema);
        let comes_and_goes = |field: &usize| schema.fields[*field].optional && !is_at_first(field);
        if let Some(first) = self.at_first.filter(|_| fields.iter().any(is_at_first)) {
            // Of an item that is there the time of creation is not known, so nothing else may change a key made from it.
            let is_fixed = |name: &&str| {
                *name == first || primary.iter().any(|field| schema.fields[*field].attributes.contains(name))
            };
            let moves = |template: &Template| {
                let fields = template.fields();
                fields.iter().any(is_at_first) && !fields.iter().all(|field| attributes(field).iter().all(&is_fixed))
            };
            let mut templates = [Some(&index.keys.partition), index.keys.sort.as_ref()].into_iter().flatten();
            if index.when.is_some() || fields.iter().any(comes_and_goes) || templates.any(moves) {
                return Err(not_known(index, first));
            }
        }
        // Where a field may be `None`, one that comes or goes takes all of the keys with it.
        if fields.iter().any(comes_and_goes) || index.when.is_some() {
            let texts = entity::index_texts::<E>(index, &source).map_err(missing)?;
            return Ok(match texts {
                None => keys.into_iter().map(|(key, _)| (key, KeyChange::Gone)).collect(),
                Some((partition, sort)) => {
                    let text = |is_sort| if is_sort { sort.clone() } else { Some(partition.clone()) };
                    let change = |is_sort| text(is_sort).map_or(KeyChange::Gone, KeyChange::Is);
                    keys.into_iter().map(|(key, is_sort)| (key, change(is_sort))).collect()
                }
            });
        }
        let mut changes = Changes::new();
        for (key, is_sort) in keys {
            let template = if is_sort { index.keys.sort.as_ref() } else { Some(&index.keys.partition) };
            let Some(template) = template else { continue };
            let fields = template.fields();
            if !self.is_upsert && !fields.iter().any(is_fed) {
                continue;
            }
            let limit = if is_sort { SORT_LIMIT } else { PARTITION_LIMIT };
            let text = key::complete(schema, layout, &key, template, limit, &source).map_err(missing)?;
            let is_at_first = fields.iter().any(is_at_first);
            changes.push((key, if is_at_first { KeyChange::IsAtFirst(text) } else { KeyChange::Is(text) }));
        }
        Ok(changes)
    }
}

fn not_known(index: &EntityIndex, attribute: &'static str) -> Error {
    let message = format!(
        "the keys of `{}` are made from `{attribute}` too, which this update does not know: set it, say what it is \
         (`assuming`), or update a loaded entity",
        index.index.name
    );
    Error::new(ErrorKind::InvalidRequest, message).attribute(attribute)
}

/// A key field from what is known.
struct Source<'a, E> {
    known: &'a Known,
    missing: Cell<Option<&'static str>>,
    entity: PhantomData<E>,
}

impl<E: Entity> Fields for Source<'_, E> {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        E::__derive(field, self.known, out).map_err(|unknown| match unknown {
            Unknown::Missing(attribute) => {
                self.missing.set(Some(attribute));
                SegmentError::new("is not known")
            }
            Unknown::Invalid(error) => error,
        })
    }
}

fn index_fields(index: &EntityIndex) -> Vec<usize> {
    let mut fields = match index.index.kind {
        IndexKind::Global => index.keys.partition.fields(),
        // A local index has the table's partition key, which no update changes.
        IndexKind::Local => Vec::new(),
    };
    fields.extend(index.keys.sort.iter().flat_map(|sort| sort.fields()));
    fields.extend(index.when);
    fields
}

/// The attributes that are the index's own, and whether each is its sort key.
fn index_attributes(layout: &TableLayout, index: &EntityIndex) -> Vec<(KeyAttribute, bool)> {
    let partition = index.index.partition_keys.iter().filter(|_| index.index.kind == IndexKind::Global);
    let all = partition.map(|key| (*key, false)).chain(index.index.sort_keys.iter().map(|key| (*key, true)));
    // One that is a key of the table as well is never changed.
    let is_primary = |key: &KeyAttribute| *key == layout.partition_key || Some(*key) == layout.sort_key;
    all.filter(|(key, _)| !is_primary(key)).collect()
}
