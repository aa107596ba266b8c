//! Calls operations by their names. Each test has its own tables in an embedded engine.

#![allow(dead_code, reason = "each test uses a part of this")]

use serde_json::Value;

use @{library}@::{Operation, Problem, Tables, operations};

pub async fn tables() -> Tables {
    Tables {
        @%- for table in tables %@
        @{table.module}@: monotable_local::test_table::<@{table.path}@::@{table.table}@>().await.unwrap(),
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
