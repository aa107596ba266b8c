use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "email-index", "partitionKey": "email" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "A#{id}", sk = "A")]
struct Order {
    id: Vec<u8>,
}

async fn uses() -> monotable::Result<()> {
    let order = Order::get(vec![1]).await?;
    Order::delete(vec![1]).await?;
    Order::query(vec![1]).all().await?;
    println!("{}", Order::pk(vec![1])?);
    println!("{:?}", order.map(|order| order.id.len()));
    Ok(())
}

fn main() {
    drop(uses());
}
