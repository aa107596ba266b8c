//! The global indexes of one table, and the order in which they change.

use std::collections::BTreeMap;

use serde_json::Value;

/// How many global indexes a table can have.
const LIMIT: usize = 20;

/// A global index, as a template describes it.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) name: String,
    /// The whole description.
    pub(super) value: Value,
    /// The types of the key attributes by name.
    pub(super) attributes: BTreeMap<String, String>,
}

/// One update of the indexes of a table.
#[derive(Debug)]
pub(super) enum Update {
    Add(String),
    Remove(String),
}

impl Index {
    /// Reads the global indexes of a table from its properties; `None` if they are not a plain list of indexes with names.
    pub(super) fn list(properties: &Value) -> Option<Vec<Self>> {
        let indexes = match &properties["GlobalSecondaryIndexes"] {
            Value::Null => return Some(Vec::new()),
            indexes => indexes.as_array()?,
        };
        let types = types(properties);
        let read = |value: &Value| {
            let attribute = |name: &str| (name.to_owned(), types.get(name).cloned().unwrap_or_default());
            let attributes = key_names(&value["KeySchema"]).map(attribute).collect();
            Some(Self { name: value["IndexName"].as_str()?.to_owned(), value: value.clone(), attributes })
        };
        indexes.iter().map(read).collect()
    }

    /// Returns whether DynamoDB can turn this index into the other one in place. Only capacities and similar settings can change.
    pub(super) fn can_become(&self, other: &Self) -> bool {
        self.name == other.name && self.has_key_of(other) && self.projection() == other.projection()
    }

    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        self.value["KeySchema"] == other.value["KeySchema"] && self.attributes == other.attributes
    }

    /// Returns type and attributes of the projection. The order of the attributes has no meaning.
    pub(super) fn projection(&self) -> (&str, Vec<&str>) {
        let projection = &self.value["Projection"];
        let names = projection["NonKeyAttributes"].as_array().into_iter().flatten();
        let mut names: Vec<_> = names.filter_map(Value::as_str).collect();
        names.sort_unstable();
        (projection["ProjectionType"].as_str().unwrap_or_default(), names)
    }

    /// Returns whether a table cannot have both indexes: they have the same name, or one attribute has two types.
    fn excludes(&self, other: &Self) -> bool {
        let differs = |(name, kind)| other.attributes.get(name).is_some_and(|other| other != kind);
        self.name == other.name || self.attributes.iter().any(differs)
    }
}

/// Returns the types of the defined attributes by name.
pub(super) fn types(properties: &Value) -> BTreeMap<String, String> {
    let definitions = properties["AttributeDefinitions"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    definitions.filter_map(|one| text(&one["AttributeName"]).zip(text(&one["AttributeType"]))).collect()
}

/// Returns the names of the attributes in a key schema.
pub(super) fn key_names(key_schema: &Value) -> impl Iterator<Item = &str> {
    key_schema.as_array().into_iter().flatten().filter_map(|element| element["AttributeName"].as_str())
}

/// Returns the next update that brings `present` closer to `target`; `None` if nothing is left to do.
///
/// The choice depends only on the two lists, so that an interrupted deployment goes on in the same way.
pub(super) fn next(present: &[Index], target: &[Index]) -> Option<Update> {
    let missing: Vec<_> = target.iter().filter(|index| !present.iter().any(|one| one.can_become(index))).collect();
    let stale: Vec<_> = present.iter().filter(|one| !target.iter().any(|index| one.can_become(index))).collect();
    let free = missing.iter().find(|index| !present.iter().any(|one| one.excludes(index)));
    // New indexes come first, so that programs can move from an old index to a new one.
    if let Some(free) = free.filter(|_| present.len() < LIMIT || stale.is_empty()) {
        return Some(Update::Add(free.name.clone()));
    }
    let is_unused = |one: &&&Index| !target.iter().any(|index| index.name == one.name);
    let is_in_the_way = |one: &&&Index| missing.first().is_some_and(|index| one.excludes(index));
    let best = match free {
        // Only the limit prevents the next new index. The index that goes is preferably one that does not come back.
        Some(_) => stale.iter().find(is_unused),
        None => stale.iter().find(is_in_the_way),
    };
    best.or(stale.first()).map(|index| Update::Remove(index.name.clone()))
}
