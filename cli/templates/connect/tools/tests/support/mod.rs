//! Calls operations by their names. Each test has its own tables@% if has_engine %@ in an embedded engine@% endif %@.

#![allow(dead_code, reason = "each test uses a part of this")]

@% if not has_engine %@use monotable::{Connection, Table};
@% endif -%@
use serde_json::Value;

use @{library}@::{Operation, Problem, Tables, operations};
@% if not has_engine %@
/// Creates an empty table for one test, in the local engine that `monotable dev` runs. The workspace links another SQLite than the embedded
/// engine, and a program can link only one.
async fn table<T: Table>() -> Connection {
    assert!(monotable::is_local(), "run the tests with `monotable dev -- cargo test -p @{krate}@`");
    let local = T::connect().await.unwrap();
    let test = std::thread::current().name().unwrap_or("test").replace(':', "-");
    let name = format!("{}-{}-{test}", local.table_name(), concat!(env!("CARGO_PKG_NAME"), "-", env!("CARGO_CRATE_NAME")));
    let connection = Connection::new(local.client().clone(), name).with_endpoint(local.endpoint().unwrap());
    // It has the items of the last run.
    T::drop_table().on(&connection).await.unwrap();
    T::ensure_table().on(&connection).await.unwrap();
    connection
}
@% endif %@
pub async fn tables() -> Tables {
    Tables {
        @%- for table in tables %@
        @{table.module}@: @% if has_engine %@monotable_local::test_table@% else %@table@% endif %@::<@{table.path}@::@{table.table}@>().await@% if has_engine %@.unwrap()@% endif %@,
        @%- endfor %@
    }
}

/// The operations, and their tables.
pub struct Operations {
    tables: Tables,
    all: Vec<Operation>,
}

impl Operations {
    pub async fn new() -> Self {
        Self::of(tables().await)
    }

    pub fn of(tables: Tables) -> Self {
        Self { tables, all: operations::all() }
    }

    pub async fn call(&self, name: &str, arguments: Value) -> Result<Value, Problem> {
        let operation = self.all.iter().find(|operation| operation.name == name).expect(name);
        operation.call(&self.tables, arguments).await
    }

    /// Returns the text of the problem with a call.
    pub async fn problem(&self, name: &str, arguments: Value) -> String {
        self.call(name, arguments).await.unwrap_err().to_string()
    }
}
