use monotable::{Entity, Table};

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Base", "localDev": { "port": 8000, "tableName": "base" },
    "tableConfig": { "globalSecondaryIndexes": [ { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Order(Order),
}

#[derive(Debug, Clone, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O", gsi1(pk = "U#{user}", sk = "{id}", name = "by_user"))]
struct Order {
    id: String,
    user: String,
}

async fn uses() -> monotable::Result<()> {
    Order { id: "1".into(), user: "u".into() }.create().await?;
    Order::get("1").await?;
    Order::by_user("u").all().await?;
    Ok(())
}

fn main() {
    drop(uses());
}
