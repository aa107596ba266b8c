#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Base", "localDev": { "port": 8000, "tableName": "base" },
    "tableConfig": { "globalSecondaryIndexes": [ { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O", gsi1(pk = "S#{status}", sk = "{id}"))]
struct Order {
    id: String,
    #[serde(rename = "orderStatus")]
    status: String,
}

fn main() {}
