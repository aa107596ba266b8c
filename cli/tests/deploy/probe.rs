//! A deployed program: it finds its table through AppConfig, and does each operation of the library once.
//!
//! The test runs its own binary again with `MONOTABLE_PROBE`, a list of operations. Each line of the output is an operation, and `ok` or the
//! error.

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config = "tests/deploy/config.json")]
enum Shop {
    Note(Note),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "NOTE#{id}", sk = "NOTE", gsi1(pk = "AUTHOR#{author}", sk = "{id}", name = "by_author"))]
struct Note {
    id: String,
    author: String,
    text: String,
}

/// The operations that read, and those that write.
pub const READ: [&str; 8] = ["describe", "get", "batch_get", "transact_get", "check", "query", "query_index", "scan"];
pub const WRITE: [&str; 8] =
    ["describe", "create", "put", "update", "delete", "batch_put", "batch_delete", "transact_write"];

/// Returns the `schema.json` of the table.
pub fn schema() -> String {
    Shop::schema().to_json()
}

pub fn run(operations: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if let Err(error) = Shop::connect().await {
            println!("connect {}", one_line(&error));
            return;
        }
        println!("connect ok");
        for operation in operations.split(',') {
            match operate(operation).await {
                Ok(()) => println!("{operation} ok"),
                Err(error) => println!("{operation} {}", one_line(&error)),
            }
        }
    });
}

fn one_line(error: &monotable::Error) -> String {
    error.to_string().replace('\n', " ")
}

async fn operate(operation: &str) -> monotable::Result<()> {
    let note = |id: &str| Note { id: id.into(), author: "ada".into(), text: "hello".into() };
    match operation {
        "describe" => Shop::describe().await.map(drop),
        "get" => Note::get("1").await.map(drop),
        "batch_get" => Shop::batch_get([Note::key("1"), Note::key("2")]).await.map(drop),
        "transact_get" => Shop::transact_get((Note::get("1"), Note::get("2"))).await.map(drop),
        "check" => Shop::transact_write().check(Note::check("1").condition(Note::AUTHOR.eq("ada"))).await.map(drop),
        "query" => Shop::query("NOTE#1").all().await.map(drop),
        "query_index" => Note::by_author("ada").all().await.map(drop),
        "scan" => Shop::scan().all().await.map(drop),
        "create" => note("new").create().await.map(drop),
        "put" => note("1").put().await.map(drop),
        "update" => Note::update("1").set(Note::TEXT, "changed").await.map(drop),
        "delete" => Note::delete("new").await.map(drop),
        "batch_put" => Shop::batch_write().put(&note("2")).await.map(drop),
        "batch_delete" => Shop::batch_write().delete(Note::key("2")).await.map(drop),
        "transact_write" => Shop::transact_write().put(&note("3")).delete(Note::key("4")).await.map(drop),
        other => panic!("no operation {other}"),
    }
}
