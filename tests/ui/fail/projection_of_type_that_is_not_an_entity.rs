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

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "A", gsi1(pk = "TOTALS", sk = "{total:010}"))]
struct Order {
    id: String,
    #[entity(version)]
    version: u64,
    total: u32,
    paid: u32,
    note: Option<String>,
    lines: Vec<String>,
    #[serde(default, with = "monotable::string_set")]
    tags: std::collections::BTreeSet<String>,
}

#[derive(Deserialize, monotable::Projection)]
#[projection(of = String)]
struct Summary {
    total: u32,
}

async fn uses() -> monotable::Result<()> {
    let summaries = Order::query("1").select::<Summary>().all().await?;
    println!("{}", summaries.iter().map(|summary| summary.total).sum::<u32>());
    Ok(())
}

fn main() {
    drop(uses());
}
