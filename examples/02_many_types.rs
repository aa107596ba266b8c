//! # 2. Many types in one table
//!
//! Every key begins with the type of the entity that it identifies: `USER#`, `ORDER#`. So you can recognize an item by its key,
//! keys of two types are never the same, and `begins_with` selects one type.
//!
//! gsi2 contains users, orders and examples, each type in its own partition. gsi1 contains orders and reviews together, in the
//! partition of their user. One index serves several access patterns, which is called index overloading.

mod guide;

use guide::{BaseModel, OrderModel, ReviewModel, UserModel};
use monotable::{Entity, Table};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<BaseModel>().await?;
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;
    UserModel::delete("u-1").await?;
    OrderModel::delete("o-1").await?;
    OrderModel::delete("o-2").await?;
    ReviewModel::delete("r-1").await?;

    UserModel::create("u-1", "ada", "ada@example.com").await?;
    OrderModel::create("o-1", "u-1", "12.50").await?;
    OrderModel::create("o-2", "u-1", "7.00").await?;
    ReviewModel::create("r-1", "u-1", 4).await?;

    // The stored discriminator selects the variant of each item. The compiler requires an arm for every variant.
    for item in BaseModel::gsi1().query("USER#u-1").all().await? {
        match item {
            BaseModel::Order(order) => println!("order {} for {}", order.order_id, order.total),
            BaseModel::Review(review) => println!("review {} with {} stars", review.review_id, review.stars),
            BaseModel::Unknown(item) => println!("something else: {item:?}"),
            BaseModel::Example(_)
            | BaseModel::User(_)
            | BaseModel::Article(_)
            | BaseModel::Tag(_)
            | BaseModel::ArticleTag(_) => unreachable!("these have no key in a user's partition of gsi1"),
        }
    }

    let orders = BaseModel::gsi1().query("USER#u-1").begins_with("ORDER#").all().await?;
    println!("by prefix: {} orders", orders.len());
    // The same query by type; the prefix comes from the key template.
    let orders: Vec<OrderModel> = OrderModel::list_by_user("u-1").all().await?;
    println!("by type: {} orders", orders.len());

    let users = UserModel::list_recent(10).all().await?;
    let orders = OrderModel::list_recent(10).all().await?;
    println!("newest, each from its own partition of gsi2: {} user(s), {} orders", users.len(), orders.len());
    Ok(())
}
