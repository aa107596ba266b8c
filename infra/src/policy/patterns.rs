//! The least privilege for access patterns of a `schema.json`.

use std::collections::{BTreeMap, BTreeSet};

use monotable_config::{EntityDescription, EntityIndexDescription, KeyAttribute, KeyDescription, KeyType, SchemaFile};
use serde::Serialize;
use serde_json::json;

use super::{KEY_READ, KEY_WRITE, PolicyDocument, Statement, Target};
use crate::{Error, Result};

/// The operations on the table, and their actions. `check` is a part of a transaction, `query` reads a partition of the table.
const OPERATIONS: [(&str, &str); 11] = [
    ("create", "PutItem"),
    ("get", "GetItem"),
    ("put", "PutItem"),
    ("update", "UpdateItem"),
    ("upsert", "UpdateItem"),
    ("delete", "DeleteItem"),
    ("exists", "GetItem"),
    ("batch_get", "BatchGetItem"),
    ("batch_write", "BatchWriteItem"),
    ("check", "ConditionCheckItem"),
    ("query", "Query"),
];

/// The actions that only read.
const READS: [&str; 5] = ["BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query"];

/// One request that a pattern sends: its action, the index, and the texts with which partition keys begin.
struct Need<'a> {
    action: &'static str,
    index: Option<&'a str>,
    leading_keys: Option<String>,
}

impl Target {
    /// Returns the least privilege that access patterns need.
    ///
    /// A pattern is an operation (`create`, `get`, `put`, `update`, `upsert`, `delete`, `exists`, `batch_get`, `batch_write`, `check`,
    /// `query`) of all entities, an operation of one entity (`Order.create`), or a query of an index: its name (`list_by_user`,
    /// `Order.list_by_user`), or the name of the index in code (`Order.gsi1`). If all partition keys of an action begin with a constant
    /// text, the policy allows only keys with this text.
    ///
    /// # Errors
    /// Fails if the schema does not have a pattern. The error lists the patterns of the schema.
    pub fn policy_for_patterns(&self, schema: &SchemaFile, patterns: &[&str]) -> Result<PolicyDocument> {
        let mut policy = PolicyDocument::default();
        let grants = grants(schema, patterns)?;
        for grant in &grants {
            policy.add(self.statement(grant));
        }
        if !grants.is_empty() {
            self.add_key_and_application(
                &mut policy,
                if grants.iter().any(Grant::writes) { &KEY_WRITE } else { &KEY_READ },
            );
        }
        Ok(policy)
    }

    /// Returns the statement of a grant for this table.
    pub(crate) fn statement(&self, grant: &Grant) -> Statement {
        let table = &self.table;
        let resource = grant.index.as_ref().map_or(table.clone(), |index| table.below(&format!("/index/{index}")));
        let condition = grant.leading_keys.as_ref();
        Statement {
            actions: grant.actions.clone(),
            resources: vec![resource.value()],
            condition: condition.map(|keys| json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } })),
        }
    }
}

/// Actions that are allowed on a table or on one of its indexes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Grant {
    /// The actions, such as `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// The index, or `None` for the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The patterns of `dynamodb:LeadingKeys`, or `None` for all keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leading_keys: Option<Vec<String>>,
}

impl Grant {
    /// Returns whether an action writes.
    pub(crate) fn writes(&self) -> bool {
        self.actions.iter().any(|action| !READS.contains(&action.trim_start_matches("dynamodb:")))
    }
}

/// Returns the least grants that access patterns need.
pub(crate) fn grants(schema: &SchemaFile, patterns: &[&str]) -> Result<Vec<Grant>> {
    let mut needs = Vec::new();
    for pattern in patterns {
        let found = needs_of(schema, pattern);
        if found.is_empty() {
            let known = known(schema).join(", ");
            return Err(Error::Pattern { pattern: (*pattern).to_owned(), table: schema.table.clone(), known });
        }
        needs.extend(found);
    }
    Ok(grouped(&needs))
}

/// Returns all patterns of a schema: for each entity its operations and queries.
fn known(schema: &SchemaFile) -> Vec<String> {
    let mut known: Vec<String> = OPERATIONS.iter().map(|(operation, _)| (*operation).to_owned()).collect();
    for entity in &schema.entities {
        let queries = entity.indexes.iter().map(|index| index.query.as_deref().unwrap_or(&index.index));
        let operations = OPERATIONS.iter().map(|(operation, _)| *operation);
        known.extend(queries.chain(operations).map(|name| format!("{}.{name}", entity.name)));
    }
    known
}

fn needs_of<'a>(schema: &'a SchemaFile, pattern: &str) -> Vec<Need<'a>> {
    let (entity, name) = match pattern.split_once('.') {
        Some((entity, name)) => (Some(entity), name),
        None => (None, pattern),
    };
    let entities = schema.entities.iter().filter(|found| entity.is_none_or(|entity| found.name == entity));
    entities.flat_map(|entity| needs_of_entity(schema, entity, name)).collect()
}

fn needs_of_entity<'a>(schema: &'a SchemaFile, entity: &'a EntityDescription, name: &str) -> Vec<Need<'a>> {
    let table_key = std::slice::from_ref(&schema.partition_key);
    let operation = OPERATIONS.iter().find(|(operation, _)| *operation == name).map(|(_, action)| Need {
        action,
        index: None,
        leading_keys: leading_keys(table_key, &entity.primary_key),
    });
    let is_named = |index: &&EntityIndexDescription| index.query.as_deref() == Some(name) || index.index == name;
    let queries = entity.indexes.iter().filter(is_named).filter_map(|found| {
        let index = schema.indexes.iter().find(|index| index.name == found.index)?;
        Some(Need {
            action: "Query",
            index: Some(&index.index_name),
            leading_keys: leading_keys(&index.partition_keys, &found.key),
        })
    });
    operation.into_iter().chain(queries).collect()
}

/// Returns the pattern for `dynamodb:LeadingKeys`, if all partition keys of the template begin with the same text.
fn leading_keys(key: &[KeyAttribute], templates: &KeyDescription) -> Option<String> {
    if !matches!(key, [KeyAttribute { key_type: KeyType::S, .. }]) {
        return None;
    }
    let (prefix, is_whole) = constant_prefix(&templates.partition);
    // A key function is written as a call, which says nothing about its text.
    if prefix.is_empty() || (is_whole && (!templates.partition_arguments.is_empty() || prefix.ends_with(')'))) {
        return None;
    }
    // In a policy, these characters are wildcards or begin a variable.
    let escaped: String = prefix
        .chars()
        .map(|c| if matches!(c, '*' | '?' | '$') { format!("${{{c}}}") } else { c.to_string() })
        .collect();
    Some(if is_whole { escaped } else { escaped + "*" })
}

/// Returns the text of a template before its first placeholder, and whether that is the whole template.
fn constant_prefix(template: &str) -> (String, bool) {
    let mut prefix = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                prefix.push(c);
            }
            '{' => return (prefix, false),
            c => prefix.push(c),
        }
    }
    (prefix, true)
}

/// Returns one grant for each resource and set of leading keys.
fn grouped(needs: &[Need<'_>]) -> Vec<Grant> {
    // For each index and action the leading keys; `None` if one pattern needs all keys.
    let mut keys: BTreeMap<(Option<&str>, &str), Option<BTreeSet<&str>>> = BTreeMap::new();
    for need in needs {
        let known = keys.entry((need.index, need.action)).or_insert_with(|| Some(BTreeSet::new()));
        match (known.as_mut(), need.leading_keys.as_deref()) {
            (Some(known), Some(key)) => drop(known.insert(key)),
            _ => *known = None,
        }
    }
    let mut grouped: Vec<(Option<&str>, Option<BTreeSet<&str>>, Vec<String>)> = Vec::new();
    for ((index, action), keys) in keys {
        let action = format!("dynamodb:{action}");
        match grouped.iter_mut().find(|(other, others, _)| *other == index && *others == keys) {
            Some((.., actions)) => actions.push(action),
            None => grouped.push((index, keys, vec![action])),
        }
    }
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect();
    let grant = |(index, keys, actions): (Option<&str>, Option<BTreeSet<&str>>, Vec<String>)| Grant {
        actions,
        index: index.map(str::to_owned),
        leading_keys: keys.map(owned),
    };
    grouped.into_iter().map(grant).collect()
}
