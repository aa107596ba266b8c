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
    total: bigdecimal::BigDecimal,
}

async fn uses() -> monotable::Result<()> {
    let order = Order::get("o-1").await?;
    println!("{:?}", order.map(|order| order.total));
    Ok(())
}

fn main() {
    drop(uses());
}
