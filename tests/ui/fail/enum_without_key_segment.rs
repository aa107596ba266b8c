use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Base", "localDev": { "port": 8000, "tableName": "base" },
    "tableConfig": { "globalSecondaryIndexes": [ { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Status { Open, Closed }

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O", gsi1(pk = "S#{status}", sk = "{id}", name = "by_status"))]
struct Order {
    id: String,
    status: Status,
}

async fn uses() -> monotable::Result<()> {
    Order { id: "1".into(), status: Status::Open }.create().await?;
    Order::update("1").set(Order::STATUS, Status::Closed).await?;
    Order::by_status(Status::Open).all().await?;
    Order::by_status(Status::Closed).begins_with("1").page().await?;
    let orders = Order::gsi1().query(Status::Open).limit(3).all().await?;
    println!("{}", orders.iter().map(|order| order.id.len()).sum::<usize>());
    println!("{}", Order::gsi1pk(Status::Open)?);
    Ok(())
}

fn main() {
    drop(uses());
}
