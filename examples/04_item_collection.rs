//! # 4. Item collections
//!
//! This is another design for one-to-many: the orders are stored in their user's partition of the table itself. One request to
//! the table reads the user and all orders, with a consistent read if you ask for it, and you do not need an index.
//!
//! The cost: all items of a user are in one partition, and DynamoDB limits a partition to 1,000 writes and 3,000 reads per
//! second. A user with very many orders would be a hot partition. If that can happen, it is safer to start with orders in their
//! own partitions and an index (example 3). Also, you can read an order only if you know its user.

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config = "config.json")]
enum Shop {
    User(UserModel),
    Order(OrderModel),
    Note(NoteModel),
}

/// A part of the table, for reads that return only users and orders.
#[derive(Debug, Table)]
#[table(of = Shop)]
enum UserAndOrders {
    User(UserModel),
    Order(OrderModel),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "USER#{user_id}", sk = "USER#{user_id}", builder)]
struct UserModel {
    #[entity(key_only)]
    user_id: String,
    username: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "USER#{user_id}", sk = "ORDER#{order_id}", builder)]
struct OrderModel {
    user_id: String,
    #[entity(key_only)]
    order_id: String,
    total: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "USER#{user_id}", sk = "NOTE#{number:05}", builder)]
struct NoteModel {
    user_id: String,
    number: u32,
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<Shop>().await?;
    Shop::set_connection(&connection)?;
    Shop::ensure_table().await?;

    UserModel::builder().user_id("u-7").username("ada").build().put().await?;
    for (id, total) in [("o-1", "12.50"), ("o-2", "7.00")] {
        OrderModel::builder().user_id("u-7").order_id(id).total(total).build().put().await?;
    }
    NoteModel::builder().user_id("u-7").number(1).text("prefers mornings").build().put().await?;

    println!("The whole collection, in one request:");
    for item in UserModel::collection("u-7").all().await? {
        match item {
            Shop::User(user) => println!("  user {}", user.username),
            Shop::Order(order) => println!("  order {} for {}", order.order_id, order.total),
            Shop::Note(note) => println!("  note {}: {}", note.number, note.text),
        }
    }

    let part = UserModel::collection("u-7").only::<UserAndOrders>().all().await?;
    let orders = part.iter().filter_map(UserAndOrders::as_order).count();
    let user = part.iter().find_map(UserAndOrders::as_user).ok_or("the user was just written")?;
    println!("A part of it: {} and {orders} orders", user.username);
    println!("Only the orders: {}", OrderModel::query("u-7").count().await?);
    Ok(())
}
