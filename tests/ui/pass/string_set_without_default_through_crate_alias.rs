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

use monotable as mt;

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, crate = mt, pk = "ORDER#{id}", sk = "ORDER")]
struct Order {
    id: String,
    #[serde(default, with = "mt::string_set")]
    tags: std::collections::BTreeSet<String>,
}
