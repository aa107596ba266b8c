//! What a new user does: create a crate in an empty folder, run its tests, run its example in memory and on the local table, format it
//! and check it with clippy. Then a second table in the same workspace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Folder, Run};

/// Runs cargo in the generated workspace. All runs share a target folder, so that the SDK is compiled once.
fn cargo(folder: &Folder, arguments: &[&str]) -> String {
    let run = Run::of(&cargo_command(folder, arguments).output().unwrap());
    assert_eq!(run.code, 0, "cargo {arguments:?}\n{}\n{}", run.stdout, run.stderr);
    run.stdout
}

fn cargo_command(folder: &Folder, arguments: &[&str]) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(folder.path().join("shop")).env("CARGO_TARGET_DIR", target);
    command.env_remove("LOCAL_DEV").env_remove("RUNTIME_CONFIG_APP_ID").env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

/// Runs the example on the local table, with one command.
fn dev(folder: &Folder, package: &str) -> String {
    on_local_table(folder, &["run", "--quiet", "--package", package, "--example", "list"])
}

/// Runs cargo with the local tables of the workspace.
fn on_local_table(folder: &Folder, arguments: &[&str]) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
    command.args(["dev", "--", "cargo"]).args(arguments);
    command.current_dir(folder.path().join("shop")).env("CARGO_TARGET_DIR", target);
    command.env("MONOTABLE_STATE_DIR", folder.path().join("states")).env("CARGO_PROFILE_DEV_DEBUG", "0");
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout
}

#[test]
fn a_new_project_builds_passes_its_tests_and_lists_its_examples() {
    let folder = Folder::new();
    folder.write("shop/.keep", "");
    // The versions that this workspace is tested with.
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    folder.write("shop/Cargo.lock", &lock);
    assert_eq!(folder.run_in("shop", &["new", "my-table", "--no-fetch"]).code, 0);
    let tests = cargo(&folder, &["test", "--quiet"]);
    assert!(tests.contains("3 passed"), "{tests}");
    let listed = cargo(&folder, &["run", "--quiet", "--package", "my-table", "--example", "list"]);
    assert!(listed.contains("created 1 hammer") && listed.contains("tools:  2 saw"), "{listed}");

    // The local table keeps its data between two runs of `dev`.
    assert!(dev(&folder, "my-table").contains("created 1 hammer"));
    let again = dev(&folder, "my-table");
    assert!(
        again.contains("found   1 hammer") && again.contains("table `shop-my-table` at http://localhost:"),
        "{again}"
    );

    // The same with the engine in one process, and the program in another.
    let tool = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command.args(arguments).current_dir(folder.path().join("shop"));
        command.env("MONOTABLE_STATE_DIR", folder.path().join("states"));
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    tool(&["dev", "--detach"]);
    let mut list = cargo_command(&folder, &["run", "--quiet", "--package", "my-table", "--example", "list"]);
    let run = Run::of(&list.env("LOCAL_DEV", "true").output().unwrap());
    assert!(run.code == 0 && run.stdout.contains("found   1 hammer"), "{run:?}");
    tool(&["dev", "stop"]);
    assert!(dev(&folder, "my-table").contains("found   1 hammer"));

    let manifest = format!("# The shop.\n{}", folder.read("shop/Cargo.toml"));
    folder.write("shop/Cargo.toml", &manifest);
    assert_eq!(folder.run_in("shop", &["new", "a-second-table-with-a-long-name", "--no-fetch"]).code, 0);
    assert!(folder.read("shop/Cargo.toml").starts_with("# The shop.\n"));
    let tests = cargo(&folder, &["test", "--quiet"]);
    assert_eq!(tests.matches("3 passed").count(), 2, "{tests}");
    assert!(dev(&folder, "a-second-table-with-a-long-name").contains("created 1 hammer"));

    // Another crate of the workspace links another SQLite than the embedded engine.
    let lock = folder.read("shop/Cargo.lock");
    folder.write(
        "shop/Cargo.lock",
        &lock.replace("name = \"libsqlite3-sys\"\nversion = \"0.34", "name = \"libsqlite3-sys\"\nversion = \"0.30"),
    );
    let run = folder.run_in("shop", &["new", "third", "--no-fetch"]);
    assert!(run.code == 0 && run.stderr.contains("monotable dev -- cargo test -p third"), "{run:?}");
    assert!(!folder.read("shop/crates/third/Cargo.toml").contains("monotable-local"));
    folder.write("shop/Cargo.lock", &lock);
    for _ in 0..2 {
        let tests = on_local_table(&folder, &["test", "--quiet", "--package", "third"]);
        assert!(tests.contains("3 passed"), "{tests}");
    }
    assert!(dev(&folder, "third").contains("created 1 hammer"));
    cargo(&folder, &["fmt", "--all", "--check"]);
    cargo(&folder, &["clippy", "--quiet", "--all-targets", "--", "--deny", "warnings"]);
}
