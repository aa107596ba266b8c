//! `monotable dev`, with the embedded engine.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use monotable::aws::types::AttributeValue;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::dev::{Workspace, eventually};
use support::{Folder, Run};

const PUT: [&str; 3] = ["table", "put", r#"{"pk":{"S":"a"},"sk":{"S":"b"}}"#];

#[test]
fn a_command_runs_on_the_tables_and_the_data_stays() {
    let workspace = Workspace::new();
    let program = env!("CARGO_BIN_EXE_monotable");
    let run = workspace.run(&[&["dev", "--", program], &PUT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("ready: table `shop-orders` at http://localhost:"), "{run:?}");
    assert!(run.stdout.contains("wrote 1 item"), "{run:?}");
    assert!(workspace.stopped(), "the last `dev` must stop the engine");
    let run = workspace.run(&["dev", "--", program, "table", "get", "a", "b"]);
    assert!(run.code == 0 && run.stdout.contains(r#""sk":{"S":"b"}"#), "{run:?}");
    let local_dev = workspace.run(&["dev", "--", "sh", "-c", "echo LOCAL_DEV is $LOCAL_DEV"]);
    // Standard output belongs to the command, which may speak a protocol on it.
    assert_eq!(local_dev.stdout, "LOCAL_DEV is true\n", "{local_dev:?}");
}

#[test]
fn the_exit_code_of_the_command_is_returned() {
    let workspace = Workspace::new();
    assert_eq!(workspace.run(&["dev", "--", "sh", "-c", "exit 7"]).code, 7);
    assert_eq!(workspace.run(&["dev", "--", "sh", "-c", "kill -9 $$"]).code, 128 + 9);
    let missing = workspace.run(&["dev", "--", "no-such-program"]);
    assert!(missing.code == 1 && missing.stderr.contains("cannot start `no-such-program`"), "{missing:?}");
}

#[test]
fn a_signal_is_forwarded_to_the_command() {
    let workspace = Workspace::new();
    let script = "trap 'echo got it; exit 3' TERM; echo started; while true; do sleep 0.05; done";
    let mut child = workspace.command(&["dev", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "started"));
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(lines.next().as_deref(), Some("got it"));
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn each_signal_ends_dev_with_success_and_stops_the_engine() {
    let workspace = Workspace::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let dev = workspace.dev(&[]);
        dev.signal(signal);
        assert_eq!(dev.ends().code, 0, "{signal}");
        assert!(workspace.stopped(), "{signal}");
    }
}

#[test]
fn the_last_of_several_stops_the_engine_whoever_started_it() {
    let workspace = Workspace::new();
    let (first, second) = (workspace.dev(&[]), workspace.dev(&[]));
    let pid = workspace.status()["pid"].clone();
    first.signal(Signal::SIGTERM);
    assert_eq!(first.ends().code, 0);
    assert_eq!(workspace.status()["pid"], pid, "the second one still uses the engine");
    // A killed process leaves as well.
    second.kill();
    assert!(workspace.stopped());
}

#[test]
fn starters_at_the_same_time_share_one_engine() {
    let workspace = Workspace::new();
    let children: Vec<Child> = (0..4)
        .map(|_| {
            workspace.command(&["dev", "--", "true"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let run = Run::of(&child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert!(workspace.stopped());
}

#[test]
fn a_killed_supervisor_is_reported_and_loses_no_acknowledged_write() {
    let workspace = Workspace::new();
    for round in 0..3 {
        let dev = workspace.dev(&[]);
        let item = format!(r#"{{"pk":{{"S":"a"}},"sk":{{"S":"{round}"}}}}"#);
        assert_eq!(workspace.run(&["table", "put", &item]).code, 0);
        let pid = workspace.status()["pid"].as_i64().unwrap();
        kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL).unwrap();
        let run = dev.ends();
        assert!(run.code == 1 && run.stderr.contains("the engine has crashed; its log is"), "{run:?}");
    }
    let program = env!("CARGO_BIN_EXE_monotable");
    let found = workspace.run(&["dev", "--", program, "table", "query", "table", "a"]);
    assert_eq!(found.stdout.matches("\"sk\"").count(), 3, "{found:?}");
}

/// A writer stores one item after the other until a write fails. `next` is the number of the first item that was not acknowledged.
async fn write(endpoint: String, next: Arc<AtomicUsize>) {
    let client = monotable_local::client(&endpoint);
    loop {
        let number = next.load(Ordering::SeqCst);
        let put = client
            .put_item()
            .table_name("shop-orders")
            .item("pk", AttributeValue::S("a".into()))
            .item("sk", AttributeValue::S(format!("{number:06}")));
        if put.send().await.is_err() {
            return;
        }
        next.store(number + 1, Ordering::SeqCst);
    }
}

#[test]
fn no_acknowledged_write_is_lost_in_twenty_kills_under_load() {
    let workspace = Workspace::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let acknowledged = Arc::new(AtomicUsize::new(0));
    for round in 0..20 {
        let dev = workspace.dev(&[]);
        let endpoint = format!("http://localhost:{}", workspace.port);
        let before = acknowledged.load(Ordering::SeqCst);
        let writer = runtime.spawn(write(endpoint, Arc::clone(&acknowledged)));
        let is_writing = eventually(|| acknowledged.load(Ordering::SeqCst) > before);
        assert!(is_writing, "the writer must store items in round {round}");
        // At another moment of the writer's work in each round.
        std::thread::sleep(Duration::from_millis(50 + round * 7));
        let pid = workspace.status()["pid"].as_i64().unwrap();
        kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL).unwrap();
        assert_eq!(dev.ends().code, 1);
        runtime.block_on(writer).unwrap();
    }
    let acknowledged = acknowledged.load(Ordering::SeqCst);
    let program = env!("CARGO_BIN_EXE_monotable");
    let dump = workspace.run(&["dev", "--json", "--", program, "table", "query", "table", "a"]);
    let stored: std::collections::BTreeSet<&str> =
        dump.stdout.split("\"sk\":{\"S\":\"").skip(1).map(|rest| &rest[..6]).collect();
    let missing: Vec<usize> =
        (0..acknowledged).filter(|number| !stored.contains(format!("{number:06}").as_str())).collect();
    assert!(missing.is_empty(), "{} of {acknowledged} acknowledged items are missing", missing.len());
    println!("{acknowledged} acknowledged writes");
}

/// Two processes: the supervisor with the engine, and the `dev` that waits.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_supervisor_uses_less_than_40_mb() {
    let workspace = Workspace::new();
    let _dev = workspace.dev(&[]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", workspace.status()["pid"])).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{kilobytes} kB");
    assert!(kilobytes < 40 * 1024, "{kilobytes} kB");
}

#[test]
fn a_detached_engine_runs_until_it_is_stopped() {
    let workspace = Workspace::new();
    let run = workspace.run(&["dev", "--detach"]);
    assert!(run.code == 0 && run.stdout.starts_with("ready: table `shop-orders`"), "{run:?}");
    std::thread::sleep(Duration::from_millis(500));
    let status = workspace.status();
    assert!(status["ready"].as_bool().unwrap() && status["detached"].as_bool().unwrap(), "{status}");
    assert_eq!(workspace.run(&["dev", "--wait", "--deadline", "5"]).code, 0);
    assert_eq!(workspace.run(&["dev", "--", env!("CARGO_BIN_EXE_monotable"), "table", "diff"]).code, 0);
    assert!(workspace.is_running(), "a `dev` that leaves does not stop a detached engine");
    let refused = workspace.run(&["dev", "reset", "--yes"]);
    assert!(refused.code == 3 && refused.stderr.contains("stop it with `monotable dev stop`"), "{refused:?}");
    assert_eq!(workspace.run(&["dev", "stop"]).code, 0);
    assert!(!workspace.is_running());
    assert!(workspace.run(&["dev", "logs"]).stdout.ends_with("the engine has stopped\n"));
}

#[test]
fn the_steps_of_dev_are_commands_of_their_own() {
    let workspace = Workspace::new();
    let pulled = workspace.run(&["dev", "pull"]);
    assert!(pulled.code == 0 && pulled.stderr.starts_with("nothing to get"), "{pulled:?}");
    let early = workspace.run(&["dev", "sync"]);
    assert!(early.code == 1 && early.stderr.contains("start it with `monotable dev`"), "{early:?}");
    let up = workspace.run(&["dev", "up"]);
    assert!(up.code == 0 && up.stderr.contains("the engine listens on http://localhost:"), "{up:?}");
    assert_eq!(workspace.run(&["dev", "--wait", "--deadline", "0"]).code, 124, "the engine has no table yet");
    let synced = workspace.run(&["dev", "sync"]);
    assert!(synced.code == 0 && synced.stdout.starts_with("ready: table `shop-orders`"), "{synced:?}");
    assert_eq!(workspace.run(&["dev", "--wait", "--deadline", "0"]).code, 0);
    assert_eq!(workspace.run(&PUT).code, 0);
}

#[test]
fn stop_ends_every_dev_with_success() {
    let workspace = Workspace::new();
    let dev = workspace.dev(&[]);
    assert_eq!(workspace.run(&["dev", "stop"]).code, 0);
    assert_eq!(dev.ends().code, 0);
}

#[test]
fn reset_deletes_the_data_after_confirmation() {
    let workspace = Workspace::new();
    let program = env!("CARGO_BIN_EXE_monotable");
    workspace.run(&[&["dev", "--", program], &PUT[..]].concat());
    assert!(workspace.stopped());
    let refused = workspace.run(&["dev", "reset"]);
    assert!(refused.code == 3 && refused.stderr.contains("confirm it with `--yes`"), "{refused:?}");
    assert_eq!(workspace.run(&["dev", "--", program, "table", "get", "a", "b"]).code, 0);
    assert!(workspace.stopped());
    assert_eq!(workspace.run(&["dev", "reset", "--yes"]).code, 0);
    assert_eq!(workspace.run(&["dev", "--", program, "table", "get", "a", "b"]).code, 1);
}

#[test]
fn a_port_in_use_is_named() {
    let workspace = Workspace::new();
    let _other = TcpListener::bind((Ipv4Addr::LOCALHOST, workspace.port)).unwrap();
    let run = workspace.run(&["dev"]);
    assert_eq!(run.code, 1);
    let process = format!("(process {}) uses port {}: stop it, or change", std::process::id(), workspace.port);
    assert!(run.stderr.contains("error: the program `") && run.stderr.contains(&process), "{run:?}");
}

#[test]
fn a_supervisor_that_gets_a_signal_stops_in_order() {
    let workspace = Workspace::new();
    let dev = workspace.dev(&[]);
    let pid = workspace.status()["pid"].as_i64().unwrap();
    kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGTERM).unwrap();
    let run = dev.ends();
    assert!(run.code == 0 && run.stderr.is_empty(), "{run:?}");
    assert!(workspace.run(&["dev", "logs"]).stdout.ends_with("the engine has stopped\n"));
}

#[test]
fn requests_are_logged_without_values() {
    let workspace = Workspace::new();
    let program = env!("CARGO_BIN_EXE_monotable");
    let put = ["table", "put", r#"{"pk":{"S":"CANARY"},"sk":{"S":"b"}}"#];
    let run = workspace.run(&[&["dev", "--requests", "--", program], &put[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let log = workspace.run(&["dev", "logs"]).stdout;
    assert!(log.contains("PutItem table=shop-orders") && log.contains("status=200 time="), "{log}");
    assert!(!log.contains("CANARY"), "{log}");
    let plain = workspace.dev(&[]);
    let refused = workspace.run(&["dev", "--requests"]);
    assert!(refused.code == 1 && refused.stderr.contains("runs without `--requests`"), "{refused:?}");
    drop(plain);
    let useless = workspace.run(&["dev", "--requests", "--no-guard"]);
    assert!(useless.code == 2 && useless.stderr.contains("`--requests` needs the guard"), "{useless:?}");
}

#[test]
fn a_changed_port_is_named_while_the_old_engine_runs() {
    let workspace = Workspace::new();
    let _dev = workspace.dev(&[]);
    workspace.config(workspace.port.checked_add(1).unwrap());
    let run = workspace.run(&["dev"]);
    assert!(run.code == 1 && run.stderr.contains("run `monotable dev stop` and start again"), "{run:?}");
}

#[test]
fn a_copy_of_a_workspace_cannot_touch_the_engine_of_the_original() {
    let workspace = Workspace::new();
    let _dev = workspace.dev(&[]);
    assert_eq!(workspace.run(&PUT).code, 0);
    let copy = Folder::new();
    copy.write("config.json", &workspace.folder.read("config.json"));
    let mut command = workspace.command(&["table", "drop", "--yes"]);
    let run = Run::of(&command.current_dir(copy.path()).output().unwrap());
    assert!(run.code == 1 && run.stderr.contains("belongs to the engine of another workspace"), "{run:?}");
    assert_eq!(workspace.run(&["table", "get", "a", "b"]).code, 0);
}

#[test]
fn a_signal_before_the_command_is_not_a_success() {
    let workspace = Workspace::new();
    for delay in [5, 15, 25, 40] {
        let child = workspace.command(&["dev", "--", "sh", "-c", "echo RAN"]).stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        let output = child.wait_with_output().unwrap();
        let ran = String::from_utf8_lossy(&output.stdout).contains("RAN");
        assert!(ran || !output.status.success(), "after {delay} ms");
    }
    assert!(workspace.stopped());
}

#[test]
fn waiting_for_nothing_ends_at_the_deadline() {
    let workspace = Workspace::new();
    let run = workspace.run(&["dev", "--wait", "--deadline", "1"]);
    assert!(run.code == 124 && run.stderr.contains("within 1 s"), "{run:?}");
}

#[test]
fn a_deadline_that_is_too_long_is_a_usage_error() {
    let workspace = Workspace::new();
    for arguments in [["dev", "--deadline", "18446744073709551615"], ["dev", "--deadline", "86401"]] {
        let run = workspace.run(&arguments);
        assert!(
            run.code == 2 && run.stderr.contains("86401 is not in") || run.stderr.contains("is not in 0..=86400"),
            "{run:?}"
        );
    }
}

#[test]
fn two_tables_of_one_name_are_rejected_with_both_files() {
    let workspace = Workspace::new();
    workspace.folder.write("Cargo.toml", "[workspace]\nmembers = [\"other\"]\n");
    workspace.folder.write("other/Cargo.toml", "[package]\nname = \"other\"\n");
    workspace.folder.write("other/config.json", &workspace.folder.read("config.json"));
    let files = ["config.json", "other/config.json"].map(|file| workspace.folder.path().join(file));
    let expected = format!(
        "error: {} and {} have the same `localDev.tableName`, `shop-orders`;",
        files[0].display(),
        files[1].display()
    );
    for command in [&["dev"][..], &["dev", "up"], &["dev", "sync"]] {
        let run = workspace.run(command);
        assert!(run.code == 2 && run.stderr.starts_with(&expected), "{run:?}");
    }
}

#[test]
fn an_unknown_table_lists_the_existing_ones() {
    let workspace = Workspace::new();
    let run = workspace.run(&["dev", "customers"]);
    assert!(run.code == 2 && run.stderr.contains("no table `customers`; it has "), "{run:?}");
}

#[test]
fn web_pages_of_other_origins_cannot_reach_the_table() {
    let workspace = Workspace::new();
    let dev = workspace.dev(&[]);
    let host = format!("Host: localhost:{}\r\n", workspace.port);
    assert_eq!(workspace.request(&host), "HTTP/1.1 200 OK");
    assert_eq!(workspace.request(&format!("{host}Origin: http://localhost:5173\r\n")), "HTTP/1.1 200 OK");
    assert_eq!(workspace.request(&format!("{host}Origin: https://example.com\r\n")), "HTTP/1.1 403 Forbidden");
    assert_eq!(workspace.request("Host: rebound.example.com\r\n"), "HTTP/1.1 403 Forbidden");
    dev.signal(Signal::SIGTERM);
    dev.ends();
    assert!(workspace.stopped());
    let _unguarded = workspace.dev(&["--no-guard"]);
    assert_eq!(workspace.request(&format!("{host}Origin: https://example.com\r\n")), "HTTP/1.1 200 OK");
}

#[test]
fn without_a_home_the_error_names_the_variable() {
    let workspace = Workspace::new();
    let mut command = workspace.command(&["dev", "status"]);
    command.env_remove("MONOTABLE_STATE_DIR").env_remove("HOME").env_remove("XDG_STATE_HOME");
    let run = Run::of(&command.output().unwrap());
    assert!(run.code == 1 && run.stderr.contains("set HOME, or set MONOTABLE_STATE_DIR"), "{run:?}");
}
