//! # 1. Access patterns first
//!
//! You design a DynamoDB table from its access patterns. `ExampleModel` (in `guide/example.rs`) has three, and each is one
//! request: get one example by its id, list the examples of a category, and list the examples of a period of time. The key
//! templates on the struct are the whole design: a write builds the keys from the fields, and a query takes values for the same
//! fields.

mod guide;

use guide::{BaseModel, ExampleModel};
use monotable::{Entity, Table};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = monotable_local::connect::<BaseModel>().await?;
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;
    for id in ["1", "2", "3"] {
        ExampleModel::delete(id).await?;
    }

    let first = ExampleModel::create("1", "a hammer", "tools").await?;
    ExampleModel::create("2", "a novel", "books").await?;
    let last = ExampleModel::create("3", "a saw", "tools").await?;

    println!("What is stored for example 1:");
    let item = first.to_item()?;
    let mut names: Vec<_> = item.keys().collect();
    names.sort();
    for name in names {
        println!("  {name:<12} {}", item.text(name).unwrap_or_default());
    }

    let one = ExampleModel::get_by_id("2").await?.ok_or("example 2 was just created")?;
    println!("\nBy id (table): {}", one.name);

    let tools = ExampleModel::list_by_category("tools").all().await?;
    println!("By category (gsi1): {}", names_of(&tools));

    let between = ExampleModel::list_created_between(first.created_at, last.created_at).all().await?;
    println!("By time, newest first (gsi2): {}", names_of(&between));

    // `create` fails if an item with the same key exists; it overwrites nothing.
    let again = ExampleModel::create("1", "another hammer", "tools").await;
    println!("Twice: {}", again.err().map(|error| error.to_string()).unwrap_or_default());
    Ok(())
}

fn names_of(examples: &[ExampleModel]) -> String {
    examples.iter().map(|example| example.name.as_str()).collect::<Vec<_>>().join(", ")
}
