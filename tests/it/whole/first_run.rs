//! The first run of this test program on a machine without DynamoDB Local.

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

/// A case that runs on every engine.
const CASE: &str = "dynamodb-local::it::op::stale::a_set_stores_the_same_item_as_a_put";

pub fn trials() -> Vec<Trial> {
    let is_required = std::env::var("MONOTABLE_TEST_ENGINES").is_ok_and(|engines| engines.contains("dynamodb-local"));
    if !is_required {
        println!("the test of the installation is ignored: MONOTABLE_TEST_ENGINES does not require DynamoDB Local");
    }
    vec![
        Trial::test(
            "it::whole::first_run::the_first_run_installs_dynamodb_local",
            the_first_run_installs_dynamodb_local,
        )
        .with_ignored_flag(!is_required),
        Trial::test(
            "it::whole::first_run::without_java_the_tests_are_ignored_with_a_reason",
            without_java_the_tests_are_ignored_with_a_reason,
        ),
        Trial::test(
            "it::whole::first_run::without_java_a_required_engine_makes_its_tests_fail",
            without_java_a_required_engine_makes_its_tests_fail,
        ),
    ]
}

/// Runs one case in a new process that finds no installation. Returns whether it succeeded, and its output.
fn run(home: &Path, change: impl FnOnce(&mut Command)) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", CASE]).env("DYNAMODB_LOCAL_HOME", home.join("dynamodb-local"));
    command.env_remove("MONOTABLE_TEST_ENGINES");
    change(&mut command);
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn the_first_run_installs_dynamodb_local() -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let (is_success, output) = run(home.path(), |_| {});
    assert!(is_success && output.contains("1 passed"), "{output}");
    assert_eq!(output.matches("installing DynamoDB Local").count(), 1, "{output}");
    // The second run finds it.
    let (is_success, output) = run(home.path(), |_| {});
    assert!(is_success && output.contains("1 passed") && !output.contains("installing"), "{output}");
    Ok(())
}

fn without_java_the_tests_are_ignored_with_a_reason() -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let (is_success, output) = run(home.path(), |command| {
        command.env("PATH", home.path());
    });
    assert!(is_success && output.contains("0 passed; 0 failed; 1 ignored"), "{output}");
    let reason =
        "the tests on dynamodb-local are ignored: DynamoDB Local needs Java 17 or newer, and `java` is not on the path";
    assert!(output.contains(reason), "{output}");
    Ok(())
}

fn without_java_a_required_engine_makes_its_tests_fail() -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let (is_success, output) = run(home.path(), |command| {
        command.env("PATH", home.path()).env("MONOTABLE_TEST_ENGINES", "dynamodb-local");
    });
    assert!(!is_success && output.contains("0 passed; 1 failed; 0 ignored"), "{output}");
    Ok(())
}
