#![allow(dead_code)]
use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(no_discriminator, config_json = r#"{
    "runtimeConfigKey": "Base", "localDev": { "port": 8000, "tableName": "base" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "by-customer", "name": "by_customer", "partitionKey": "customer", "sortKey": { "name": "rank", "type": "N" } } ] }
}"#)]
enum Base {
    Order(Order),
    Other(Other),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O", by_customer(pk = "{customer}", sk = "{rank}"))]
struct Order {
    id: String,
    customer: Option<String>,
    rank: u32,
    is_open: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "OTHER")]
struct Other {
    id: String,
}

fn main() {}
