//! `schema.json`: the entities of a table as data, for tools that do not compile the program.

use serde::{Deserialize, Serialize};

use crate::{IndexProjection, KeyAttribute};

/// The version of the format. A reader rejects a file with another version.
pub const SCHEMA_VERSION: u32 = 1;

/// The contents of a `schema.json` file: a table, its indexes, and its entities with their keys, queries and attributes.
///
/// `BaseModel::schema()` of monotable creates it from the program's types. The order of everything is the order of declaration, so
/// the text only changes if the program changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchemaFile {
    /// The version of this format, 1.
    pub version: u32,
    /// The name of the enum that derives `Table`.
    pub table: String,
    /// The key under which AWS AppConfig stores the name of the deployed table.
    pub runtime_config_key: String,
    /// The character between the parts of a key.
    pub delimiter: char,
    /// The attribute that stores the discriminator. Missing if the primary key alone determines the entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_attribute: Option<String>,
    /// The partition key of the table.
    pub partition_key: KeyAttribute,
    /// The sort key of the table. Missing if the table has only a partition key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<KeyAttribute>,
    /// The attribute that stores an item's expiry time, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_attribute: Option<String>,
    /// The secondary indexes, the global ones first.
    pub indexes: Vec<IndexDescription>,
    /// The entities, in the order of the enum's variants.
    pub entities: Vec<EntityDescription>,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexDescription {
    /// The name of the index in code, such as `gsi1`.
    pub name: String,
    /// The name of the index in DynamoDB.
    pub index_name: String,
    /// Whether the index is global or local.
    pub kind: IndexKind,
    /// The partition key; up to four attributes for a multi-attribute key.
    pub partition_keys: Vec<KeyAttribute>,
    /// The sort key. Empty if the index has only a partition key.
    pub sort_keys: Vec<KeyAttribute>,
    /// The attributes that the index stores in addition to the keys.
    pub projection: IndexProjection,
}

/// The kind of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum IndexKind {
    /// A global secondary index: its own partition key, eventually consistent reads.
    Global,
    /// A local secondary index: the table's partition key, consistent reads on request.
    Local,
}

/// An entity: a type of item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityDescription {
    /// The name of the struct.
    pub name: String,
    /// The doc comment of the struct.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The discriminator that its items store.
    pub discriminator: String,
    /// Older discriminators that reads accept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The key templates of the table.
    pub primary_key: KeyDescription,
    /// The indexes that contain its items.
    pub indexes: Vec<EntityIndexDescription>,
    /// The fields of the struct, each stored as an attribute or in a key.
    pub attributes: Vec<AttributeDescription>,
}

/// The key templates of an entity in the table or in an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyDescription {
    /// The template of the partition key, such as `USER#{user_id}`. For a key function, its call, such as `rank(score, day)`.
    pub partition: String,
    /// The template of the sort key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The names of the fields in the partition key, in order.
    pub partition_arguments: Vec<String>,
    /// The names of the fields in the sort key that the partition key does not contain, in order.
    pub sort_arguments: Vec<String>,
}

/// An index of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityIndexDescription {
    /// The name of the index in code, such as `gsi1`.
    pub index: String,
    /// The key templates of the index.
    pub key: KeyDescription,
    /// The condition for being in the index, such as `is_open(state)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The name of the query function, such as `list_by_user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// A field of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributeDescription {
    /// The name of the attribute. It differs from `field` if serde renames the field.
    pub name: String,
    /// The name of the field in the struct.
    pub field: String,
    /// The doc comment of the field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The Rust type of the field, as it is written in the struct.
    pub rust_type: String,
    /// The kind of value that is stored.
    pub kind: ValueKind,
    /// The values of an enum whose variants have no fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether the attribute can be missing.
    pub optional: bool,
    /// What monotable uses the field for. Empty for a plain attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

/// The kind of a stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ValueKind {
    /// A string (`S`).
    String,
    /// A point in time, as a string in RFC 3339 (`S`).
    Timestamp,
    /// A calendar date, as the string `2026-11-20` (`S`).
    Date,
    /// A UUID, as a string (`S`).
    Uuid,
    /// An integer (`N`).
    Integer,
    /// A number that can have a fraction (`N`).
    Number,
    /// A Boolean (`BOOL`).
    Bool,
    /// Bytes (`B`).
    Binary,
    /// A set of strings (`SS`).
    StringSet,
    /// A set of numbers (`NS`).
    NumberSet,
    /// A set of binary values (`BS`).
    BinarySet,
    /// A list (`L`).
    List,
    /// A map (`M`).
    Map,
    /// The type decides at run time, as `serde_json::Value` does.
    Any,
}

/// What monotable uses a field for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The primary key contains it, so an update cannot change it.
    PrimaryKey,
    /// The key of an index contains it.
    IndexKey,
    /// It is stored only in the key, not as a separate attribute.
    KeyOnly,
    /// It counts the writes of the item.
    Version,
    /// It stores when the item was created.
    CreatedAt,
    /// It stores when the item was last written.
    UpdatedAt,
    /// It stores a random id of the last write.
    WriteId,
    /// It stores when the item expires.
    Ttl,
}

impl SchemaFile {
    /// Returns the text of the file: indented JSON that ends with a newline.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.unwrap_or_else(|error| unreachable!("strings and numbers have a JSON form: {error}")) + "\n"
    }

    /// Parses the text of a `schema.json`.
    ///
    /// # Errors
    /// Fails if the text is not a schema of this version.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if version != SCHEMA_VERSION {
            return Err(format!("the format has version {version}; this program reads version {SCHEMA_VERSION}"));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}
