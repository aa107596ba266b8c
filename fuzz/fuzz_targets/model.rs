//! A table whose entities use most features.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use monotable::{B, Entity, Item, KeySegment, N, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Fuzz", "localDev": { "port": 8000, "tableName": "fuzz" },
    "tableConfig": { "ttlAttribute": "expires", "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
pub enum Base {
    Order(Order),
    Tag(Tag),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
pub enum State {
    Open,
    Shut,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Detail {
    Text { text: String },
    Count { count: i64, of: Option<Box<Detail>> },
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    aliases("OldOrder"),
    pk = "ORDER#{n:06}#{user}",
    sk = "ORDER#{state}#{path..}",
    gsi1(pk = "USER#{user}", sk = "{at|month}#{total}"),
)]
pub struct Order {
    #[entity(key_only)]
    pub n: u32,
    #[entity(key_only)]
    pub user: String,
    #[entity(key_only)]
    pub path: String,
    pub state: State,
    pub total: Option<i64>,
    #[serde(with = "monotable::timestamp")]
    pub at: DateTime<Utc>,
    #[entity(version)]
    #[serde(default)]
    pub version: u64,
    #[entity(ttl)]
    #[serde(default, with = "monotable::epoch_seconds")]
    pub expires: Option<DateTime<Utc>>,
    #[serde(default, with = "monotable::string_set")]
    pub tags: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    pub numbers: BTreeSet<i64>,
    #[serde(default)]
    pub bytes: B,
    pub exact: Option<N<String>>,
    #[serde(default)]
    pub details: Vec<Detail>,
    #[serde(default, with = "monotable::json")]
    pub json: BTreeMap<String, u32>,
    #[serde(flatten)]
    pub rest: BTreeMap<String, Detail>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TAG#{tag}", sk = "TAG", gsi1(pk = "TAG", sk = "{tag}"))]
pub struct Tag {
    pub tag: String,
    pub parent: Option<String>,
    pub weight: f64,
}
