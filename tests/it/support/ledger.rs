//! A table whose entities have every managed field, and a field for every update action.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use monotable::{Connection, Entity, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, Requests};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "ledger" },
    "tableConfig": { "ttlAttribute": "expiresAt", "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" } ] }
}"#)]
pub enum Ledger {
    Account(Account),
    Counter(Counter),
    Session(Session),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = Ledger,
    pk = "ACCOUNT#{id}",
    sk = "ACCOUNT",
    gsi1(pk = "ACCOUNT", sk = "{created_at}"),
    gsi2(pk = "STATE#{state}", sk = "{updated_at}"),
)]
pub struct Account {
    #[entity(key_only)]
    pub id: String,
    #[entity(version)]
    #[serde(default)]
    pub version: u64,
    #[entity(write_id)]
    #[serde(default)]
    pub write_id: String,
    pub state: String,
    pub balance: i64,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    pub created_at: DateTime<Utc>,
    #[entity(updated_at)]
    #[serde(with = "monotable::timestamp")]
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Ledger, pk = "COUNTER#{id}", sk = "COUNTER", gsi1(pk = "COUNTER", sk = "{owner}"))]
pub struct Counter {
    pub id: String,
    pub owner: Option<String>,
    #[serde(default)]
    pub n: u64,
    pub score: Option<i32>,
    #[serde(default, with = "monotable::string_set")]
    pub tags: BTreeSet<String>,
    #[serde(default)]
    pub log: Vec<String>,
    #[serde(default)]
    pub by: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = Ledger, pk = "SESSIONS", sk = "SESSION#{id}")]
pub struct Session {
    #[entity(key_only)]
    pub id: String,
    #[entity(ttl)]
    #[serde(default, with = "monotable::epoch_seconds")]
    pub expires_at: Option<DateTime<Utc>>,
    #[entity(created_at)]
    #[serde(default)]
    pub born: Option<String>,
}

/// Returns the time that is so many seconds after the start of the test clock.
pub fn time(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub fn account(id: &str) -> Account {
    Account {
        id: id.into(),
        version: 0,
        write_id: String::new(),
        state: "OPEN".into(),
        balance: 0,
        created_at: time(-100),
        updated_at: time(-100),
    }
}

pub fn counter(id: &str) -> Counter {
    Counter {
        id: id.into(),
        owner: None,
        n: 0,
        score: None,
        tags: BTreeSet::new(),
        log: Vec::new(),
        by: BTreeMap::new(),
    }
}

pub fn session(id: &str, expires_at: Option<i64>) -> Session {
    Session { id: id.into(), expires_at: expires_at.map(time), born: None }
}

/// Creates the table. The clock of its connection stands at `time(0)`.
pub async fn table(env: &Env) -> (Connection, Requests) {
    let (table, requests) = env.counted::<Ledger>().await;
    (table.clock(|| time(0)), requests)
}

pub fn at(table: &Connection, seconds: i64) -> Connection {
    table.clone().clock(move || time(seconds))
}
