#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "email-index", "partitionKey": "email" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "A#{id}", sk = "L#{n}", gsi1(pk = "{id}", sk = "{n:05}"), email(pk = "{id}", name = "by_email"))]
struct Order {
    id: String,
    n: u32,
}

fn main() {
    let _ = Base::gsi1().query("a").ge("x");
}
