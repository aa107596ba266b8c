#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize)]
struct Cents(u32);

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "A")]
struct Order {
    #[entity(key_only)]
    id: String,
    total: u32,
}

fn main() {
    let _ = Order::update("o-1").add(Order::TOTAL, 5);
}
