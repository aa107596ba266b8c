#![allow(dead_code)]

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
struct Order {
    id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "DRAFT#{id}", sk = "X")]
struct Draft {
    id: String,
}

/// What serde would store instead of the order.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wire {
    number: String,
}

impl From<Order> for Wire {
    fn from(order: Order) -> Self {
        Self { number: order.id }
    }
}

impl From<Wire> for Order {
    fn from(wire: Wire) -> Self {
        Self { id: wire.number }
    }
}

fn main() {}
