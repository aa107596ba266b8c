#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "A")]
struct Order {
    id: String,
    #[serde(rename = "orderStatus")]
    status: String,
}

#[derive(Debug, Deserialize, monotable::Projection)]
#[projection(of = Order)]
struct Summary {
    #[serde(rename = "orderStatus")]
    status: String,
}

fn main() {
    let _ = Order::get("o-1").select::<Summary>();
}
