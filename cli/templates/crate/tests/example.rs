@%- if has_engine -%@
//! Each test has its own table in an embedded engine.

use monotable::{Entity, Table};

use @{module}@::{BaseModel, Example};

#[tokio::test]
async fn an_example_is_created_and_found_by_id_and_category() {
    let table = monotable_local::test_table::<BaseModel>().await.unwrap();
    table
        .scope(async {
            let hammer = Example::create("1", "hammer", "tools").await.unwrap();
            Example::create("2", "rose", "plants").await.unwrap();
            assert_eq!(Example::get_by_id("1").await.unwrap(), Some(hammer.clone()));
            let tools = Example::list_by_category("tools").all().await.unwrap();
            assert_eq!(tools, [hammer]);
            assert_eq!(Example::list_recent(1).all().await.unwrap()[0].id, "2");
        })
        .await;
}

#[tokio::test]
async fn an_id_that_exists_is_not_created_again() {
    let table = monotable_local::test_table::<BaseModel>().await.unwrap();
    table
        .scope(async {
            Example::create("1", "hammer", "tools").await.unwrap();
            let error = Example::create("1", "saw", "tools").await.unwrap_err();
            assert!(error.is_already_exists());
            assert_eq!(Example::get("1").await.unwrap().unwrap().name, "hammer");
        })
        .await;
}

@% else -%@
//! The tests use the local table: `monotable dev -- cargo test -p @{crate}@`. The workspace links another SQLite than the embedded
//! engine, and a program can link only one.

use std::time::{SystemTime, UNIX_EPOCH};

use monotable::{Connection, Entity, Table};

use @{module}@::{BaseModel, Example};

async fn table() -> Connection {
    let remedy = "run the tests with `monotable dev -- cargo test -p @{crate}@`";
    assert!(monotable::is_local(), "{remedy}");
    BaseModel::connect().await.unwrap()
}

/// A text that no other run has used, because the table keeps its items.
fn unique(text: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{text}-{}", now.as_nanos())
}

#[tokio::test]
async fn an_example_is_created_and_found_by_id_and_category() {
    let (one, two) = (unique("1"), unique("2"));
    let tools = unique("tools");
    table()
        .await
        .scope(async {
            let hammer = Example::create(&one, "hammer", &tools).await.unwrap();
            Example::create(&two, "rose", "plants").await.unwrap();
            let found = Example::get_by_id(&one).await.unwrap();
            assert_eq!(found, Some(hammer.clone()));
            let tools = Example::list_by_category(&tools).all().await.unwrap();
            assert_eq!(tools, [hammer]);
        })
        .await;
}

#[tokio::test]
async fn an_id_that_exists_is_not_created_again() {
    let id = unique("id");
    table()
        .await
        .scope(async {
            Example::create(&id, "hammer", "tools").await.unwrap();
            let error = Example::create(&id, "saw", "tools").await.unwrap_err();
            assert!(error.is_already_exists());
            assert_eq!(Example::get(&id).await.unwrap().unwrap().name, "hammer");
        })
        .await;
}

@% endif -%@
#[test]
fn schema_json_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.json");
    let schema = BaseModel::schema().to_json();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let is_current = std::fs::read_to_string(path).unwrap_or_default() == schema;
    assert!(
        is_current,
        "schema.json is out of date: run `UPDATE_SCHEMA=1 cargo test -p {} schema_json`",
        env!("CARGO_PKG_NAME"),
    );
}
