//! Errors with `--json`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Folder, Run};

/// A workspace with a table on a port where nothing listens.
fn workspace() -> Folder {
    let folder = Folder::new();
    folder.write("config.json", r#"{ "runtimeConfigKey": "S", "localDev": { "port": 1, "tableName": "shop" } }"#);
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
    command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
    command.env("MONOTABLE_STATE_DIR", folder.path().join("states"));
    command.env("DYNAMODB_LOCAL_HOME", folder.path().join("nothing"));
    Run::of(&command.output().unwrap())
}

#[test]
fn an_error_is_one_json_object_with_the_exit_code() {
    let folder = workspace();
    let cases: [(&[&str], i32, &str, &str); 13] = [
        (&["validate", "none.json"], 1, "failed", "cannot read none.json"),
        (&["table", "describe"], 1, "failed", "connection refused"),
        (&["new", "1st"], 2, "usage", "a name begins with a letter"),
        (&["new", "orders", "--directorie", "x"], 2, "usage", "found; a similar argument exists: '--directory'"),
        (&["new", "--framework", "x"], 2, "usage", "for '--framework <FRAMEWORK>' [possible values: monotable]"),
        (&["tabel"], 2, "usage", "unrecognized subcommand 'tabel'; a similar subcommand exists: 'table'"),
        (&["table", "seed"], 2, "usage", "required arguments were not provided: <FILE>"),
        (&[], 2, "usage", "[subcommands: new, connect, dev,"),
        (&["table"], 2, "usage", "requires a subcommand but one was not provided [subcommands: list,"),
        (&["dev", "orders"], 2, "usage", "the workspace has no table `orders`"),
        (&["dev", "reset"], 3, "refused", "confirm it with `--yes`"),
        (&["engine", "path"], 5, "missing-tool", "run `monotable engine install`"),
        (&["dev", "--wait", "--deadline", "0"], 124, "deadline", "no `monotable dev` was ready"),
    ];
    for (arguments, code, name, message) in cases {
        let run = run(&folder, &[arguments, &["--json"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{arguments:?}: {run:?}");
        let printed: Value = serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        let error = printed["error"].as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "exitCode", "message"]);
        assert_eq!((&error["code"], &error["exitCode"]), (&name.into(), &code.into()), "{run:?}");
        assert!(error["message"].as_str().unwrap().contains(message), "{message}\n{run:?}");
    }
}

#[test]
fn what_the_results_say_is_not_an_error_as_well() {
    let folder = workspace();
    folder.write("bad.json", "{}");
    let run = run(&folder, &["validate", "bad.json", "--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.starts_with("{\"file\":"), "{run:?}");
}

#[test]
fn json_after_two_dashes_belongs_to_the_command() {
    let run = run(&workspace(), &["dev", "--dead-line", "1", "--", "echo", "--json"]);
    assert!(run.code == 2 && run.stderr.starts_with("error: unexpected argument '--dead-line'"), "{run:?}");
}

#[test]
fn help_is_text_also_with_json() {
    let run = run(&workspace(), &["table", "--json", "--help"]);
    assert!(run.code == 0 && run.stdout.contains("Usage: monotable table") && run.stderr.is_empty(), "{run:?}");
}
