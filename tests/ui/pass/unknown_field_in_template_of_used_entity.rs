#![allow(dead_code)]

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "orders" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    builder,
    pk = "ORDER#{order_id}",
    sk = "LINE#{line:010}",
    gsi1(pk = "USER#{user_id}#{region}", sk = "{created}", name = "list_by_user"),
)]
struct Order {
    order_id: String,
    line: u32,
    user_id: String,
    region: String,
    created: String,
    note: Option<String>,
    #[serde(default, with = "monotable::string_set")]
    tags: std::collections::BTreeSet<String>,
}

#[derive(Debug, Deserialize, monotable::Projection)]
#[projection(of = Order)]
struct Summary {
    region: String,
}

async fn uses() -> monotable::Result<()> {
    let order = Order::get(("o-1", 1)).await?;
    if let Some(order) = &order {
        Order::update(order).set(Order::CREATED, "now").await?;
        Order::delete(order).await?;
    }
    let _: Vec<Option<Order>> = Order::batch_get([("o-1", 1), ("o-2", 2)]).await?;
    let _: Vec<Order> = Order::query("o-1").between(1, 2).all().await?;
    let _: Vec<Order> = Order::list_by_user("u-1", "eu").ge("2026").descending().all().await?;
    let _: Vec<Order> = Order::gsi1().query(("u-1", "eu")).begins_with("2026").all().await?;
    let _ = (Order::pk("o-1")?, Order::gsi1pk("u-1", "eu")?, Order::gsi1sk("2026")?);
    let _ = Order::key(("o-1", 1))?;
    Order::update(("o-1", 1)).add(Order::TAGS, ["new"]).delete(Order::TAGS, ["old"]).await?;
    let new = Order::builder().order_id("o-3").line(1).user_id("u-1").region("eu").created("2026").maybe_note(None).build();
    new.create().await?;
    let _: Vec<Summary> = Order::query("o-1").select::<Summary>().all().await?;
    Ok(())
}

fn main() {
    drop(uses());
}
