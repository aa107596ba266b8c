use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::capacity::{Autoscaling, Capacity};
use crate::deploy::Deploy;
use crate::index::{self, Index};
use crate::key::{KeyAttribute, KeyType};
use crate::local_dev::LocalDev;
use crate::plain::{self, Problem};

/// The contents of a `config.json` file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "SpelledConfig")]
pub struct Config {
    /// The location of this file's JSON Schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The key under which AWS AppConfig stores the name of the deployed table.
    pub runtime_config_key: String,
    /// Settings for local development.
    pub local_dev: LocalDev,
    /// The table's keys, indexes and settings.
    #[serde(rename = "tableConfig")]
    pub table: TableConfig,
    /// Settings of the deployed table, as the file contains them. [`Config::settings`] returns them with their defaults.
    #[serde(skip_serializing_if = "Deploy::is_empty")]
    pub deploy: Deploy,
}

/// The contents of a `config.json` file.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Config"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SpelledConfig {
    /// The location of this file's JSON Schema, for editors.
    #[serde(rename = "$schema", default)]
    schema: Option<String>,
    /// The key under which AWS AppConfig stores the name of the deployed table.
    #[serde(deserialize_with = "not_empty")]
    #[cfg_attr(test, schemars(length(min = 1)))]
    runtime_config_key: String,
    /// Settings for local development.
    #[cfg_attr(test, schemars(with = "crate::local_dev::SpelledLocalDev"))]
    local_dev: LocalDev,
    /// The table's keys, indexes and settings.
    #[serde(rename = "tableConfig", default)]
    #[cfg_attr(test, schemars(with = "SpelledTable"))]
    table: TableConfig,
    /// Settings of the deployed table.
    #[serde(default)]
    deploy: Deploy,
}

impl TryFrom<SpelledConfig> for Config {
    type Error = String;

    fn try_from(spelled: SpelledConfig) -> Result<Self, String> {
        let SpelledConfig { schema, runtime_config_key, local_dev, table, deploy } = spelled;
        match deploy.problems(table.billing).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(Self { schema, runtime_config_key, local_dev, table, deploy }),
        }
    }
}

/// The table: its keys, indexes and settings. The default is a table with the string keys `pk` and `sk`, and without indexes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "SpelledTable")]
pub struct TableConfig {
    /// The partition key; `pk` by default.
    pub partition_key: KeyAttribute,
    /// The sort key. The default is `sk`, or `None` if the file sets only a partition key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<KeyAttribute>,
    /// Global secondary indexes.
    pub global_secondary_indexes: Vec<Index>,
    /// Local secondary indexes. They can only be created together with the table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local_secondary_indexes: Vec<Index>,
    /// The attribute that stores an item's expiry time, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_attribute: Option<String>,
    /// The item data that the table's stream contains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
    /// The billing mode of the table.
    pub billing: Billing,
    /// The provisioned capacity of the table, and of the indexes that do not set their own. Only with [`Billing::Provisioned`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// How the provisioned capacity of the table follows the load. Each index has its own setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
}

/// The item data that a table's stream contains for each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Stream {
    /// Only the keys.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// The item before and after the change.
    NewAndOldImages,
}

/// The billing mode of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Billing {
    /// On-demand capacity.
    #[default]
    PayPerRequest,
    /// Provisioned capacity.
    Provisioned,
}

impl Default for TableConfig {
    fn default() -> Self {
        Self {
            partition_key: KeyAttribute::string("pk"),
            sort_key: Some(KeyAttribute::string("sk")),
            global_secondary_indexes: Vec::new(),
            local_secondary_indexes: Vec::new(),
            ttl_attribute: None,
            stream: None,
            billing: Billing::default(),
            capacity: None,
            autoscaling: None,
        }
    }
}

impl TableConfig {
    /// Returns all indexes, the global ones first.
    pub fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.global_secondary_indexes.iter().chain(&self.local_secondary_indexes)
    }
}

/// The table: its keys, indexes and settings.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpelledTable {
    /// The partition key of the table. The default is `pk`.
    partition_key: Option<KeyAttribute>,
    /// The sort key of the table. The default is `sk` if `partitionKey` is also missing; otherwise the table has no sort key.
    sort_key: Option<KeyAttribute>,
    /// Global secondary indexes.
    #[serde(default, deserialize_with = "index::global")]
    #[cfg_attr(test, schemars(with = "Vec<index::Spelled>", length(max = 20)))]
    global_secondary_indexes: Vec<Index>,
    /// Local secondary indexes. Each has its own sort key, and the partition key of the table.
    #[serde(default, deserialize_with = "index::local")]
    #[cfg_attr(test, schemars(with = "Vec<index::Spelled>", length(max = 5)))]
    local_secondary_indexes: Vec<Index>,
    /// The attribute that stores an item's expiry time, in seconds since 1970.
    ttl_attribute: Option<String>,
    /// The item data that the table's stream contains.
    stream: Option<Stream>,
    /// The billing mode of the table.
    #[serde(default)]
    billing: Billing,
    /// The provisioned capacity of the table, and of the indexes that do not set their own. Only with `"billing": "PROVISIONED"`.
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledCapacity>"))]
    capacity: Option<Capacity>,
    /// How the provisioned capacity of the table follows the load. Each index has its own setting.
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledAutoscaling>"))]
    autoscaling: Option<Autoscaling>,
}

impl TryFrom<SpelledTable> for TableConfig {
    type Error = String;

    fn try_from(spelled: SpelledTable) -> Result<Self, String> {
        let table = Self::spelled(spelled);
        match table.problems().into_iter().next() {
            Some((_, problem)) => Err(problem),
            None => Ok(table),
        }
    }
}

impl TableConfig {
    /// Parses the text of `tableConfig`, without the rules that involve more than one key or index.
    pub(crate) fn unchecked(text: &str) -> Result<Self, Problem<'_>> {
        plain::read(text, "`tableConfig`").map(Self::spelled)
    }

    fn spelled(spelled: SpelledTable) -> Self {
        let default = Self::default();
        let sort_key = if spelled.partition_key.is_none() { default.sort_key } else { None };
        Self {
            partition_key: spelled.partition_key.unwrap_or(default.partition_key),
            sort_key: spelled.sort_key.or(sort_key),
            global_secondary_indexes: spelled.global_secondary_indexes,
            local_secondary_indexes: spelled.local_secondary_indexes,
            ttl_attribute: spelled.ttl_attribute,
            stream: spelled.stream,
            billing: spelled.billing,
            capacity: spelled.capacity,
            autoscaling: spelled.autoscaling,
        }
    }
}

impl TableConfig {
    /// Returns the partition key of an index: its own, or the table's if the index is local.
    pub fn partition_keys_of<'a>(&'a self, index: &'a Index) -> &'a [KeyAttribute] {
        match index.partition_keys.as_slice() {
            [] => std::slice::from_ref(&self.partition_key),
            keys => keys,
        }
    }

    /// Checks the rules that involve more than one key or index. Returns the problems, each with the key that it concerns, if there
    /// is one such key.
    pub(crate) fn problems(&self) -> Vec<(Option<&'static str>, String)> {
        let mut problems = Vec::new();
        if self.sort_key.as_ref().is_some_and(|sort| sort.name == self.partition_key.name) {
            let name = &self.partition_key.name;
            problems.push((Some("sortKey"), format!("`{name}` is both the partition key and the sort key")));
        }
        if self.sort_key.is_none() && !self.local_secondary_indexes.is_empty() {
            let problem = "a table without a sort key cannot have local secondary indexes";
            problems.push((Some("localSecondaryIndexes"), problem.into()));
        }
        for local in &self.local_secondary_indexes {
            if local.sort_keys.iter().any(|key| key.name == self.partition_key.name) {
                let problem = format!(
                    "the local index `{}` has the table's partition key as its sort key; give it another one",
                    local.index_name
                );
                problems.push((Some("localSecondaryIndexes"), problem));
            }
            let clash = index::clash(&self.global_secondary_indexes, local).err();
            problems.extend(clash.map(|problem| (Some("localSecondaryIndexes"), problem)));
        }
        let mut types: BTreeMap<&str, KeyType> = BTreeMap::new();
        let keys = self.indexes().flat_map(|index| index.partition_keys.iter().chain(&index.sort_keys));
        for key in [&self.partition_key].into_iter().chain(&self.sort_key).chain(keys) {
            if *types.entry(&key.name).or_insert(key.key_type) != key.key_type {
                problems.push((None, format!("the key attribute `{}` has two types; give it one", key.name)));
            }
        }
        if let Some(ttl) = &self.ttl_attribute {
            if !(1..=255).contains(&ttl.len()) {
                let problem = format!("`ttlAttribute` has a name of {} bytes; DynamoDB allows 1 to 255", ttl.len());
                problems.push((Some("ttlAttribute"), problem));
            } else if types.contains_key(ttl.as_str()) {
                let problem = format!(
                    "`ttlAttribute` is `{ttl}`, a key attribute, but a key cannot be an expiry time: name another attribute"
                );
                problems.push((Some("ttlAttribute"), problem));
            }
        }
        problems.extend(index::check_projected(self.indexes()).err().map(|problem| (None, problem)));
        problems.extend(self.capacity_problems().into_iter().map(|problem| (None, problem)));
        problems
    }
}

pub(crate) fn check_runtime_config_key(key: &str) -> Result<(), String> {
    match key {
        "" => Err("`runtimeConfigKey` is empty; give it the key under which AWS AppConfig has the table's name".into()),
        _ => Ok(()),
    }
}

fn not_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_runtime_config_key(&text).map_err(serde::de::Error::custom)?;
    Ok(text)
}
