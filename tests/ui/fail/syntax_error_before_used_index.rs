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
#[entity(pk = 5, sk = "A", table = Base, gsi1(pk = "USER#{user}", sk = "{id}", name = "list_by_user"))]
struct Order {
    id: String,
    user: String,
}

async fn uses() -> monotable::Result<()> {
    let _: Vec<Order> = Order::list_by_user("u-1").ge("o").all().await?;
    let _: Vec<Order> = Order::gsi1().query("u-1").all().await?;
    Ok(())
}

fn main() {
    drop(uses());
}
