use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Table)]
#[table(config = "missing.json")]
enum Base {
    Order(Order),
}

#[derive(Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "A#{id}", sk = "A")]
struct Order {
    id: String,
}

fn main() {}
