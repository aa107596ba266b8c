//! Runs this program as a separate process that behaves like a user's deployed program. Its environment variables configure the
//! table, and it executes the commands that it reads from standard input, one per line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use monotable::aws::Client;
use monotable::aws::config::BehaviorVersion;
use monotable::aws::config::retry::RetryConfig;
use monotable::aws::config::timeout::TimeoutConfig;
use monotable::{Connection, Entity as _, Table};

use crate::guide::{BaseModel, UserModel};

const IS_PROBE: &str = "MONOTABLE_TEST_PROBE";

pub fn is_asked_for() -> bool {
    std::env::var_os(IS_PROBE).is_some()
}

/// Executes the commands of a [`Probe`]. This is the code of the other process.
pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for line in std::io::stdin().lines() {
        println!("{}", runtime.block_on(obey(&line.unwrap())));
    }
}

async fn obey(line: &str) -> String {
    let said =
        |answer: monotable::Result<String>| answer.unwrap_or_else(|error| format!("{:?}: {error}", error.kind()));
    match line.split_once(' ').unwrap_or((line, "")) {
        ("name", _) => said(BaseModel::table_name().await),
        // Concurrent calls. The output lists each distinct result and its number of occurrences.
        ("names", count) => {
            let tasks: Vec<_> =
                (0..count.parse().unwrap()).map(|_| tokio::spawn(async { BaseModel::table_name().await })).collect();
            let mut answers = std::collections::BTreeMap::<String, usize>::new();
            for task in tasks {
                *answers.entry(said(task.await.unwrap())).or_default() += 1;
            }
            format!("{answers:?}")
        }
        ("exists", id) => said(UserModel::exists(id).await.map(|exists| exists.to_string())),
        ("within", milliseconds) => said(within(milliseconds.parse().unwrap()).await),
        ("spawned", _) => said(spawned().await),
        ("connect", _) => said(BaseModel::connect().await.map(|connection| format!("{connection:?}"))),
        ("progress", _) => crate::table::tables::progress().await,
        ("describe", _) => {
            said(BaseModel::describe().await.map(|found| format!("{:?}, {:?}", found.changes, found.conflict)))
        }
        ("deployed", key) => {
            let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
            said(monotable::deployed_table_name(&config, "app-1", key).await)
        }
        ("spans", _) => crate::client::observed::spans().await,
        ("unwatched", _) => crate::client::observed::unwatched().await,
        (other, _) => format!("no command: {other}"),
    }
}

/// Asks for the table's name in a task spawned inside a scope. The scope does not apply to that task.
async fn spawned() -> monotable::Result<String> {
    let config = monotable::aws::Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let connection = Connection::new(Client::from_conf(config), "t");
    let task = connection.scope(async { tokio::spawn(async { BaseModel::table_name().await }).await });
    task.await.unwrap()
}

/// Checks whether a user exists, with a client that makes one attempt and times out after so many milliseconds.
async fn within(milliseconds: u64) -> monotable::Result<String> {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(milliseconds)).build();
    let connection =
        BaseModel::connect_with(|settings| settings.timeout_config(timeouts).retry_config(RetryConfig::disabled()));
    let connection = connection.await?;
    let exists = UserModel::exists("u-1").on(&connection).await;
    exists.map(|exists| format!("{}: {exists}", connection.table_name()))
}

pub struct Probe {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Probe {
    /// Starts the process. Only these variables of its environment configure a table.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_") || text.starts_with("POWERTOOLS") || text.to_lowercase().ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        for name in ["LOCAL_DEV", "MONOTABLE_CONFIG", "RUNTIME_CONFIG_APP_ID"] {
            command.env_remove(name);
        }
        command.env(IS_PROBE, "1").env("AWS_EC2_METADATA_DISABLED", "true");
        // The AWS profile of the user who runs the tests must not be used.
        command.env("AWS_CONFIG_FILE", "/no/such/file").env("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file");
        command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (commands, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, commands, answers: BufReader::new(answers) }
    }

    pub fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
