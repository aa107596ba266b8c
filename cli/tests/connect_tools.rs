//! `monotable connect mcp` and `connect agent`: the generated programs are built, tested and checked by clippy, and the official Python
//! client uses the MCP server over standard input and output, and over HTTP.
//!
//! `MONOTABLE_TEST_MCP_PYTHON` is the path of a Python interpreter that has `cli/tests/connect_tools/requirements.txt` installed. By
//! default, it is the one that `.ci/run` installs. If it is not there, the test that needs it is ignored, and the reason is printed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::OnceLock;

use libtest_mimic::Arguments;
use support::trial::trial;
use support::{Folder, Run};

/// The versions that the generated workspace is tested with. To update them, run
/// `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect_tools`.
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/generated-tools.lock");

const VARIABLE: &str = "MONOTABLE_TEST_MCP_PYTHON";

/// A workspace `shop` with a table of three entities, an MCP server and an agent.
struct Shop(Folder);

/// The tests share one, because they only build it.
fn shop() -> &'static Shop {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    SHOP.get_or_init(|| {
        let shop = Shop(Folder::new());
        let lock = std::fs::read_to_string(LOCK).unwrap();
        shop.0.write("shop/Cargo.lock", &lock);
        shop.tool(&["new", "my-table", "--no-fetch"]);
        shop.add_entities();
        shop.tool(&["connect", "mcp", "--no-fetch"]);
        shop.tool(&["connect", "agent", "--no-fetch"]);
        // The test of the table crate has removed the versions that only the other crates need.
        shop.0.write("shop/Cargo.lock", &lock);
        if std::env::var_os("MONOTABLE_WRITE_GOLDEN").is_some() {
            shop.cargo(&["metadata", "--format-version", "1"]);
            std::fs::write(LOCK, shop.0.read("shop/Cargo.lock")).unwrap();
        }
        // One build of everything: a build of a single crate would have other features of the SDK, and would compile it again.
        shop.cargo(&["test", "--quiet", "--locked", "--no-run"]);
        shop
    })
}

impl Shop {
    fn tool(&self, arguments: &[&str]) -> Run {
        self.run(env!("CARGO_BIN_EXE_monotable"), arguments)
    }

    fn cargo(&self, arguments: &[&str]) -> Run {
        self.run("cargo", arguments)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Run {
        let run = Run::of(&self.command(program, arguments).output().unwrap());
        assert_eq!(run.code, 0, "{program} {arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    /// A command in the workspace. All builds share a target folder, so that the SDK is compiled once.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let target = target();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path().join("shop")).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("MONOTABLE_STATE_DIR", self.0.path().join("states"));
        command.env("CURSOR_KEY", "0123456789abcdef".repeat(4));
        for name in ["LOCAL_DEV", "RUNTIME_CONFIG_APP_ID", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command
    }

    /// Adds entities: one with a key of two fields, an enum, a date, an optional field and a version, and one whose key a function makes.
    fn add_entities(&self) {
        support::entities::add(&self.0, "shop/crates/my-table");
        self.use_free_port();
        let mut command = self.command("cargo", &["test", "--quiet", "-p", "my-table", "schema_json"]);
        let run = Run::of(&command.env("UPDATE_SCHEMA", "1").output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }

    fn use_free_port(&self) {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let config = "shop/crates/my-table/config.json";
        let mut json: serde_json::Value = serde_json::from_str(&self.0.read(config)).unwrap();
        json["localDev"]["port"] = port.into();
        self.0.write(config, &json.to_string());
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// Returns the path of a program of the workspace.
fn program(name: &str) -> String {
    target().join("debug").join(name).to_str().unwrap().to_owned()
}

fn the_generated_programs_pass_their_tests_and_checks() {
    let shop = shop();
    shop.cargo(&["fmt", "--all", "--check"]);
    let tests = shop.cargo(&["test", "--quiet", "--locked"]).stdout;
    assert!(tests.matches(" passed").count() >= 8 && !tests.contains("failed;\n"), "{tests}");
    shop.cargo(&["clippy", "--quiet", "--locked", "--all-targets", "--", "--deny", "warnings"]);
    let talk = shop.tool(&["dev", "--", &program("examples/scripted")]).stdout;
    assert!(talk.contains("example_create") && talk.ends_with("read it again.\n"), "{talk}");
}

/// A server over HTTP, with the engine of its table.
struct Server {
    dev: Child,
    url: String,
}

impl Server {
    fn start(shop: &Shop) -> Self {
        let arguments = ["dev", "--", &program("my-table-mcp"), "--http", "127.0.0.1:0"];
        let mut command = shop.command(env!("CARGO_BIN_EXE_monotable"), &arguments);
        let mut dev = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(dev.stderr.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.find_map(|line| Some(line.split_once("listening on ")?.1.to_owned()));
        // The server would end if nothing read its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { dev, url: url.unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.dev.id().to_string()).status();
        let _ = self.dev.wait();
    }
}

fn the_official_client_uses_the_server_over_stdio_and_http() {
    let shop = shop();
    let server = Server::start(shop);
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/connect_tools/client.py");
    let over_stdio = [env!("CARGO_BIN_EXE_monotable"), "dev", "--", &program("my-table-mcp")];
    let run = shop.run(python().to_str().unwrap(), &[&["-B", client, &server.url], &over_stdio[..]].concat());
    assert!(run.stdout.ends_with("everything is as expected\n"), "{run:?}");
}

fn an_address_that_others_reach_is_rejected() {
    let run = Run::of(&shop().command(&program("my-table-mcp"), &["--http", "0.0.0.0:3001"]).output().unwrap());
    assert!(run.code == 2 && run.stderr.contains("give an address of this machine"), "{run:?}");
}

/// A program can link only one SQLite, so the tests of the programs use the local table.
fn programs_in_a_workspace_with_another_sqlite_are_tested_on_the_local_table() {
    let shop = Shop(Folder::new());
    support::sqlite::add(&shop.0);
    shop.tool(&["new", "my-table", "--no-fetch"]);
    shop.use_free_port();
    // Not the names of the other workspace, because all builds share a target folder.
    shop.tool(&["connect", "mcp", "--to", "sqlite-mcp", "--no-fetch"]);
    shop.tool(&["connect", "agent", "--to", "sqlite-agent", "--no-fetch"]);
    // The versions that the other tests use. They contain the embedded engine, which cargo removes because nothing needs it.
    shop.0.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap());
    let packages = ["-p", "sqlite-mcp", "-p", "sqlite-agent"];
    let run = shop.tool(&[&["dev", "--", "cargo", "test", "--quiet"], &packages[..]].concat());
    let passed = run.stdout.lines().filter(|line| line.starts_with("test result: ok.") && !line.contains(" 0 passed"));
    assert!(passed.count() >= 4, "{run:?}");
    assert!(!shop.0.read("shop/Cargo.lock").contains("dynoxide"));
    shop.cargo(&[&["clippy", "--quiet", "--all-targets"], &packages[..], &["--", "--deny", "warnings"]].concat());
}

fn python() -> PathBuf {
    let default = || Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("mcp-venv/bin/python");
    std::env::var_os(VARIABLE).map_or_else(default, PathBuf::from)
}

/// Returns the reason if the client is not installed. If the variable names the interpreter, it has to be there.
fn absence() -> Option<String> {
    if std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    let python = python();
    match Command::new(&python).args(["-c", "import mcp"]).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => None,
        _ => Some(format!("`{} -c 'import mcp'` fails; .ci/run installs it", python.display())),
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests build in the same target folder, so they would only wait for each other.
    arguments.test_threads = Some(1);
    let absence = if arguments.list { None } else { absence() };
    let trials = vec![
        trial(
            "the_generated_programs_pass_their_tests_and_checks",
            None,
            the_generated_programs_pass_their_tests_and_checks,
        ),
        trial(
            "programs_in_a_workspace_with_another_sqlite_are_tested_on_the_local_table",
            None,
            programs_in_a_workspace_with_another_sqlite_are_tested_on_the_local_table,
        ),
        trial("an_address_that_others_reach_is_rejected", None, an_address_that_others_reach_is_rejected),
        trial(
            "the_official_client_uses_the_server_over_stdio_and_http",
            absence.as_deref(),
            the_official_client_uses_the_server_over_stdio_and_http,
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}
