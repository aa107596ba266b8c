use chrono::{DateTime, Utc};
use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Base", "localDev": { "port": 8000, "tableName": "base" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O", builder)]
struct Order {
    id: String,
    total: u32,
    note: Option<String>,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
}

fn uses() -> Order {
    Order::builder().id("o-1").total("3").build()
}

fn main() {
    drop(uses());
}
