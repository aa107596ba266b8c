//! `monotable dev` with the engines other than the embedded one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use monotable_local::{Embedded, Engine};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::Run;
use support::dev::Workspace;

const MONOTABLE: &str = env!("CARGO_BIN_EXE_monotable");
const PUT: [&str; 3] = ["table", "put", r#"{"pk":{"S":"a"},"sk":{"S":"b"}}"#];
const GET: [&str; 4] = ["table", "get", "a", "b"];

/// A workspace whose engine runs in a container of a stand-in for docker (`support/container.sh`).
struct Containers {
    workspace: Workspace,
    /// Where the stand-in keeps its state.
    fake: PathBuf,
}

impl Containers {
    fn new() -> Self {
        let mut workspace = Workspace::new();
        let fake = workspace.folder.path().join("fake");
        let program = fake.join("bin/docker");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/container.sh"), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        workspace.environment =
            vec![("PATH", path), ("FAKE", fake.display().to_string()), ("MONOTABLE", MONOTABLE.to_owned())];
        let containers = Self { workspace, fake };
        containers.config("example/dynamodb-local:latest");
        containers
    }

    fn config(&self, image: &str) {
        let more = format!(r#", "engine": "container", "containerName": "shop", "image": "{image}""#);
        self.workspace.config_with(self.workspace.port, &more);
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.fake.join(file)).unwrap_or_default()
    }

    fn calls(&self, command: &str) -> usize {
        self.read("calls").lines().filter(|call| call.starts_with(command)).count()
    }

    fn exists(&self, file: &str) -> bool {
        self.fake.join(file).exists()
    }

    fn kill_supervisor(&self) {
        let pid = self.workspace.status()["pid"].as_i64().unwrap();
        kill(Pid::from_raw(pid.try_into().unwrap()), Signal::SIGKILL).unwrap();
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        for container in fs::read_dir(self.fake.join("containers")).into_iter().flatten().flatten() {
            let name = container.file_name().to_string_lossy().into_owned();
            let _ = Command::new(self.fake.join("bin/docker"))
                .args(["rm", "--force", &name])
                .env("FAKE", &self.fake)
                .status();
        }
    }
}

#[test]
fn a_container_is_started_once_and_removed_and_its_volume_stays() {
    let containers = Containers::new();
    let workspace = &containers.workspace;
    let (first, second) = (workspace.dev(&[]), workspace.dev(&[]));
    let status = workspace.status();
    assert_eq!((status["engine"].as_str(), status["data"].as_str()), (Some("container"), Some("the volume shop-data")));
    assert_eq!((containers.calls("pull"), containers.calls("run")), (1, 1));
    assert_eq!(containers.read("containers/shop/image"), "example/dynamodb-local@sha256:1");
    assert_eq!(workspace.run(&PUT).code, 0);
    first.signal(Signal::SIGTERM);
    assert_eq!(first.ends().code, 0);
    assert!(containers.exists("containers/shop"), "the second `dev` still uses the container");
    second.signal(Signal::SIGINT);
    assert_eq!(second.ends().code, 0);
    assert!(workspace.stopped() && !containers.exists("containers/shop") && containers.exists("volumes/shop-data"));
    let again = workspace.run(&[&["dev", "--", MONOTABLE], &GET[..]].concat());
    assert!(again.code == 0 && again.stderr.contains("(container engine, data in the volume shop-data)"), "{again:?}");
    assert_eq!(containers.calls("pull"), 1);
}

#[test]
fn the_port_of_a_container_is_published_on_loopback_only_and_never_optimizes_its_file() {
    let containers = Containers::new();
    assert_eq!(containers.workspace.run(&["dev", "--", "true"]).code, 0);
    let calls = containers.read("calls");
    let run = calls.lines().find(|call| call.starts_with("run ")).unwrap();
    assert!(run.contains("--publish 127.0.0.1:") && run.contains("-sharedDb -dbPath ./data"), "{run}");
    assert!(!calls.contains("optimizeDbBeforeStartup"), "{calls}");
}

#[test]
fn a_container_that_a_killed_supervisor_left_is_replaced() {
    let containers = Containers::new();
    let workspace = &containers.workspace;
    let dev = workspace.dev(&[]);
    assert_eq!(workspace.run(&PUT).code, 0);
    containers.kill_supervisor();
    assert_eq!(dev.ends().code, 1);
    assert!(containers.exists("containers/shop"));
    // It is replaced even if config.json names another image by now.
    containers.config("example/dynamodb-local:2");
    let again = workspace.run(&[&["dev", "--", MONOTABLE], &GET[..]].concat());
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(containers.calls("run"), 2);
    assert!(workspace.stopped() && !containers.exists("containers/shop"));
}

#[test]
fn stop_removes_the_container_of_a_killed_supervisor() {
    let containers = Containers::new();
    let dev = containers.workspace.dev(&[]);
    containers.kill_supervisor();
    assert_eq!(dev.ends().code, 1);
    assert_eq!(containers.workspace.run(&["dev", "stop"]).code, 0);
    assert!(!containers.exists("containers/shop") && containers.exists("volumes/shop-data"));
}

#[test]
fn a_container_of_somebody_else_is_left_alone() {
    let containers = Containers::new();
    fs::create_dir_all(containers.fake.join("containers/shop")).unwrap();
    fs::write(containers.fake.join("containers/shop/label"), "/another/workspace").unwrap();
    fs::write(containers.fake.join("containers/shop/pid"), "999999999").unwrap();
    let run = containers.workspace.run(&["dev"]);
    assert!(run.code == 1 && run.stderr.contains("it does not belong to this workspace"), "{run:?}");
    assert_eq!((containers.calls("rm"), containers.calls("run")), (0, 0));
}

#[test]
fn a_container_that_ends_is_reported_as_a_crash() {
    let containers = Containers::new();
    let dev = containers.workspace.dev(&[]);
    let group: i32 = containers.read("containers/shop/pid").trim().parse().unwrap();
    kill(Pid::from_raw(-group), Signal::SIGKILL).unwrap();
    let run = dev.ends();
    assert!(run.code == 1 && run.stderr.contains("the engine has crashed; its log is"), "{run:?}");
    assert!(containers.workspace.stopped() && !containers.exists("containers/shop"));
}

#[test]
fn a_changed_image_is_named_while_the_old_container_runs() {
    let containers = Containers::new();
    let _dev = containers.workspace.dev(&[]);
    containers.config("example/dynamodb-local:2");
    let run = containers.workspace.run(&["dev"]);
    assert!(
        run.code == 1 && run.stderr.contains("wants the docker container `shop` of example/dynamodb-local:2"),
        "{run:?}"
    );
    assert!(run.stderr.contains("run `monotable dev stop` and start again"), "{run:?}");
}

#[test]
fn an_image_stays_the_same_until_it_is_refreshed() {
    let containers = Containers::new();
    let workspace = &containers.workspace;
    let pulled = workspace.run(&["dev", "pull"]);
    assert!(pulled.code == 0 && pulled.stderr.contains("the image is here"), "{pulled:?}");
    fs::write(containers.fake.join("version"), "2").unwrap();
    let again = workspace.run(&["dev", "pull"]);
    assert!(again.stderr.contains("already here") && containers.calls("pull") == 1, "{again:?}");
    {
        let _dev = workspace.dev(&[]);
        assert_eq!(containers.read("containers/shop/image"), "example/dynamodb-local@sha256:1");
        let refreshed = workspace.run(&["dev", "pull", "--refresh"]);
        assert!(refreshed.stderr.contains("after its next start"), "{refreshed:?}");
        assert_eq!(workspace.run(&["dev", "stop"]).code, 0);
    }
    let _dev = workspace.dev(&[]);
    assert_eq!(containers.read("containers/shop/image"), "example/dynamodb-local@sha256:2");
}

#[test]
fn an_image_that_cannot_be_pulled_is_reported() {
    let containers = Containers::new();
    fs::write(containers.fake.join("offline"), "").unwrap();
    let run = containers.workspace.run(&["dev"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no route to host"), "{run:?}");
    assert!(run.stderr.contains("`docker pull example/dynamodb-local:latest` failed"), "{run:?}");
}

#[test]
fn reset_deletes_the_volume() {
    let containers = Containers::new();
    let workspace = &containers.workspace;
    assert_eq!(workspace.run(&[&["dev", "--", MONOTABLE], &PUT[..]].concat()).code, 0);
    assert!(workspace.stopped() && containers.exists("volumes/shop-data"));
    assert_eq!(workspace.run(&["dev", "reset", "--yes"]).code, 0);
    assert!(!containers.exists("volumes/shop-data"));
}

#[test]
fn a_missing_container_program_is_a_missing_tool() {
    let mut workspace = Workspace::new();
    workspace.environment = vec![("PATH", "/nowhere".to_owned())];
    workspace.config_with(workspace.port, r#", "engine": "container""#);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 5 && run.stderr.contains("needs one of docker, podman, finch, nerdctl"), "{run:?}");
    workspace.config_with(workspace.port, r#", "engine": "container", "containerEngine": "podman""#);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 5 && run.stderr.contains("cannot start `podman`"), "{run:?}");
    workspace.config_with(workspace.port, r#", "engine": "container", "containerEngine": "rocker""#);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 2 && run.stderr.contains("it can be docker, podman, finch, nerdctl"), "{run:?}");
}

#[test]
fn dynamodb_local_that_is_not_installed_is_a_missing_tool() {
    let mut workspace = Workspace::new();
    let home = workspace.folder.path().join("nothing").display().to_string();
    workspace.environment = vec![("DYNAMODB_LOCAL_HOME", home)];
    workspace.config_with(workspace.port, r#", "engine": "dynamodb-local""#);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 5 && run.stderr.contains("run `monotable engine install`"), "{run:?}");
}

#[test]
fn an_engine_that_already_runs_gets_the_tables_and_is_not_stopped() {
    let workspace = Workspace::new();
    workspace.config_with(workspace.port, r#", "engine": "endpoint""#);
    let missing = workspace.run(&["dev"]);
    assert!(missing.code == 1 && missing.stderr.contains("start your engine first"), "{missing:?}");
    let engine = Embedded::on_port(workspace.folder.path().join("mine.db"), workspace.port).unwrap();
    let run = workspace.run(&[&["dev", "--", MONOTABLE], &PUT[..]].concat());
    assert!(run.code == 0 && run.stderr.contains("(endpoint engine, data in the engine)"), "{run:?}");
    assert!(workspace.stopped());
    let found = Run::of(&workspace.command(&GET).output().unwrap());
    assert_eq!(found.code, 0, "the engine must run on: {found:?}");
    let dev = workspace.dev(&[]);
    engine.stop();
    let run = dev.ends();
    assert!(run.code == 1 && run.stderr.contains("the engine has crashed"), "{run:?}");
}

#[test]
fn two_tables_that_want_different_engines_are_rejected() {
    let workspace = Workspace::new();
    workspace.folder.write("Cargo.toml", "[workspace]\nmembers = [\"other\"]\n");
    workspace.folder.write("other/Cargo.toml", "[package]\nname = \"other\"\nversion = \"0.1.0\"\n");
    let config = |engine: &str, port: u16| {
        let text = format!(
            r#"{{ "runtimeConfigKey": "O", "localDev": {{ "port": {port}, "tableName": "other", "engine": "{engine}" }} }}"#
        );
        workspace.folder.write("other/config.json", &text);
    };
    config("endpoint", workspace.port);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 2 && run.stderr.contains("`localDev.engine` is embedded in "), "{run:?}");
    config("embedded", workspace.port - 1);
    let run = workspace.run(&["dev"]);
    assert!(run.code == 2 && run.stderr.contains("`localDev.port` is "), "{run:?}");
}
