use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::vec;

use aws_sdk_dynamodb::types::AttributeValue;

use super::shape::{Entries, Shape};
use super::wire::Wire;
use crate::error::{Error, ErrorKind, Result};
use crate::item::Item;
use crate::key;
use crate::schema::{DISCRIMINATOR, KeyAttribute, TableLayout};

/// A stored item: its attributes, and what its reserved ones say of where and what it is. Nothing is copied of what nobody
/// reads.
pub struct Stored {
    layout: &'static TableLayout,
    held: Held,
}

enum Held {
    Sdk(Item),
    /// The item of this number.
    Wire(Arc<Wire>, usize),
}

/// Attributes are no part of it.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

impl Stored {
    pub(crate) fn new(item: Item, layout: &'static TableLayout) -> Self {
        Self { layout, held: Held::Sdk(item) }
    }

    pub(crate) fn layout(&self) -> &'static TableLayout {
        self.layout
    }

    /// All of its attributes.
    pub(super) fn attributes(&self) -> Entries<'_> {
        match &self.held {
            Held::Sdk(item) => (&**item).into(),
            Held::Wire(wire, number) => wire.item(*number).into(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Shape<'_>> {
        match &self.held {
            Held::Sdk(item) => item.get(name).map(Shape::from),
            Held::Wire(..) => self.attributes().find(|(known, _)| *known == name).map(|(_, value)| value),
        }
    }

    /// The discriminator.
    pub(crate) fn discriminator(&self) -> Result<&str> {
        match self.get(DISCRIMINATOR) {
            Some(Shape::S(label)) => Ok(label),
            found => {
                let message = match found {
                    None => "the item has no discriminator".to_owned(),
                    Some(other) => format!("expected S, found {}", other.tag()),
                };
                Err(Error::new(ErrorKind::MissingDiscriminator, message)
                    .during("decode")
                    .key(self.display_key())
                    .attribute(DISCRIMINATOR))
            }
        }
    }

    pub(crate) fn key_text(&self, key: &KeyAttribute) -> Option<Cow<'_, str>> {
        self.get(key.name)?.key_text()
    }

    /// The primary key, for messages.
    pub(crate) fn display_key(&self) -> String {
        let text = |key: &KeyAttribute| self.key_text(key).unwrap_or(Cow::Borrowed("?"));
        let sort = self.layout.sort_key.as_ref().map(text);
        key::display(&text(&self.layout.partition_key), sort.as_deref())
    }

    /// The attributes that say where in the table, or in an index of it, the item is.
    pub(crate) fn position(&self, keys: &[KeyAttribute]) -> HashMap<String, AttributeValue> {
        keys.iter().filter_map(|key| Some((key.name.to_owned(), self.get(key.name)?.to_attribute()))).collect()
    }

    /// As the SDK has it.
    pub(crate) fn to_item(&self) -> Item {
        match &self.held {
            Held::Sdk(item) => item.clone(),
            Held::Wire(..) => self.attributes().into_attributes().into(),
        }
    }
}

/// The items of an answer, one by one.
pub(crate) struct Found {
    layout: &'static TableLayout,
    items: Items,
}

enum Items {
    Sdk(vec::IntoIter<HashMap<String, AttributeValue>>),
    /// The number of the next one.
    Wire(Arc<Wire>, usize),
}

impl Found {
    pub fn sdk(items: Vec<HashMap<String, AttributeValue>>, layout: &'static TableLayout) -> Self {
        Self { layout, items: Items::Sdk(items.into_iter()) }
    }

    pub fn wire(wire: Wire, layout: &'static TableLayout) -> Self {
        Self { layout, items: Items::Wire(Arc::new(wire), 0) }
    }
}

impl Iterator for Found {
    type Item = Stored;

    fn next(&mut self) -> Option<Stored> {
        let held = match &mut self.items {
            Items::Sdk(items) => Held::Sdk(items.next()?.into()),
            Items::Wire(wire, next) => {
                if *next == wire.len() {
                    return None;
                }
                *next += 1;
                Held::Wire(Arc::clone(wire), *next - 1)
            }
        };
        Some(Stored { layout: self.layout, held })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.items {
            Items::Sdk(items) => items.len(),
            Items::Wire(wire, next) => wire.len() - next,
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Found {}
