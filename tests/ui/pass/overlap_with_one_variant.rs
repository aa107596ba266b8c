#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(overlap(Order, Other), config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "email-index", "partitionKey": "email" } ] }
}"#)]
enum Base {
    Order(Order),
    Other(Other),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{id}", sk = "PROFILE")]
struct Order {
    id: String,
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{id}", sk = "{name}")]
struct Other {
    id: String,
    name: String,
}

fn main() {}
