use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "orders" } }"#)]
enum Base {
    Order(Order),
    Draft(Draft),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "X")]
#[serde(tag = "kind")]
struct Order {
    id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "DRAFT#{id}", sk = "X")]
#[serde(tag = "kind")]
struct Draft {
    id: String,
}

fn main() {}
