//! How a table differs from its `config.json`, as the changes that bring it in line. No I/O.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType as KeyRole, Projection, ProjectionType,
    TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};

use crate::error::{Error, ErrorKind, Result};
use crate::schema::{IndexKind, IndexProjection, IndexSchema, KeyAttribute, TableLayout};

/// A change that brings a table in line with its `config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// There is no such table.
    CreateTable,
    /// There is no such global secondary index.
    CreateIndex {
        /// Its name in DynamoDB.
        index: &'static str,
    },
    /// The index is there with other keys or another projection, which cannot be changed: it is deleted and created anew.
    ReplaceIndex {
        /// Its name in DynamoDB.
        index: &'static str,
        /// What it has, and should have.
        why: String,
    },
    /// DynamoDB is to delete items whose time in this attribute has passed.
    SetTimeToLive {
        /// `ttlAttribute` of `config.json`.
        attribute: &'static str,
    },
    /// `config.json` does not have this global secondary index.
    DeleteIndex {
        /// Its name in DynamoDB.
        index: String,
    },
}

impl Change {
    /// Whether queries that work before it fail after it, or while it is under way.
    pub fn is_destructive(&self) -> bool {
        matches!(self, Self::ReplaceIndex { .. } | Self::DeleteIndex { .. })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable => f.write_str("create the table"),
            Self::CreateIndex { index } => write!(f, "create index `{index}`"),
            Self::ReplaceIndex { index, why } => write!(f, "delete index `{index}` and create it anew: {why}"),
            Self::SetTimeToLive { attribute } => write!(f, "let items expire by attribute `{attribute}`"),
            Self::DeleteIndex { index } => write!(f, "delete index `{index}`, which config.json does not have"),
        }
    }
}

/// A table as it is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Description {
    /// The table's name.
    pub table_name: String,
    /// What DynamoDB says of it: status, item count and size (both some hours old), indexes; `None` if there is none.
    pub table: Option<TableDescription>,
    /// What `ensure_table` would do; nothing, if keys, indexes and expiry are as `config.json` has them.
    pub changes: Vec<Change>,
    /// What no change mends, such as another primary key: the error of `ensure_table`.
    pub conflict: Option<Error>,
}

/// `1. .., 2. ..` as a message shows it.
pub(crate) fn plan(changes: &[Change]) -> String {
    let steps = changes.iter().enumerate().map(|(number, change)| format!("{}. {change}", number + 1));
    steps.collect::<Vec<_>>().join("; ")
}

/// The changes, in the order in which they lose least: what can be created is there before anything is deleted.
///
/// # Errors
/// If the table has another primary key, or other local secondary indexes: those are for ever.
pub(crate) fn changes(layout: &TableLayout, table: &TableDescription) -> Result<Vec<Change>> {
    check_for_ever(layout, table)?;
    let found = table.global_secondary_indexes();
    let wanted = || layout.indexes.iter().filter(|index| index.kind == IndexKind::Global);
    let is_wanted =
        |index: &GlobalSecondaryIndexDescription| wanted().any(|wanted| index.index_name() == Some(wanted.index_name));
    let (mut creations, mut replacements) = (Vec::new(), Vec::new());
    for wanted in wanted() {
        let index = wanted.index_name;
        match found.iter().find(|found| found.index_name() == Some(index)) {
            None => creations.push(Change::CreateIndex { index }),
            Some(found) => {
                let found = KeyShape::of_found(found.key_schema(), found.projection(), table);
                if let Some(why) = KeyShape::of(wanted, layout).differs(&found) {
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

/// What there is to do that items expire by the layout's attribute. Without one, whatever is set is left.
///
/// # Errors
/// If they expire by another attribute.
pub(crate) fn time_to_live(layout: &TableLayout, found: &TimeToLiveDescription) -> Result<Option<Change>> {
    let Some(attribute) = layout.ttl_attribute else { return Ok(None) };
    match (found.time_to_live_status(), found.attribute_name()) {
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some(other)) if other != attribute => {
            let message = format!(
                "items expire by attribute `{other}`, config.json has `{attribute}`: disable it first, which takes AWS up \
                 to an hour"
            );
            Err(Error::new(ErrorKind::Configuration, message))
        }
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), _) => Ok(None),
        _ => Ok(Some(Change::SetTimeToLive { attribute })),
    }
}

/// What keeps the table from being changed, or used, right now; `None` if nothing does.
///
/// # Errors
/// If waiting would not help.
pub(crate) fn busy(table: &TableDescription) -> Result<Option<String>> {
    match table.table_status() {
        None | Some(TableStatus::Active) => {}
        Some(status @ (TableStatus::Creating | TableStatus::Updating | TableStatus::Deleting)) => {
            return Ok(Some(format!("the table is {status}")));
        }
        Some(status) => {
            let message = format!("the table's status is {status}: it cannot be used until that is mended in AWS");
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

/// The table's key, and local indexes, are those of its creation.
fn check_for_ever(layout: &TableLayout, table: &TableDescription) -> Result<()> {
    let fail = |message| Err(Error::new(ErrorKind::Configuration, message));
    let remedy = "which cannot be changed: give the table another name, or drop it (`drop_table`)";
    let key = |found: &str, wanted: &str| format!("the table's key is {found}, config.json has {wanted}, {remedy}");
    let wanted =
        KeyShape { keys: keys(&[layout.partition_key], layout.sort_key.as_slice()), projection: String::new() };
    let found = KeyShape { keys: found_keys(table.key_schema(), table), projection: String::new() };
    if wanted != found {
        return fail(key(&found.keys, &wanted.keys));
    }
    for index in layout.indexes.iter().filter(|index| index.kind == IndexKind::Local) {
        let name = index.index_name;
        let found = table.local_secondary_indexes().iter().find(|found| found.index_name() == Some(name));
        let Some(found) = found else {
            return fail(format!("the table has no local secondary index `{name}`, {remedy}"));
        };
        let found = KeyShape::of_found(found.key_schema(), found.projection(), table);
        if let Some(why) = KeyShape::of(index, layout).differs(&found) {
            return fail(format!("of the local secondary index `{name}` {why}, {remedy}"));
        }
    }
    Ok(())
}

/// What cannot be changed of an index, as text that can be shown.
#[derive(PartialEq)]
struct KeyShape {
    keys: String,
    projection: String,
}

impl KeyShape {
    fn of(index: &IndexSchema, layout: &TableLayout) -> Self {
        let projection = match index.projection {
            IndexProjection::All => "ALL".to_owned(),
            IndexProjection::KeysOnly => "KEYS_ONLY".to_owned(),
            IndexProjection::Include(names) => names_text(names.iter().copied()),
        };
        let partition = match index.kind {
            IndexKind::Global => index.partition_keys,
            IndexKind::Local => std::slice::from_ref(&layout.partition_key),
        };
        Self { keys: keys(partition, index.sort_keys), projection }
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
            return Some(format!("its key is {}, config.json has {}", found.keys, self.keys));
        }
        if self.projection != found.projection {
            return Some(format!("it stores {}, config.json has {}", found.projection, self.projection));
        }
        None
    }
}

fn names_text<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<_> = names.map(|name| format!("`{name}`")).collect();
    format!("[{}]", Vec::from_iter(names).join(", "))
}

fn keys(partition: &[KeyAttribute], sort: &[KeyAttribute]) -> String {
    let key = |key: &KeyAttribute| format!("`{}` {:?}", key.name, key.key_type);
    let partition: Vec<_> = partition.iter().map(key).collect();
    let sort: Vec<_> = sort.iter().map(key).collect();
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
