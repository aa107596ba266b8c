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

#[derive(Debug, Clone, PartialEq)]
struct Money(u64);

mod money {
    use super::Money;
    use serde::{Deserialize, Deserializer, Serializer};
    pub fn serialize<S: Serializer>(money: &Money, s: S) -> Result<S::Ok, S::Error> { s.serialize_u64(money.0) }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Money, D::Error> { u64::deserialize(d).map(Money) }
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "O#{id}", sk = "O")]
struct Order {
    id: String,
    total: Money,
}

async fn uses() -> monotable::Result<()> {
    Order::update("1").set(Order::TOTAL, Money(2)).condition(Order::TOTAL.eq(Money(1)) & Order::TOTAL.between(Money(1), Money(2))).await?;
    Ok(())
}

fn main() {
    drop(uses());
}
