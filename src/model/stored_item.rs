use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::json_reader::ByteRange;
use crate::codec::value_ref::{Entries, LazyValue, ValueRef};
use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::schema::{KeyAttribute, TableLayout};
use crate::value::item::Item;

/// A stored item, wherever it is: its attributes, and what its reserved ones say of where and what it is. Nothing is copied of
/// what nobody reads.
pub struct Stored<'a> {
    layout: &'static TableLayout,
    attributes: Entries<'a>,
    /// In the text of an answer.
    place: Option<ByteRange>,
}

/// Attributes are no part of it.
impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

type Key = HashMap<String, AttributeValue>;

/// Where an item is found again.
pub(crate) enum At {
    /// In the text of an answer.
    Text(ByteRange),
    /// The attributes that say where in the table, or in an index of it, it is.
    Keys(Box<Key>),
}

impl<'a> Stored<'a> {
    pub(crate) fn new(item: &'a HashMap<String, AttributeValue>, layout: &'static TableLayout) -> Self {
        Self { layout, attributes: item.into(), place: None }
    }

    pub(crate) fn in_text(attributes: Entries<'a>, place: ByteRange, layout: &'static TableLayout) -> Self {
        Self { layout, attributes, place: Some(place) }
    }

    pub(crate) fn layout(&self) -> &'static TableLayout {
        self.layout
    }

    /// All of its attributes.
    pub(super) fn attributes(&self) -> Entries<'a> {
        self.attributes.clone()
    }

    pub(crate) fn get(&self, name: &str) -> Option<ValueRef<'a>> {
        self.attributes().find_named(name).map(LazyValue::shape)
    }

    /// Where the table has discriminators, this item's.
    pub(crate) fn discriminator(&self, attribute: &'static str) -> Result<&'a str> {
        match self.get(attribute) {
            Some(ValueRef::S(label)) => Ok(label),
            found => {
                let message = match found {
                    None => "the item has no discriminator".to_owned(),
                    Some(other) => format!("expected S, found {}", other.tag()),
                };
                Err(Error::new(ErrorKind::MissingDiscriminator, message)
                    .with_operation("decode")
                    .key(self.display_key())
                    .attribute(attribute))
            }
        }
    }

    pub(crate) fn key_text(&self, key: &KeyAttribute) -> Option<Cow<'a, str>> {
        self.get(key.name)?.key_text()
    }

    /// The primary key, for messages.
    pub(crate) fn display_key(&self) -> String {
        let text = |key: &KeyAttribute| self.key_text(key).unwrap_or(Cow::Borrowed("?"));
        let sort = self.layout.sort_key.as_ref().map(text);
        key_text::display(&text(&self.layout.partition_key), sort.as_deref())
    }

    /// The attributes that say where in the table, or in an index of it, the item is.
    pub(crate) fn position(&self, keys: &[KeyAttribute]) -> HashMap<String, AttributeValue> {
        keys.iter().filter_map(|key| Some((key.name.to_owned(), self.get(key.name)?.to_attribute()))).collect()
    }

    /// Where it is found again, when its position is asked for.
    pub(crate) fn at(&self, keys: &[KeyAttribute]) -> At {
        match &self.place {
            Some(place) => At::Text(place.clone()),
            None => At::Keys(Box::new(self.position(keys))),
        }
    }

    /// As the SDK has it.
    pub(crate) fn to_item(&self) -> Item {
        self.attributes().into_attributes().into()
    }
}
