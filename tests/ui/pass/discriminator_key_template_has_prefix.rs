use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "by_created", "name": "by_created", "partitionKey": "owner_key", "sortKey": "created_key" },
        { "indexName": "by_done", "name": "by_done", "partitionKey": "owner_key", "sortKey": "done_key" },
        { "indexName": "by_owner", "name": "by_owner", "partitionKey": "owner_key" },
        { "indexName": "by_sort", "name": "by_sort", "partitionKey": "state_key", "sortKey": "sk" },
        { "indexName": "by_type", "name": "by_type", "partitionKey": "entity_type" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "AT#{created}", by_type(pk = "Order"))]
struct Order {
    id: String,
    owner: String,
    created: String,
    done: Option<String>,
}
