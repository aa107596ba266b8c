//! Creates a few examples and lists them by category.
//!
@%- if has_engine %@
//! `cargo run --example list` uses an embedded engine in memory. With `monotable dev -- cargo run --example list`, it uses the
//! local table of `config.json`.
@%- else %@
//! `monotable dev -- cargo run --example list` uses the local table of `config.json`.
@%- endif %@

use monotable::Table;

use @{module}@::{BaseModel, Example};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
@%- if has_engine %@
    let connection = monotable_local::connect::<BaseModel>().await?;
@%- else %@
    let connection = BaseModel::connect().await?;
@%- endif %@
    BaseModel::set_connection(&connection)?;
    BaseModel::ensure_table().await?;

    for (id, name, category) in [
        ("1", "hammer", "tools"),
        ("2", "saw", "tools"),
        ("3", "rose", "plants"),
    ] {
        match Example::create(id, name, category).await {
            Ok(example) => println!("created {} {}", example.id, example.name),
            Err(error) if error.is_already_exists() => println!("found   {id} {name}"),
            Err(error) => return Err(error.into()),
        }
    }
    for example in Example::list_by_category("tools").all().await? {
        println!("tools:  {} {}", example.id, example.name);
    }
    let location = connection.endpoint().unwrap_or("AWS");
    println!("table `{}` at {location}", connection.table_name());
    Ok(())
}
