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

/// A stored item, in a response body or in the SDK's form. It copies an attribute only when the attribute is read.
pub struct Stored<'a> {
    layout: &'static TableLayout,
    attributes: Entries<'a>,
    /// The item's place in the response body.
    place: Option<ByteRange>,
}

/// Shows no attributes.
impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

type Key = HashMap<String, AttributeValue>;

/// The position of an item, for a cursor.
pub(crate) enum At {
    /// The item's place in the response body, which contains its keys.
    Text(ByteRange),
    /// The key attributes of the table, and of the index that was read.
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

    /// Returns all attributes.
    pub(super) fn attributes(&self) -> Entries<'a> {
        self.attributes.clone()
    }

    pub(crate) fn get(&self, name: &str) -> Option<ValueRef<'a>> {
        self.attributes().find_named(name).map(LazyValue::shape)
    }

    /// Returns the discriminator, which is the value of `attribute`.
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

    /// Returns the text of the primary key, for error messages.
    pub(crate) fn display_key(&self) -> String {
        let text = |key: &KeyAttribute| self.key_text(key).unwrap_or(Cow::Borrowed("?"));
        let sort = self.layout.sort_key.as_ref().map(text);
        key_text::display(&text(&self.layout.partition_key), sort.as_deref())
    }

    /// Returns the key attributes with these names.
    pub(crate) fn position(&self, keys: &[KeyAttribute]) -> HashMap<String, AttributeValue> {
        keys.iter().filter_map(|key| Some((key.name.to_owned(), self.get(key.name)?.to_attribute()))).collect()
    }

    /// Returns the item's position without copying its keys if possible.
    pub(crate) fn at(&self, keys: &[KeyAttribute]) -> At {
        match &self.place {
            Some(place) => At::Text(place.clone()),
            None => At::Keys(Box::new(self.position(keys))),
        }
    }

    /// Copies all attributes.
    pub(crate) fn to_item(&self) -> Item {
        self.attributes().into_attributes().into()
    }
}
