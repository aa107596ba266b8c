#![allow(dead_code)]

use monotable::{Entity, Projection, Table};
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
#[entity(table = Base, pk = "USER#{user}", sk = "ORDER#{id}")]
struct Order {
    user: String,
    id: String,
    total: u32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Projection)]
#[projection(of = Order)]
struct Summary {
    id: String,
}

fn shown(summary: &Summary) -> &str {
    &summary.id
}

fn main() {
    println!("{}", shown(&Summary { id: "1".into() }));
}
