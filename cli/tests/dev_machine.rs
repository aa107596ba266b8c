//! Tests of `monotable dev` that need something that not every machine has: a container engine, DynamoDB Local, IPv6, or a file system
//! of their own. If it is absent, the test is ignored, and the reason is printed.
//!
//! `MONOTABLE_TEST_ENGINES=embedded,dynamodb-local` requires DynamoDB Local.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::net::{Ipv6Addr, TcpListener};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::Arguments;
use monotable_local::DynamoDbLocal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::Run;
use support::dev::{Workspace, eventually};
use support::trial::trial;

const MONOTABLE: &str = env!("CARGO_BIN_EXE_monotable");
const PUT: [&str; 3] = ["table", "put", r#"{"pk":{"S":"a"},"sk":{"S":"b"}}"#];
const GET: [&str; 4] = ["table", "get", "a", "b"];

fn a_table_in_a_real_container() {
    let program = container_engine().unwrap();
    let workspace = Workspace::new();
    workspace.config_with(workspace.port, &format!(r#", "engine": "container", "containerEngine": "{program}""#));
    let run = workspace.run(&[&["dev", "--", MONOTABLE], &PUT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(workspace.stopped());
    assert_eq!(workspace.run(&[&["dev", "--", MONOTABLE], &GET[..]].concat()).code, 0);
    assert!(workspace.stopped());
    assert_eq!(workspace.run(&["dev", "reset", "--yes"]).code, 0);
}

fn the_data_of_dynamodb_local_stays_and_a_leftover_process_is_ended() {
    let workspace = Workspace::new();
    workspace.config_with(workspace.port, r#", "engine": "dynamodb-local""#);
    let dev = workspace.dev(&[]);
    assert_eq!(workspace.run(&PUT).code, 0);
    let status = workspace.request(&format!("Host: localhost:{}\r\nOrigin: https://example.com\r\n", workspace.port));
    assert_eq!(status, "HTTP/1.1 403 Forbidden");
    let pid = workspace.status()["pid"].as_i64().unwrap();
    kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL).unwrap();
    assert_eq!(dev.ends().code, 1);
    let data = workspace.folder.path().join("states").display().to_string();
    let processes =
        || String::from_utf8_lossy(&Command::new("ps").args(["-eo", "command="]).output().unwrap().stdout).into_owned();
    assert_eq!(processes().matches(&format!("-dbPath {data}")).count(), 1, "Java runs on");
    let again = workspace.run(&[&["dev", "--", MONOTABLE], &GET[..]].concat());
    assert!(again.code == 0 && again.stderr.contains("(dynamodb-local engine, data in "), "{again:?}");
    assert!(workspace.stopped());
    assert!(eventually(|| !processes().contains(&format!("-dbPath {data}"))), "no Java is left");
}

fn a_program_on_the_other_loopback_address_is_named() {
    let workspace = Workspace::new();
    let _other = TcpListener::bind((Ipv6Addr::LOCALHOST, workspace.port)).unwrap();
    let run = workspace.run(&["dev"]);
    assert!(run.code == 1 && run.stderr.contains(&format!("uses port {}", workspace.port)), "{run:?}");
}

/// Runs a script in a mount namespace with a small file system for the states.
const FULL_DISK: &str = r#"
    mount -t tmpfs -o size=4m none "$MONOTABLE_STATE_DIR" || exit 99
    "$MONOTABLE" dev & dev=$!
    "$MONOTABLE" dev --wait
    cat /dev/zero > "$MONOTABLE_STATE_DIR/fill"
    "$MONOTABLE" table put '{"pk":{"S":"a"},"sk":{"S":"b"}}' || echo "the disk is full"
    "$MONOTABLE" dev stop; echo "stop: $?"
    wait $dev; echo "dev: $?"
    "$MONOTABLE" dev status
"#;

fn stop_works_on_a_full_disk() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.folder.path().join("states")).unwrap();
    let mut command = workspace.command(&[]);
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", FULL_DISK]).current_dir(workspace.folder.path());
    command.envs(environment).env("MONOTABLE", MONOTABLE).stdin(Stdio::null());
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<_> = run.stdout.lines().skip(1).take(4).collect();
    assert_eq!(lines, ["the disk is full", "stop: 0", "dev: 0", "not running"], "{run:?}");
    assert!(!run.stderr.contains("crashed"), "{run:?}");
}

fn container_engine() -> Option<&'static str> {
    ["docker", "podman", "finch", "nerdctl"].into_iter().find(|program| succeeds(program, &["info"]))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_required = std::env::var("MONOTABLE_TEST_ENGINES").is_ok_and(|engines| engines.contains("dynamodb-local"));
    let no_local = DynamoDbLocal::installed().err().filter(|_| !is_required).map(|error| error.to_string());
    let no_container = container_engine().is_none().then_some("no container engine answers");
    let no_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).err().map(|error| format!("no IPv6: {error}"));
    let mount = ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/tmp"];
    let no_mount = (!succeeds("unshare", &mount)).then_some("`unshare` cannot mount a file system");
    let trials = vec![
        trial("a_table_in_a_real_container", no_container, a_table_in_a_real_container),
        trial(
            "the_data_of_dynamodb_local_stays_and_a_leftover_process_is_ended",
            no_local.as_deref(),
            the_data_of_dynamodb_local_stays_and_a_leftover_process_is_ended,
        ),
        trial(
            "a_program_on_the_other_loopback_address_is_named",
            no_ipv6.as_deref(),
            a_program_on_the_other_loopback_address_is_named,
        ),
        trial("stop_works_on_a_full_disk", no_mount, stop_works_on_a_full_disk),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}
