//! Other clients on a table of `monotable dev`: boto3, the AWS command line, the local script of the generator for Python, and web
//! pages in Chromium. The programs are in `cli/tests/clients`, and check their results themselves.
//!
//! - `MONOTABLE_TEST_PYTHON` is the path of a Python interpreter that has `cli/tests/clients/requirements.txt` installed.
//! - `MONOTABLE_TEST_AWS_CLI` is the path of one that has `cli/tests/clients/aws-cli-requirements.txt` installed.
//! - `MONOTABLE_TEST_CHROMEDRIVER` is the path of ChromeDriver.
//!
//! By default, they are those that `.ci/run` installs. If one of them is not there, the tests that need it are ignored and the reason
//! is printed. If a variable names it, it has to be there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::Arguments;
use support::trial::trial;
use support::{Folder, Run};

/// The indexes that the programs expect.
const INDEXES: &str = r#"
    { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
    { "indexName": "gsi2pk-gsi2sk-index", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" },
    { "indexName": "by-email", "partitionKey": "email" }"#;

/// Something that the tests need, and how to find it.
#[derive(Clone, Copy)]
enum Tool {
    Boto3,
    AwsCli,
    ChromeDriver,
}

impl Tool {
    fn variable(self) -> &'static str {
        match self {
            Self::Boto3 => "MONOTABLE_TEST_PYTHON",
            Self::AwsCli => "MONOTABLE_TEST_AWS_CLI",
            Self::ChromeDriver => "MONOTABLE_TEST_CHROMEDRIVER",
        }
    }

    fn path(self) -> PathBuf {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let default = match self {
            Self::Boto3 => target.join("interop-venv/bin/python"),
            Self::AwsCli => target.join("aws-cli-venv/bin/python"),
            Self::ChromeDriver => "chromedriver".into(),
        };
        std::env::var_os(self.variable()).map_or(default, PathBuf::from)
    }

    /// Returns the reason if this is not installed.
    fn absence(self) -> Option<String> {
        if std::env::var_os(self.variable()).is_some() {
            return None;
        }
        // An older environment may have the interpreter, but not the package.
        let arguments: &[&str] = match self {
            Self::Boto3 => &["-c", "import boto3"],
            Self::AwsCli => &["-c", "import awscli"],
            Self::ChromeDriver => &["--version"],
        };
        let path = self.path();
        match Command::new(&path).args(arguments).stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => None,
            _ => Some(format!("`{} {}` fails; .ci/run installs it", path.display(), arguments.join(" "))),
        }
    }
}

/// A workspace with one table on a free port, and its own folder for states.
struct Workspace {
    folder: Folder,
    port: u16,
}

impl Workspace {
    fn new() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let workspace = Self { folder: Folder::new(), port };
        workspace.config(INDEXES, r#", "ttlAttribute": "expires_at""#);
        workspace
    }

    fn config(&self, indexes: &str, more: &str) {
        let text = format!(
            r#"{{ "runtimeConfigKey": "Shop", "localDev": {{ "port": {}, "tableName": "shop-orders" }},
                  "tableConfig": {{ "globalSecondaryIndexes": [{indexes}]{more} }} }}"#,
            self.port
        );
        self.folder.write("config.json", &text);
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("MONOTABLE_STATE_DIR", self.folder.path().join("states"));
        for name in ["HTTP_PROXY", "http_proxy", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            command.env_remove(name);
        }
        Run::of(&command.output().unwrap())
    }

    /// Runs a program of `cli/tests/clients` with `monotable dev -- PROGRAM`. Both have to succeed.
    fn dev(&self, options: &[&str], python: Tool, program: &str, arguments: &[&str]) -> String {
        let python = python.path();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(program);
        // `-B` avoids byte code files in the source tree.
        let command = ["--", python.to_str().unwrap(), "-B", program.to_str().unwrap()];
        let run = self.run(&[&["dev"], options, &command, arguments].concat());
        assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
        run.stdout
    }

    /// Runs a program that gets the endpoint and the name of the table.
    fn client(&self, options: &[&str], python: Tool, program: &str, arguments: &[&str]) {
        let endpoint = format!("http://localhost:{}", self.port);
        let table = ["--endpoint", &endpoint, "--table", "shop-orders"];
        self.dev(options, python, program, &[&table, arguments].concat());
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.run(&["dev", "stop"]);
    }
}

fn boto3_works_on_the_local_table() {
    Workspace::new().client(&[], Tool::Boto3, "boto3_client.py", &[]);
}

fn the_aws_command_line_works_on_the_local_table() {
    Workspace::new().client(&[], Tool::AwsCli, "aws_cli.py", &[]);
}

fn the_script_of_the_python_generator_finds_nothing_to_change() {
    let workspace = Workspace::new();
    let output = workspace.dev(&[], Tool::Boto3, "create_local_table.py", &[]);
    assert_eq!(output, "nothing to change\n");
}

fn a_table_of_the_script_of_the_python_generator_is_the_one_of_dev() {
    let workspace = Workspace::new();
    // The script does not know the time to live.
    workspace.config(INDEXES, "");
    // This engine runs until the end of the test. It has no table yet.
    let up = workspace.run(&["dev", "up"]);
    assert_eq!(up.code, 0, "{up:?}");
    let script = || {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/create_local_table.py");
        let mut command = Command::new(Tool::Boto3.path());
        command.arg("-B").arg(program).current_dir(workspace.folder.path()).env_remove("AWS_PROFILE");
        Run::of(&command.env_remove("AWS_DEFAULT_PROFILE").output().unwrap())
    };
    let no_difference = |script: &Run| {
        assert_eq!(script.code, 0, "{script:?}");
        let diff = workspace.run(&["table", "diff"]);
        assert_eq!(diff.code, 0, "{script:?}{diff:?}");
    };
    let created = script();
    assert_eq!(created.stdout, "created table shop-orders\n", "{created:?}");
    no_difference(&created);
    workspace.config(r#"{ "indexName": "by-name", "partitionKey": "name" }"#, "");
    let changed = script();
    assert!(changed.stdout.ends_with("deleted index by-email\ncreated index by-name\n"), "{changed:?}");
    no_difference(&changed);
}

fn pages_of_foreign_origins_in_chromium_cannot_reach_the_table() {
    browser(&[], "on");
}

/// Shows that the pages of the test above would succeed.
fn without_the_guard_pages_of_foreign_origins_reach_the_table() {
    browser(&["--no-guard"], "off");
}

fn browser(options: &[&str], guard: &str) {
    let driver = Tool::ChromeDriver.path();
    let arguments = ["--guard", guard, "--chromedriver", driver.to_str().unwrap()];
    Workspace::new().client(options, Tool::Boto3, "browser.py", &arguments);
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut add = |tools: &[Tool], tests: &[(&'static str, fn())]| {
        let absence = if arguments.list { None } else { tools.iter().find_map(|tool| tool.absence()) };
        trials.extend(tests.iter().map(|(name, test)| trial(name, absence.as_deref(), *test)));
    };
    add(
        &[Tool::Boto3],
        &[
            ("boto3_works_on_the_local_table", boto3_works_on_the_local_table),
            (
                "the_script_of_the_python_generator_finds_nothing_to_change",
                the_script_of_the_python_generator_finds_nothing_to_change,
            ),
            (
                "a_table_of_the_script_of_the_python_generator_is_the_one_of_dev",
                a_table_of_the_script_of_the_python_generator_is_the_one_of_dev,
            ),
        ],
    );
    add(
        &[Tool::AwsCli],
        &[("the_aws_command_line_works_on_the_local_table", the_aws_command_line_works_on_the_local_table)],
    );
    add(
        &[Tool::Boto3, Tool::ChromeDriver],
        &[
            (
                "pages_of_foreign_origins_in_chromium_cannot_reach_the_table",
                pages_of_foreign_origins_in_chromium_cannot_reach_the_table,
            ),
            (
                "without_the_guard_pages_of_foreign_origins_reach_the_table",
                without_the_guard_pages_of_foreign_origins_reach_the_table,
            ),
        ],
    );
    libtest_mimic::run(&arguments, trials).exit_code()
}
