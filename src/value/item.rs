use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use aws_sdk_dynamodb::types::AttributeValue;

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

impl Deref for Item {
    type Target = HashMap<String, AttributeValue>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Item {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
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

/// Returns DynamoDB's name for the type of a value.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>
pub(crate) fn type_tag(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::B(_) => "B",
        AttributeValue::Bool(_) => "BOOL",
        AttributeValue::Bs(_) => "BS",
        AttributeValue::L(_) => "L",
        AttributeValue::M(_) => "M",
        AttributeValue::N(_) => "N",
        AttributeValue::Ns(_) => "NS",
        AttributeValue::Null(_) => "NULL",
        AttributeValue::S(_) => "S",
        AttributeValue::Ss(_) => "SS",
        _ => "a type unknown to this version of the SDK",
    }
}
