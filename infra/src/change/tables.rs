//! The tables of two templates, and what becomes of each of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::indexes::{self, Index, Update};
use crate::Template;

pub(super) const TABLE: &str = "AWS::DynamoDB::Table";

/// Returns the tables of a template: logical ids and resources.
pub(super) fn tables(template: &Template) -> impl Iterator<Item = (&str, &Value)> {
    template.resources().filter(|(_, resource)| resource["Type"] == TABLE)
}

/// Returns the table with this logical id.
pub(super) fn table<'a>(template: &'a Template, id: &str) -> Option<&'a Value> {
    template.resource(id).filter(|resource| resource["Type"] == TABLE)
}

/// Returns the reasons for which CloudFormation replaces a table by a new, empty one.
pub(super) fn replacements(current: &Value, target: &Value) -> Vec<String> {
    let (current, target) = (&current["Properties"], &target["Properties"]);
    let mut reasons = Vec::new();
    if current["KeySchema"] != target["KeySchema"] {
        reasons.push(format!("its key changes from {} to {}", key_text(current), key_text(target)));
    }
    if current["TableName"] != target["TableName"] {
        let name = |properties: &Value| match properties["TableName"].as_str() {
            Some(name) => format!("`{name}`"),
            None => "a generated name".to_owned(),
        };
        reasons.push(format!("its name changes from {} to {}", name(current), name(target)));
    }
    reasons.extend(local_index_changes(current, target));
    let (old_types, new_types) = (indexes::types(current), indexes::types(target));
    let local = target["LocalSecondaryIndexes"].as_array().into_iter().flatten();
    let schemas = std::iter::once(&target["KeySchema"]).chain(local.map(|index| &index["KeySchema"]));
    let mut names: Vec<_> = schemas.flat_map(indexes::key_names).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        if let (Some(old), Some(new)) = (old_types.get(name), new_types.get(name))
            && old != new
        {
            reasons.push(format!("the type of its key attribute {name} changes from {old} to {new}"));
        }
    }
    reasons
}

/// Returns the attributes of the key, such as `pk, sk`.
fn key_text(properties: &Value) -> String {
    indexes::key_names(&properties["KeySchema"]).collect::<Vec<_>>().join(", ")
}

fn local_index_changes(current: &Value, target: &Value) -> Vec<String> {
    let by_name = |properties: &Value| -> BTreeMap<String, Value> {
        let list = properties["LocalSecondaryIndexes"].as_array().into_iter().flatten();
        list.map(|index| (index["IndexName"].as_str().unwrap_or_default().to_owned(), index.clone())).collect()
    };
    let (old, new) = (by_name(current), by_name(target));
    let added = new.keys().filter(|name| !old.contains_key(*name));
    let added = added.map(|name| format!("the local index {name} is new"));
    let changed = old.iter().filter_map(|(name, index)| match new.get(name) {
        None => Some(format!("the local index {name} is removed")),
        Some(other) if other != index => Some(format!("the local index {name} changes")),
        Some(_) => None,
    });
    let reasons: Vec<_> = added.chain(changed).collect();
    // CloudFormation documents every change of this list as a replacement.
    match reasons.is_empty() && current["LocalSecondaryIndexes"] != target["LocalSecondaryIndexes"] {
        true => vec!["its local indexes are in another order, which CloudFormation can take for a change".to_owned()],
        false => reasons,
    }
}

/// A table that stays the same table, while its indexes change.
#[derive(Debug)]
pub(super) struct Transition<'a> {
    pub(super) id: &'a str,
    target: &'a Value,
    goal: Vec<Index>,
    /// The types of the key attributes in the current template.
    old_types: BTreeMap<String, String>,
    /// The indexes before each update, and the update. The last one has none.
    stages: Vec<(Vec<Index>, Option<Update>)>,
}

impl<'a> Transition<'a> {
    /// Returns the transition of the table with this logical id; `None` if the table is new, is replaced, or keeps its indexes.
    pub(super) fn new(id: &'a str, current: &Template, target: &'a Template) -> Option<Self> {
        let (old, new) = (table(current, id)?, table(target, id)?);
        if !replacements(old, new).is_empty() {
            return None;
        }
        let (old, new) = (&old["Properties"], &new["Properties"]);
        let goal = Index::list(new)?;
        let mut present: Vec<_> = Index::list(old)?.into_iter().map(|index| adapted(index, &goal, new)).collect();
        let mut stages = Vec::new();
        loop {
            let update = indexes::next(&present, &goal);
            let mut after = present.clone();
            match &update {
                None => break,
                Some(Update::Add(name)) => after.extend(goal.iter().find(|index| index.name == *name).cloned()),
                Some(Update::Remove(name)) => after.retain(|index| index.name != *name),
            }
            stages.push((std::mem::replace(&mut present, after), update));
        }
        stages.push((present, None));
        (stages.len() > 1).then(|| Self { id, target: new, goal, old_types: indexes::types(old), stages })
    }

    /// Returns how many updates the indexes take.
    pub(super) fn updates(&self) -> usize {
        self.stages.len() - 1
    }

    /// Returns the update that follows after `number` updates.
    pub(super) fn update(&self, number: usize) -> Option<&Update> {
        self.stages.get(number)?.1.as_ref()
    }

    /// Returns the indexes after `number` updates.
    pub(super) fn present(&self, number: usize) -> &[Index] {
        let last = self.stages.len() - 1;
        &self.stages[number.min(last)].0
    }

    /// Returns whether the target has an index with this name, with the same or with another key.
    pub(super) fn keeps_name(&self, name: &str) -> bool {
        self.goal.iter().any(|index| index.name == name)
    }

    /// Returns the properties of the table after `number` updates of its indexes. Everything else is as in the target.
    pub(super) fn properties(&self, number: usize) -> Value {
        if number >= self.updates() {
            return self.target.clone();
        }
        let present = self.present(number);
        let mut properties = self.target.as_object().cloned().unwrap_or_default();
        properties.insert("AttributeDefinitions".into(), self.definitions(present));
        match present.is_empty() {
            true => properties.remove("GlobalSecondaryIndexes"),
            false => {
                let list = present.iter().map(|index| index.value.clone()).collect();
                properties.insert("GlobalSecondaryIndexes".into(), list)
            }
        };
        properties.into()
    }

    /// Returns the definitions of exactly those attributes that are in a key, in the order of the target.
    fn definitions(&self, indexes: &[Index]) -> Value {
        let new_types = indexes::types(self.target);
        let local = self.target["LocalSecondaryIndexes"].as_array().into_iter().flatten();
        let schemas = std::iter::once(&self.target["KeySchema"]).chain(local.map(|index| &index["KeySchema"]));
        let of_table = schemas.flat_map(indexes::key_names).filter_map(|name| Some((name, new_types.get(name)?)));
        let of_indexes = indexes.iter().flat_map(|index| &index.attributes).map(|(name, kind)| (name.as_str(), kind));
        let used: BTreeMap<&str, &String> = of_table.chain(of_indexes).collect();
        let order = self.target["AttributeDefinitions"].as_array().into_iter().flatten();
        let mut names: Vec<&str> = order.filter_map(|one| one["AttributeName"].as_str()).collect();
        names.extend(self.old_types.keys().map(String::as_str).filter(|name| !new_types.contains_key(*name)));
        let definition = |name| Some(json!({ "AttributeName": name, "AttributeType": used.get(name)? }));
        names.into_iter().filter_map(definition).collect()
    }
}

/// Returns an index of the current template as it is while the table already has all other settings of the target.
fn adapted(index: Index, goal: &[Index], table: &Value) -> Index {
    if let Some(same) = goal.iter().find(|one| index.can_become(one)) {
        return same.clone();
    }
    let mut value: Map<_, _> = index.value.as_object().cloned().unwrap_or_default();
    // The billing mode of the table decides which capacity its indexes must have.
    if is_on_demand(table) {
        value.remove("ProvisionedThroughput");
    } else {
        value.remove("OnDemandThroughput");
        if let Some(capacity) = table.get("ProvisionedThroughput") {
            value.entry("ProvisionedThroughput").or_insert_with(|| capacity.clone());
        }
    }
    Index { value: value.into(), ..index }
}

/// Returns whether a table is billed on demand. Without a billing mode, DynamoDB uses provisioned capacity.
pub(super) fn is_on_demand(properties: &Value) -> bool {
    properties["BillingMode"] == "PAY_PER_REQUEST"
}
