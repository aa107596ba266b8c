use std::collections::BTreeMap;

use monotable_config::{
    Autoscaling, Billing, Capacity, Config, IndexProjection, KeyAttribute, KeyType, Kms, Removal, Settings, Stream,
};
use serde::Serialize;

use super::KeyPlan;
use crate::{Result, name};

/// A table, its indexes and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TablePlan {
    /// The name that the application gave the table.
    pub name: String,
    /// The logical id of the table.
    pub id: String,
    /// The key under which programs find the table.
    pub runtime_config_key: String,
    /// The name of the table; `None` if it is generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// All key attributes of the table, then of the global and of the local indexes, each once.
    #[serde(serialize_with = "attributes")]
    pub attributes: Vec<KeyAttribute>,
    /// The name of the partition key.
    pub partition_key: String,
    /// The name of the sort key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<String>,
    /// The global secondary indexes.
    pub global_indexes: Vec<GlobalIndex>,
    /// The local secondary indexes.
    pub local_indexes: Vec<LocalIndex>,
    /// The billing mode.
    pub billing: Billing,
    /// The provisioned capacity; `None` if the table is billed on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// The capacities that follow the load.
    pub scaling: Vec<Scaling>,
    /// The attribute that stores an item's expiry time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_attribute: Option<String>,
    /// The item data that the stream contains; `None` if the table has no stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
    /// The key that encrypts the table.
    pub encryption: Encryption,
    /// Whether AWS replaces the material of the key once a year, if the deployment creates the key.
    pub key_rotation: bool,
    /// How many days back the table can be restored to; `None` if it cannot be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_days: Option<u8>,
    /// Whether DynamoDB refuses to delete the table.
    pub deletion_protection: bool,
    /// What happens to the table if it is removed from the stack.
    pub on_removal: Removal,
    /// The tags of the table.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The key that encrypts a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Encryption {
    /// A customer-managed key for this table.
    Own(KeyPlan),
    /// The customer-managed key in [`Plan::shared_key`](super::Plan::shared_key).
    Shared,
    /// The key of DynamoDB.
    AwsOwned,
    /// The existing key with this ARN.
    KeyArn(String),
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GlobalIndex {
    /// The name of the index.
    pub name: String,
    /// The names of the attributes of the partition key.
    pub partition_keys: Vec<String>,
    /// The names of the attributes of the sort key.
    pub sort_keys: Vec<String>,
    /// The attributes that the index stores.
    pub projection: IndexProjection,
    /// The provisioned capacity; `None` if the table is billed on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
}

/// A local secondary index. Its partition key is the table's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocalIndex {
    /// The name of the index.
    pub name: String,
    /// The name of the sort key.
    pub sort_key: String,
    /// The attributes that the index stores.
    pub projection: IndexProjection,
}

/// A capacity that follows the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Scaling {
    /// The logical id, without the suffix for target or policy.
    pub id: String,
    /// The index; `None` for the table itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Whether reads or writes are counted.
    pub dimension: Dimension,
    /// The limits and the target.
    pub limits: Autoscaling,
}

/// What a capacity is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Dimension {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

impl Dimension {
    /// Returns `Read` or `Write`, as it appears in the names that AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

impl TablePlan {
    /// Decides the resources of one table. `name` decides the logical id.
    ///
    /// # Errors
    /// Fails if the name cannot be used, or if the table has environments, but not this one.
    pub fn new(name: &str, config: &Config, environment: Option<&str>) -> Result<Self> {
        let id = name::logical_id("a table", name)?;
        let environment = environment.filter(|_| !config.deploy.environments.is_empty());
        let settings = config.settings(environment)?;
        let table = &config.table;
        let names = |keys: &[KeyAttribute]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
        let global = table.global_secondary_indexes.iter().map(|index| GlobalIndex {
            name: index.index_name.clone(),
            partition_keys: names(&index.partition_keys),
            sort_keys: names(&index.sort_keys),
            projection: index.projection.clone(),
            capacity: settings.capacity_of(index),
        });
        let local = table.local_secondary_indexes.iter().flat_map(|index| {
            index.sort_keys.iter().map(|sort_key| LocalIndex {
                name: index.index_name.clone(),
                sort_key: sort_key.name.clone(),
                projection: index.projection.clone(),
            })
        });
        Ok(Self {
            name: name.to_owned(),
            runtime_config_key: config.runtime_config_key.clone(),
            attributes: key_attributes(config),
            partition_key: table.partition_key.name.clone(),
            sort_key: table.sort_key.as_ref().map(|key| key.name.clone()),
            global_indexes: global.collect(),
            local_indexes: local.collect(),
            billing: table.billing,
            capacity: settings.capacity,
            scaling: scaling(&id, config, &settings),
            ttl_attribute: table.ttl_attribute.clone(),
            stream: table.stream,
            encryption: encryption(&id, name, &settings),
            key_rotation: settings.key_rotation,
            recovery_days: settings.recovery_days,
            deletion_protection: settings.deletion_protection,
            on_removal: settings.on_removal,
            table_name: settings.table_name,
            tags: settings.tags,
            id,
        })
    }
}

/// Returns the key attributes in the order of their first use, each once. DynamoDB rejects a definition that no key uses.
fn key_attributes(config: &Config) -> Vec<KeyAttribute> {
    let table = &config.table;
    let of_indexes = table.indexes().flat_map(|index| index.partition_keys.iter().chain(&index.sort_keys));
    let mut attributes: Vec<KeyAttribute> = Vec::new();
    for key in [&table.partition_key].into_iter().chain(&table.sort_key).chain(of_indexes) {
        if !attributes.iter().any(|known| known.name == key.name) {
            attributes.push(key.clone());
        }
    }
    attributes
}

fn encryption(id: &str, name: &str, settings: &Settings) -> Encryption {
    match &settings.kms {
        Kms::Shared => Encryption::Shared,
        Kms::AwsOwned => Encryption::AwsOwned,
        Kms::KeyArn(arn) => Encryption::KeyArn(arn.clone()),
        // `Kms` can get more variants. The default is the safe choice for them.
        _ => Encryption::Own(KeyPlan {
            id: format!("{id}Key"),
            description: format!("Encrypts the table {name}"),
            rotation: settings.key_rotation,
            on_removal: settings.on_removal,
            tags: settings.tags.clone(),
        }),
    }
}

fn scaling(id: &str, config: &Config, settings: &Settings) -> Vec<Scaling> {
    let indexes = config.table.global_secondary_indexes.iter();
    let of_indexes = indexes.map(|index| (Some(index.index_name.clone()), index.autoscaling));
    let mut scaling = Vec::new();
    for (index, limits) in [(None, settings.autoscaling)].into_iter().chain(of_indexes) {
        let Some(limits) = limits else { continue };
        for dimension in [Dimension::Read, Dimension::Write] {
            let part = index.as_deref().map(name::upper_camel).unwrap_or_default();
            let id = format!("{id}{part}{}Scaling", dimension.as_str());
            scaling.push(Scaling { id, index: index.clone(), dimension, limits });
        }
    }
    scaling
}

/// Writes name and type of each attribute. On its own, an attribute of type string is written as its name.
fn attributes<S: serde::Serializer>(attributes: &[KeyAttribute], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Attribute<'a> {
        name: &'a str,
        #[serde(rename = "type")]
        key_type: KeyType,
    }
    serializer.collect_seq(attributes.iter().map(|key| Attribute { name: &key.name, key_type: key.key_type }))
}
