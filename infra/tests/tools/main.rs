//! Programs that others wrote check what this crate writes.
//!
//! A variable has the path of each program. Without the path, its tests are shown as ignored.
//!
//! | variable | program |
//! |---|---|
//! | `MONOTABLE_TEST_ACTIONLINT`, `MONOTABLE_TEST_CFN_LINT`, `MONOTABLE_TEST_CHECK_JSONSCHEMA`, `MONOTABLE_TEST_ZIZMOR` | from `pip install -r infra/tests/requirements.txt` |
//! | `MONOTABLE_TEST_CHECKOV` | from `pip install -r infra/tests/checkov-requirements.txt`, in another virtual environment |
//! | `MONOTABLE_TEST_TERRAFORM_PLUGINS` | not a program, but a folder for `terraform init -plugin-dir` with the aws provider. `terraform` itself is on the `PATH` |

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod cfn_lint;
mod checkov;
#[path = "../support/mod.rs"]
mod support;
mod terraform;
mod workflow;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Trial};

type Test = fn(&Program);

const TESTS: [(&str, &str, Test); 7] = [
    ("actionlint_accepts_the_workflow", "MONOTABLE_TEST_ACTIONLINT", workflow::actionlint),
    ("cfn_lint_accepts_every_template", "MONOTABLE_TEST_CFN_LINT", cfn_lint::every_template),
    ("checkov_finds_only_the_expected_failures", "MONOTABLE_TEST_CHECKOV", checkov::expected_failures),
    ("terraform_plans_what_our_plan_contains", "MONOTABLE_TEST_TERRAFORM_PLUGINS", terraform::plans),
    ("terraform_tests_a_rendered_project", "MONOTABLE_TEST_TERRAFORM_PLUGINS", terraform::project),
    ("the_workflow_matches_the_schema_of_github", "MONOTABLE_TEST_CHECK_JSONSCHEMA", workflow::check_jsonschema),
    ("zizmor_finds_no_weakness_in_the_workflow", "MONOTABLE_TEST_ZIZMOR", workflow::zizmor),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |(name, variable, test): (&'static str, &'static str, Test)| match std::env::var_os(variable) {
        Some(path) => Trial::test(name, move || {
            test(&Program { path: path.into(), folder: folder(name) });
            Ok(())
        }),
        None => {
            println!("{name} is ignored: {variable} does not name the program");
            Trial::test(name, move || Err(format!("{variable} does not name the program").into()))
                .with_ignored_flag(true)
                .with_kind("not installed")
        }
    };
    libtest_mimic::run(&arguments, TESTS.into_iter().map(trial).collect()).exit_code()
}

/// Returns an empty folder for the files of a test. They stay there after the test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// A program and the folder of its files.
struct Program {
    path: PathBuf,
    folder: PathBuf,
}

impl Program {
    /// Writes a file and returns its path.
    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Returns a command that runs in the folder.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        command
    }

    fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Output {
        let output = self.command(&self.path).args(arguments).output();
        output.unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }
}

/// Returns what a program printed.
fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
