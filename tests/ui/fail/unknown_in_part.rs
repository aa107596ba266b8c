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
#[entity(table = Base, pk = "USER#{user}", sk = "ORDER#{id}")]
struct Order {
    user: String,
    id: String,
    total: u32,
}

#[derive(Debug, Table)]
#[table(of = Base)]
enum Part {
    Order(Order),
    #[table(unknown)]
    Other(monotable::Item),
}

async fn uses() -> monotable::Result<()> {
    let orders: Vec<Part> = Part::query("USER#u-1").begins_with("ORDER#").all().await?;
    let all: Vec<Part> = Part::scan().all().await?;
    println!("{orders:?} {all:?} {:?}", all[0].as_order());
    Ok(())
}

fn main() {
    drop(uses());
}
