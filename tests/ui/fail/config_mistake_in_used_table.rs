use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": "8000", "tableName": "orders" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "by_mail", "name": "by_mail", "partitionKey": { "name": "mail_key", "type": "S" } } ] } }"#)]
enum Base {
    Order(Order),
    User(User),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ORDER#{id}", sk = "X", gsi1(pk = "U#{user}", sk = "{id}", name = "list_by_user"))]
struct Order {
    id: String,
    user: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{id}", sk = "X", by_mail(pk = "{mail}"))]
struct User {
    id: String,
    mail: String,
}

async fn uses() -> monotable::Result<()> {
    Base::ensure_table().await?;
    let order = Order::get("o-1").await?;
    if let Some(order) = &order {
        Order::update(order).set(Order::USER, "u-2").await?;
    }
    let _: Vec<Order> = Order::list_by_user("u-1").ge("o").all().await?;
    for item in Base::gsi1().query("U#u-1").begins_with("o").all().await? {
        match item {
            Base::Order(order) => println!("{order:?}"),
            Base::User(user) => println!("{user:?}"),
        }
    }
    if let Some(order) = order {
        let item = Base::from(order);
        let _ = item.as_order().map(|order| order.id.as_str());
        let _ = Order::try_from(item).is_ok();
    }
    Ok(())
}

fn main() {
    drop(uses());
}
