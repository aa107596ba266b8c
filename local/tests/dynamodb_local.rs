//! Tests on DynamoDB Local. The first run installs it. If that fails, the tests are ignored and the reason is printed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use monotable::{Entity, Table};
use monotable_local::{DynamoDbLocal, Engine, test_table_on};
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

type Run = fn() -> Result<(), Failed>;

const ROWS: [(&str, Run); 2] = [
    ("tables_on_a_shared_engine_are_separate", || block_on(tables_on_a_shared_engine_are_separate())),
    ("stopping_the_engine_removes_its_unpacked_files", || block_on(stopping_the_engine_removes_its_unpacked_files())),
];

fn main() -> ExitCode {
    // One test at a time, because one of them compares the contents of the temporary folder before and after.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let required = std::env::var("MONOTABLE_TEST_ENGINES").ok();
    let is_required = required.is_some();
    let asked = required.unwrap_or_else(|| "dynamodb-local".to_owned());
    let absence = match asked.split(',').any(|engine| engine.trim() == "dynamodb-local") {
        false => Some("MONOTABLE_TEST_ENGINES does not contain `dynamodb-local`".to_owned()),
        // The tests then fail if the engine cannot be installed.
        true if arguments.list || is_required => None,
        true => DynamoDbLocal::install().err().map(|error| error.to_string()),
    };
    if let Some(why) = &absence {
        println!("the tests on DynamoDB Local are ignored: {why}");
    }
    let row = |(name, run): (&str, Run)| Trial::test(name, run).with_ignored_flag(absence.is_some());
    libtest_mimic::run(&arguments, ROWS.into_iter().map(row).collect()).exit_code()
}

fn block_on(test: impl Future<Output = ()>) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test);
    Ok(())
}

async fn tables_on_a_shared_engine_are_separate() {
    let engine: Arc<dyn Engine> = Arc::new(DynamoDbLocal::in_memory().unwrap());
    let first = test_table_on::<Base>(engine.clone()).await.unwrap();
    let second = test_table_on::<Base>(engine).await.unwrap();
    assert_ne!(first.table_name(), second.table_name());
    Note { id: 1 }.create().on(&first).await.unwrap();
    assert_eq!(Note::scan().on(&second).count().await.unwrap(), 0);
    // The engine runs until both connections are dropped.
    drop(second);
    assert_eq!(Note::scan().on(&first).count().await.unwrap(), 1);
}

async fn stopping_the_engine_removes_its_unpacked_files() {
    let before = scratch_folders();
    let engine = DynamoDbLocal::in_memory().unwrap();
    // The first request opens a database, which unpacks native libraries.
    engine.client().list_tables().send().await.unwrap();
    let added: Vec<PathBuf> = scratch_folders().difference(&before).cloned().collect();
    assert_eq!(added.len(), 1, "an engine must create exactly one folder");
    assert_ne!(std::fs::read_dir(&added[0]).unwrap().count(), 0, "the engine must unpack its files in this folder");
    engine.stop();
    assert!(!added[0].exists());
}

fn scratch_folders() -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let is_scratch =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("monotable-dynamodb-local-");
    entries.filter(is_scratch).map(|entry| entry.path()).collect()
}
