#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(no_discriminator, config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
    Draft(Draft),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "A")]
struct Order {
    id: String,
    total: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "DRAFT#{id}", sk = "A")]
struct Draft {
    id: String,
    text: String,
}

fn main() {}
