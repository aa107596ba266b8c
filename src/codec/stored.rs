use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::item::{Item, type_tag};
use crate::key;
use crate::schema::{DISCRIMINATOR, KeyAttribute, TableLayout};

/// A stored item, its reserved attributes set apart: they say where it is and what it is, and outlive the decoding of the
/// rest.
pub struct Stored {
    layout: &'static TableLayout,
    reserved: Vec<(&'static str, AttributeValue)>,
    attributes: HashMap<String, AttributeValue>,
}

/// Attributes are no part of it.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

impl Stored {
    pub(crate) fn new(item: Item, layout: &'static TableLayout) -> Self {
        let mut attributes = item.into_inner();
        let mut reserved = Vec::with_capacity(8);
        for name in layout.reserved() {
            // An index may share a key attribute with the table or with another index: the first take finds it.
            if let Some(value) = attributes.remove(name) {
                reserved.push((name, value));
            }
        }
        Self { layout, reserved, attributes }
    }

    pub(crate) fn layout(&self) -> &'static TableLayout {
        self.layout
    }

    pub(crate) fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.reserved.iter().find(|(reserved, _)| *reserved == name).map(|(_, value)| value)
    }

    /// The discriminator.
    pub(crate) fn discriminator(&self) -> Result<&str> {
        match self.get(DISCRIMINATOR) {
            Some(AttributeValue::S(label)) => Ok(label),
            found => {
                let message = match found {
                    None => "the item has no discriminator".to_owned(),
                    Some(other) => format!("expected S, found {}", type_tag(other)),
                };
                Err(Error::new(ErrorKind::MissingDiscriminator, message)
                    .during("decode")
                    .key(self.display_key())
                    .attribute(DISCRIMINATOR))
            }
        }
    }

    pub(crate) fn key_text(&self, key: &KeyAttribute) -> Option<String> {
        self.get(key.name).and_then(key::text)
    }

    /// The primary key, for messages.
    pub(crate) fn display_key(&self) -> String {
        let text = |key: &KeyAttribute| self.key_text(key).unwrap_or_else(|| "?".to_owned());
        let sort = self.layout.sort_key.as_ref().map(text);
        key::display(&text(&self.layout.partition_key), sort.as_deref())
    }

    /// The attributes that say where in the table, or in an index of it, the item is.
    pub(crate) fn position(&self, keys: &[KeyAttribute]) -> HashMap<String, AttributeValue> {
        keys.iter().filter_map(|key| Some((key.name.to_owned(), self.get(key.name)?.clone()))).collect()
    }

    /// What serde is to see.
    pub(crate) fn take_attributes(&mut self) -> HashMap<String, AttributeValue> {
        std::mem::take(&mut self.attributes)
    }

    /// The item as it was.
    pub(crate) fn take_item(&mut self) -> Item {
        let mut attributes = self.take_attributes();
        attributes.extend(self.reserved.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        attributes.into()
    }
}
