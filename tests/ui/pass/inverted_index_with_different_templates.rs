use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "inverted", "name": "inverted", "partitionKey": "sk", "sortKey": "pk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "AT#{created}", inverted(pk = "AT#{created}", sk = "ORDER#{id}"))]
struct Order {
    id: String,
    created: String,
}
