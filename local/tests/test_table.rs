//! Every test has a separate table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use monotable::{Entity, Table};
use monotable_local::{Embedded, Engine, test_table, test_table_on};
use serde::{Deserialize, Serialize};

#[derive(Debug, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "notes" } }"#)]
enum Base {
    Note(Note),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "NOTE#{id}", sk = "NOTE#{id}")]
struct Note {
    id: u32,
}

/// A test that fails if its table contains an item of another test.
async fn only_sees_its_own(id: u32) {
    let table = test_table::<Base>().await.unwrap();
    table
        .scope(async {
            Note { id }.create().await.unwrap();
            tokio::task::yield_now().await;
            assert_eq!(Note::scan().all().await.unwrap(), [Note { id }]);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_tests_do_not_see_items_of_each_other() {
    let tests: Vec<_> = (0..20).map(|id| tokio::spawn(only_sees_its_own(id))).collect();
    for test in tests {
        test.await.unwrap();
    }
}

#[tokio::test]
async fn tables_on_a_shared_engine_are_separate() {
    let engine: Arc<dyn Engine> = Arc::new(Embedded::in_memory().unwrap());
    let first = test_table_on::<Base>(engine.clone()).await.unwrap();
    let second = test_table_on::<Base>(engine).await.unwrap();
    assert_ne!(first.table_name(), second.table_name());
    Note { id: 1 }.create().on(&first).await.unwrap();
    assert_eq!(Note::scan().on(&second).count().await.unwrap(), 0);
    // The engine runs until both connections are dropped.
    drop(second);
    assert_eq!(Note::scan().on(&first).count().await.unwrap(), 1);
}
