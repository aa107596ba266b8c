use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::capacity::{Autoscaling, Capacity};
use crate::limit::check_resource_name;
use crate::tags::{self, unique_entries};

/// Settings of the deployed table, as the file contains them: `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deploy {
    /// The key that encrypts the table: `"own"` (the default), `"shared"`, `"aws-owned"`, or the ARN of an existing key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms: Option<Kms>,
    /// Whether AWS replaces the material of the created key once a year. The default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_rotation: Option<bool>,
    /// How many days back you can restore the table to, 1 to 35, or `false`. The default is 35.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// Whether DynamoDB refuses to delete the table. The default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// What happens to the table and its key if they are removed from the stack. The default is `"retain"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_removal: Option<Removal>,
    /// The tags of the table and of the created key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default, deserialize_with = "tags::checked")]
    #[cfg_attr(test, schemars(schema_with = "crate::schema::tags"))]
    pub tags: BTreeMap<String, String>,
    /// The name of the deployed table. The default is a generated name.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "table_name")]
    #[cfg_attr(test, schemars(regex(pattern = "^[a-zA-Z0-9_.-]{3,255}$")))]
    pub table_name: Option<String>,
    /// Settings for one environment each. They take precedence over the other settings of `deploy`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default, deserialize_with = "environments")]
    #[cfg_attr(test, schemars(schema_with = "crate::schema::environments"))]
    pub environments: BTreeMap<String, Environment>,
}

/// The settings of one environment, as the file contains them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// The key that encrypts the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms: Option<Kms>,
    /// Whether AWS replaces the material of the created key once a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_rotation: Option<bool>,
    /// How many days back you can restore the table to, 1 to 35, or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_in_time_recovery: Option<PointInTimeRecovery>,
    /// Whether DynamoDB refuses to delete the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// What happens to the table and its key if they are removed from the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_removal: Option<Removal>,
    /// Tags in addition to the tags of `deploy`. A tag replaces the tag of `deploy` with the same key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default, deserialize_with = "tags::checked")]
    #[cfg_attr(test, schemars(schema_with = "crate::schema::tags"))]
    pub tags: BTreeMap<String, String>,
    /// The name of the deployed table.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "table_name")]
    #[cfg_attr(test, schemars(regex(pattern = "^[a-zA-Z0-9_.-]{3,255}$")))]
    pub table_name: Option<String>,
    /// The provisioned capacity of the table, instead of `tableConfig.capacity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledCapacity>"))]
    pub capacity: Option<Capacity>,
    /// How the provisioned capacity of the table follows the load, instead of `tableConfig.autoscaling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<crate::capacity::SpelledAutoscaling>"))]
    pub autoscaling: Option<Autoscaling>,
}

impl Deploy {
    /// Returns `true` if the file sets nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The key that encrypts a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Kms {
    /// A customer-managed key for this table.
    #[default]
    Own,
    /// One customer-managed key for all tables of the application that are `shared`.
    Shared,
    /// The key of DynamoDB, which costs nothing and which you cannot see.
    AwsOwned,
    /// The existing key with this ARN.
    KeyArn(String),
}

impl Kms {
    /// Returns `true` if the deployment creates the key.
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Own | Self::Shared)
    }
}

impl Serialize for Kms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own => serializer.serialize_str("own"),
            Self::Shared => serializer.serialize_str("shared"),
            Self::AwsOwned => serializer.serialize_str("aws-owned"),
            Self::KeyArn(arn) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("keyArn", arn)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Kms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KmsVisitor;

        const FORMS: &str = r#"`kms` is "own", "shared", "aws-owned" or { "keyArn": "arn:aws:kms:.." }"#;

        impl<'de> Visitor<'de> for KmsVisitor {
            type Value = Kms;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#""own", "shared", "aws-owned" or { "keyArn": "arn:aws:kms:.." }"#)
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Kms, E> {
                match word {
                    "own" => Ok(Kms::Own),
                    "shared" => Ok(Kms::Shared),
                    "aws-owned" => Ok(Kms::AwsOwned),
                    _ => Err(E::custom(format!("`{word}` is not a kind of key: {FORMS}"))),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kms, A::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase", deny_unknown_fields)]
                struct Existing {
                    key_arn: String,
                }
                let Existing { key_arn } = Existing::deserialize(de::value::MapAccessDeserializer::new(map))?;
                check_key_arn(&key_arn).map_err(de::Error::custom)?;
                Ok(Kms::KeyArn(key_arn))
            }
        }

        deserializer.deserialize_any(KmsVisitor)
    }
}

/// Checks `arn:<partition>:kms:<region>:<account>:key/<id>`. Policies name a key by its ARN, so an alias cannot replace it.
fn check_key_arn(arn: &str) -> Result<(), String> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let is_key = match parts[..] {
        ["arn", partition, "kms", region, account, key] => {
            let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            let id = key.strip_prefix("key/").unwrap_or_default();
            let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            partition.starts_with("aws") && !region.is_empty() && is_account && is_id
        }
        _ => false,
    };
    match is_key {
        true => Ok(()),
        false => Err(format!(
            "`{arn}` is not the ARN of a KMS key; give it the form `arn:aws:kms:eu-central-1:111122223333:key/1234abcd-..`"
        )),
    }
}

/// How many days back a table can be restored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PointInTimeRecovery {
    /// The table cannot be restored.
    Off,
    /// The table can be restored to any second of this number of days, 1 to 35.
    Days(u8),
}

impl Serialize for PointInTimeRecovery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::Days(days) => serializer.serialize_u8(*days),
        }
    }
}

impl<'de> Deserialize<'de> for PointInTimeRecovery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Switch(bool),
            Days(u64),
        }
        match Form::deserialize(deserializer) {
            Ok(Form::Switch(false)) => Ok(Self::Off),
            Ok(Form::Days(days @ 1..=35)) => Ok(Self::Days(u8::try_from(days).unwrap_or(35))),
            _ => Err(de::Error::custom("`pointInTimeRecovery` is `false`, or a number of days from 1 to 35")),
        }
    }
}

/// What happens to a table and its key if they are removed from the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Removal {
    /// They stay, and belong to no stack.
    #[default]
    Retain,
    /// They are deleted.
    Delete,
}

fn table_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<String> = Option::deserialize(deserializer)?;
    if let Some(name) = &name {
        check_resource_name("`deploy.tableName`", name).map_err(de::Error::custom)?;
    }
    Ok(name)
}

fn environments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Environment>, D::Error> {
    unique_entries(deserializer, "environments", check_environment_name)
}

/// Checks the name of an environment, which appears in options and in file names.
pub(crate) fn check_environment_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(()),
        false => {
            Err(format!("`{name}` cannot be the name of an environment; use up to 64 letters, digits, `_` and `-`"))
        }
    }
}
