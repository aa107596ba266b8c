//! How a table differs from its `config.json`, as the changes that bring it in line. No I/O.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType as KeyRole, Projection, ProjectionType,
    TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};

use monotable_config::{Index, IndexProjection, KeyAttribute, TableConfig};

use crate::error::{Error, ErrorKind, Result};

/// A change that brings a table in line with its `config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The table does not exist.
    CreateTable,
    /// The table does not have this global secondary index.
    CreateIndex {
        /// The name of the index in DynamoDB.
        index: String,
    },
    /// The index has other keys or another projection. DynamoDB cannot change them, so the index is deleted and created again.
    ReplaceIndex {
        /// The name of the index in DynamoDB.
        index: String,
        /// What the index has, and what `config.json` has.
        why: String,
    },
    /// Items do not expire yet.
    SetTimeToLive {
        /// `ttlAttribute` of `config.json`.
        attribute: String,
    },
    /// `config.json` does not have this global secondary index.
    DeleteIndex {
        /// The name of the index in DynamoDB.
        index: String,
    },
}

impl Change {
    /// Returns `true` if queries that work now can fail after the change, or while DynamoDB applies it.
    pub fn is_destructive(&self) -> bool {
        matches!(self, Self::ReplaceIndex { .. } | Self::DeleteIndex { .. })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable => f.write_str("create the table"),
            Self::CreateIndex { index } => write!(f, "create index `{index}`"),
            Self::ReplaceIndex { index, why } => write!(f, "delete index `{index}` and create it again: {why}"),
            Self::SetTimeToLive { attribute } => write!(f, "let items expire by attribute `{attribute}`"),
            Self::DeleteIndex { index } => write!(f, "delete index `{index}`, which config.json does not have"),
        }
    }
}

/// A table, and how it differs from its `config.json`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Description {
    /// The table's name.
    pub table_name: String,
    /// DynamoDB's description: status, indexes, item count and size (both are up to six hours old). `None` if the table does not
    /// exist.
    pub table: Option<TableDescription>,
    /// What `ensure_table` would do. Empty if keys, indexes and expiry are those of `config.json`.
    pub changes: Vec<Change>,
    /// A difference that DynamoDB cannot change, such as another primary key: the error that `ensure_table` would return.
    pub conflict: Option<Error>,
}

/// `1. .., 2. ..` as a message shows it.
pub(crate) fn plan(changes: &[Change]) -> String {
    let steps = changes.iter().enumerate().map(|(number, change)| format!("{}. {change}", number + 1));
    steps.collect::<Vec<_>>().join("; ")
}

/// Returns the changes in the safest order: everything new is created before anything is deleted.
///
/// # Errors
/// Fails if the table has another primary key or other local secondary indexes, which cannot be changed.
pub(crate) fn changes(config: &TableConfig, table: &TableDescription) -> Result<Vec<Change>> {
    check_unchangeable(config, table)?;
    let found = table.global_secondary_indexes();
    let wanted = &config.global_secondary_indexes;
    let is_wanted = |index: &GlobalSecondaryIndexDescription| {
        wanted.iter().any(|wanted| index.index_name() == Some(wanted.index_name.as_str()))
    };
    let (mut creations, mut replacements) = (Vec::new(), Vec::new());
    for wanted in wanted {
        let index = wanted.index_name.clone();
        match found.iter().find(|found| found.index_name() == Some(index.as_str())) {
            None => creations.push(Change::CreateIndex { index }),
            Some(found) => {
                let found = KeyShape::of_found(found.key_schema(), found.projection(), table);
                if let Some(why) = KeyShape::of(wanted, config).differs(&found) {
                    replacements.push(Change::ReplaceIndex { index, why });
                }
            }
        }
    }
    let deletions = found.iter().filter(|found| !is_wanted(found));
    let deletions =
        deletions.map(|found| Change::DeleteIndex { index: found.index_name().unwrap_or_default().to_owned() });
    Ok(creations.into_iter().chain(replacements).chain(deletions).collect())
}

/// Returns the change that makes items expire by `ttlAttribute`. Without that attribute, the table's setting is not changed.
///
/// # Errors
/// Fails if items expire by another attribute.
pub(crate) fn time_to_live(config: &TableConfig, found: &TimeToLiveDescription) -> Result<Option<Change>> {
    let Some(attribute) = config.ttl_attribute.clone() else { return Ok(None) };
    match (found.time_to_live_status(), found.attribute_name()) {
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some(other)) if other != attribute => {
            let message = format!(
                "items expire by attribute `{other}`, but config.json has `{attribute}`: disable the time to live of the table \
                 first, which takes AWS up to an hour"
            );
            Err(Error::new(ErrorKind::Configuration, message))
        }
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), _) => Ok(None),
        _ => Ok(Some(Change::SetTimeToLive { attribute })),
    }
}

/// Returns why the table cannot be changed or used right now; `None` if it can.
///
/// # Errors
/// Fails if waiting would not help.
pub(crate) fn busy(table: &TableDescription) -> Result<Option<String>> {
    match table.table_status() {
        None | Some(TableStatus::Active) => {}
        Some(status @ (TableStatus::Creating | TableStatus::Updating | TableStatus::Deleting)) => {
            return Ok(Some(format!("the table is {status}")));
        }
        Some(status) => {
            let message = format!("the table's status is {status}: it cannot be used until this is repaired in AWS");
            return Err(Error::new(ErrorKind::Service, message));
        }
    }
    let is_active =
        |index: &&GlobalSecondaryIndexDescription| matches!(index.index_status(), None | Some(IndexStatus::Active));
    let busy = table.global_secondary_indexes().iter().find(|index| !is_active(index));
    Ok(busy.map(|index| {
        let status = index.index_status().map_or("not active", IndexStatus::as_str);
        format!("index `{}` is {status}", index.index_name().unwrap_or_default())
    }))
}

/// Checks the primary key and the local indexes, which DynamoDB cannot change.
fn check_unchangeable(config: &TableConfig, table: &TableDescription) -> Result<()> {
    let fail = |message| Err(Error::new(ErrorKind::Configuration, message));
    let remedy = "which cannot be changed: give the table another name, or drop it (`drop_table`)";
    let key = |found: &str, wanted: &str| format!("the table's key is {found}, but config.json has {wanted}, {remedy}");
    let wanted = KeyShape { keys: keys([&config.partition_key], &config.sort_key), projection: String::new() };
    let found = KeyShape { keys: found_keys(table.key_schema(), table), projection: String::new() };
    if wanted != found {
        return fail(key(&found.keys, &wanted.keys));
    }
    for index in &config.local_secondary_indexes {
        let name = index.index_name.as_str();
        let found = table.local_secondary_indexes().iter().find(|found| found.index_name() == Some(name));
        let Some(found) = found else {
            return fail(format!("the table has no local secondary index `{name}`, {remedy}"));
        };
        let found = KeyShape::of_found(found.key_schema(), found.projection(), table);
        if let Some(why) = KeyShape::of(index, config).differs(&found) {
            return fail(format!("the local secondary index `{name}` differs: {why}, {remedy}"));
        }
    }
    Ok(())
}

/// The parts of an index that cannot be changed, as text for messages.
#[derive(PartialEq)]
struct KeyShape {
    keys: String,
    projection: String,
}

impl KeyShape {
    fn of(index: &Index, config: &TableConfig) -> Self {
        let projection = match &index.projection {
            IndexProjection::All => "ALL".to_owned(),
            IndexProjection::KeysOnly => "KEYS_ONLY".to_owned(),
            IndexProjection::Include(names) => names_text(names.iter().map(String::as_str)),
        };
        Self { keys: keys(config.partition_keys_of(index), &index.sort_keys), projection }
    }

    fn of_found(schema: &[KeySchemaElement], projection: Option<&Projection>, table: &TableDescription) -> Self {
        let projection = match projection.and_then(Projection::projection_type) {
            Some(ProjectionType::Include) => {
                names_text(projection.into_iter().flat_map(Projection::non_key_attributes).map(String::as_str))
            }
            Some(other) => other.as_str().to_owned(),
            None => "ALL".to_owned(),
        };
        Self { keys: found_keys(schema, table), projection }
    }

    fn differs(&self, found: &Self) -> Option<String> {
        if self.keys != found.keys {
            return Some(format!("its key is {}, but config.json has {}", found.keys, self.keys));
        }
        if self.projection != found.projection {
            return Some(format!("it stores {}, but config.json has {}", found.projection, self.projection));
        }
        None
    }
}

fn names_text<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<_> = names.map(|name| format!("`{name}`")).collect();
    format!("[{}]", Vec::from_iter(names).join(", "))
}

fn keys<'a>(
    partition: impl IntoIterator<Item = &'a KeyAttribute>,
    sort: impl IntoIterator<Item = &'a KeyAttribute>,
) -> String {
    let key = |key: &KeyAttribute| format!("`{}` {:?}", key.name, key.key_type);
    let partition: Vec<_> = partition.into_iter().map(key).collect();
    let sort: Vec<_> = sort.into_iter().map(key).collect();
    key_text(&partition, &sort)
}

fn found_keys(schema: &[KeySchemaElement], table: &TableDescription) -> String {
    let of_role = |role: &KeyRole| -> Vec<String> {
        let elements = schema.iter().filter(|element| element.key_type() == role);
        let key = |element: &KeySchemaElement| {
            let name = element.attribute_name();
            let definitions = table.attribute_definitions();
            let definition = definitions.iter().find(|definition| definition.attribute_name() == name);
            format!("`{name}` {}", definition.map_or("?", |definition| definition.attribute_type().as_str()))
        };
        elements.map(key).collect()
    };
    key_text(&of_role(&KeyRole::Hash), &of_role(&KeyRole::Range))
}

fn key_text(partition: &[String], sort: &[String]) -> String {
    match sort.is_empty() {
        true => partition.join(" + "),
        false => format!("{} / {}", partition.join(" + "), sort.join(" + ")),
    }
}
