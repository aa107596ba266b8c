//! # 3. One to many
//!
//! An order has its user's id in the partition key of gsi1. So you can follow the relation in both directions without storing
//! copies: from the order to the user by the field, and from the user to the orders by the index.

mod guide;

use guide::{BaseModel, OrderModel, UserModel};
use monotable::{Entity, Table};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<BaseModel>().await?;
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;
    UserModel::delete("u-1").await?;
    UserModel::create("u-1", "ada", "ada@example.com").await?;
    for number in 1..=5 {
        let id = format!("o-{number}");
        OrderModel::delete(&id).await?;
        OrderModel::create(&id, "u-1", "1.00").await?;
    }

    let order = OrderModel::get_by_id("o-3").await?.ok_or("order o-3 was just created")?;
    let user = UserModel::get_by_id(&order.user_id).await?.ok_or("its user was just created")?;
    println!("order {} is {}'s", order.order_id, user.username);

    // From the user to the orders, two per page. Only `next` says whether more items follow.
    let mut cursor = None;
    loop {
        let page = OrderModel::list_by_user("u-1").limit(2).start_at(cursor).page().await?;
        println!("page: {}", page.items.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>().join(", "));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }

    // Sort conditions take values for the fields of the sort key's template, and match only items of this entity.
    let later = OrderModel::list_by_user("u-1").gt("o-3").descending().all().await?;
    println!(
        "after o-3, last first: {}",
        later.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}
