//! A short tour: users, orders and reviews in one table, and one query that returns each item as its own type.
//!
//! `cargo run --example quickstart` uses an in-memory table, so you need only Rust and a C compiler. With `LOCAL_DEV=true`, it
//! uses the local table of `config.json`.

mod guide;

use guide::{BaseModel, OrderModel, ReviewModel, UserModel};
use monotable::{Entity, Table};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<BaseModel>().await?;
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;

    for (id, name) in [("u-1", "ada"), ("u-2", "grace")] {
        // `put` instead of `create`, so that the program can run again on a table that already contains the items.
        let email = format!("{name}@example.com");
        UserModel::builder().user_id(id).username(name).email(email).build().put().await?;
    }
    for (id, user, total) in [("o-1", "u-1", "12.50"), ("o-2", "u-1", "7.00"), ("o-3", "u-2", "99.90")] {
        OrderModel::builder().order_id(id).user_id(user).total(total).build().put().await?;
    }
    ReviewModel::builder().review_id("r-1").user_id("u-1").stars(5).text("splendid").build().put().await?;

    let user = UserModel::get("u-1").await?.ok_or("user u-1 was just written")?;
    println!("User {} (one get) and everything the user has (one query on gsi1):\n", user.username);
    println!("{:<12} {:<8} content", "entity", "id");
    println!("{:-<12} {:-<8} {:-<24}", "", "", "");
    println!("{:<12} {:<8} {}", "UserModel", user.user_id, user.email);
    for thing in BaseModel::gsi1().query("USER#u-1").all().await? {
        match thing {
            BaseModel::Order(order) => {
                println!("{:<12} {:<8} {} in total", "OrderModel", order.order_id, order.total);
            }
            BaseModel::Review(review) => {
                let text = review.text.unwrap_or_default();
                println!("{:<12} {:<8} {} stars: {text}", "ReviewModel", review.review_id, review.stars);
            }
            other => println!("{other:?}"),
        }
    }

    let orders: Vec<OrderModel> = OrderModel::list_by_user("u-1").all().await?;
    println!(
        "\nOnly the orders: {}",
        orders.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>().join(", ")
    );
    println!("The table: `{}` at {}", connection.table_name(), connection.endpoint().unwrap_or("AWS"));
    println!("\nNext: `cargo run --example 01_access_patterns` begins the tutorial; docs/chapters explains each part.");
    Ok(())
}
