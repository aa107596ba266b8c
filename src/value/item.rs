use std::collections::hash_map::{self, HashMap};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::value::attribute_type::type_tag;

/// An item as DynamoDB stores it: attribute names and values.
///
/// `Debug` shows names and types, but no values.
#[derive(Clone, PartialEq, Default)]
pub struct Item(HashMap<String, AttributeValue>);

impl Item {
    /// Creates an empty item.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the text of a string attribute; `None` if the attribute is absent or has another type.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.0.get(attribute)?.as_s().ok().map(String::as_str)
    }

    /// Returns the value of an attribute; `None` if the attribute is absent.
    pub fn get(&self, attribute: &str) -> Option<&AttributeValue> {
        self.0.get(attribute)
    }

    /// Returns `true` if the item has this attribute.
    pub fn contains_key(&self, attribute: &str) -> bool {
        self.0.contains_key(attribute)
    }

    /// Sets an attribute, and returns its old value.
    pub fn insert(&mut self, attribute: String, value: AttributeValue) -> Option<AttributeValue> {
        self.0.insert(attribute, value)
    }

    /// Removes an attribute, and returns its value.
    pub fn remove(&mut self, attribute: &str) -> Option<AttributeValue> {
        self.0.remove(attribute)
    }

    /// Keeps only the attributes for which `keep` returns `true`.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &AttributeValue) -> bool) {
        self.0.retain(|name, value| keep(name, value));
    }

    /// Returns the attributes in any order.
    pub fn iter(&self) -> hash_map::Iter<'_, String, AttributeValue> {
        self.0.iter()
    }

    /// Returns the names of the attributes in any order.
    pub fn keys(&self) -> hash_map::Keys<'_, String, AttributeValue> {
        self.0.keys()
    }

    /// Returns the number of attributes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if the item has no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the attributes as a map.
    pub fn into_inner(self) -> HashMap<String, AttributeValue> {
        self.0
    }
}

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl From<Item> for HashMap<String, AttributeValue> {
    fn from(item: Item) -> Self {
        item.0
    }
}

/// Converts an item of [`serde_dynamo`](https://docs.rs/serde_dynamo), which serializes and deserializes any type.
impl From<serde_dynamo::Item> for Item {
    fn from(item: serde_dynamo::Item) -> Self {
        Self(item.into())
    }
}

impl From<Item> for serde_dynamo::Item {
    fn from(item: Item) -> Self {
        item.0.into()
    }
}

impl FromIterator<(String, AttributeValue)> for Item {
    fn from_iter<I: IntoIterator<Item = (String, AttributeValue)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}

impl AsRef<HashMap<String, AttributeValue>> for Item {
    fn as_ref(&self) -> &HashMap<String, AttributeValue> {
        &self.0
    }
}

impl IntoIterator for Item {
    type Item = (String, AttributeValue);
    type IntoIter = hash_map::IntoIter<String, AttributeValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'i> IntoIterator for &'i Item {
    type Item = (&'i String, &'i AttributeValue);
    type IntoIter = hash_map::Iter<'i, String, AttributeValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut attributes: Vec<_> = self.0.iter().map(|(name, value)| (name, type_tag(value))).collect();
        attributes.sort_unstable();
        f.write_str("Item ")?;
        let mut map = f.debug_map();
        for (name, tag) in attributes {
            map.entry(name, &format_args!("{tag}"));
        }
        map.finish()
    }
}
