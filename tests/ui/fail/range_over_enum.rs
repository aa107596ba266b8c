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

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, monotable::KeySegment)]
enum Status {
    Open,
    Closed,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{user}", sk = "{status}#{at}")]
struct Order {
    user: String,
    status: Status,
    at: String,
}

fn main() {
    let _ = Order::query("u-1").between(Status::Open, Status::Closed);
    let _ = Order::query("u-1").under(Status::Open).ge("2026");
}
