//! What a person sees in a terminal. The sessions are stored in `docs/terminal`, so that every change of them is reviewed.
//!
//! To write the files again, run `MONOTABLE_WRITE_SESSIONS=1 cargo test -p monotable-cli --test terminal`, and read the diff.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use monotable_local::{Embedded, Engine};
use nix::sys::signal::Signal;
use support::Folder;
use support::terminal::{CTRL_C, DOWN, ENTER, Terminal};

/// A session in the workspace `~/shop` of a person whose home is a temporary folder.
struct Session {
    folder: Folder,
    port: u16,
    environment: Vec<(&'static str, String)>,
    /// The commands and what they have shown.
    text: String,
}

impl Session {
    fn new() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let folder = Folder::new();
        folder.write("shop/.keep", "");
        let home = folder.path().display().to_string();
        Self { folder, port, environment: vec![("HOME", home)], text: String::new() }
    }

    /// A session in a workspace with the table `shop-orders`.
    fn with_table() -> Self {
        let session = Self::new();
        session.config("shop", "shop-orders", INDEX);
        session
    }

    fn config(&self, workspace: &str, table: &str, index: &str) {
        let text = format!(
            r#"{{ "runtimeConfigKey": "Orders", "localDev": {{ "port": {}, "tableName": "{table}" }},
  "tableConfig": {{ "globalSecondaryIndexes": [{index}] }} }}"#,
            self.port
        );
        self.folder.write(&format!("{workspace}/config.json"), &text);
    }

    fn start_in(&self, workspace: &str, line: &str) -> Terminal {
        Terminal::start(line, &self.folder.path().join(workspace), &self.environment)
    }

    fn start(&self, line: &str) -> Terminal {
        self.start_in("shop", line)
    }

    /// Runs a command, and adds it to the session.
    fn run(&mut self, line: &str) {
        let terminal = self.start(line);
        self.end(line, terminal);
    }

    /// Waits for the end of a command, and adds it to the session.
    fn end(&mut self, line: &str, terminal: Terminal) {
        let (screen, code) = terminal.end();
        self.show(&format!("$ {line}"), &screen);
        if code != 0 {
            writeln!(self.text, "[exit code {code}]").unwrap();
        }
    }

    /// Adds what is on the screen.
    fn show(&mut self, title: &str, screen: &str) {
        let separator = if self.text.is_empty() { "" } else { "\n" };
        let end = if screen.is_empty() { "" } else { "\n" };
        write!(self.text, "{separator}{title}\n{screen}{end}").unwrap();
    }

    /// Compares the session with its file. What depends on the machine has a name in capital letters there.
    fn compare(self, name: &str) {
        let Self { folder, port, text, .. } = &self;
        assert!(SESSIONS.contains(&name), "add `{name}` to the list of sessions");
        let mut text = text.replace(&format!(":{port}"), ":PORT").replace(&format!("port {port}"), "port PORT");
        for state in fs::read_dir(folder.path().join(".local/state/monotable")).into_iter().flatten() {
            let state = state.unwrap().file_name().to_string_lossy().into_owned();
            if let Some((workspace, _)) = state.rsplit_once('-') {
                text = text.replace(&state, &format!("{workspace}-HASH"));
            }
        }
        text = text.replace(&folder.path().display().to_string(), "/home/ada");
        // As wide as the version and the spaces after it in a column.
        text = text.replace(&format!("{:<7}", env!("CARGO_PKG_VERSION")), "VERSION");
        let file = sessions().join(format!("{name}.txt"));
        if std::env::var_os("MONOTABLE_WRITE_SESSIONS").is_some() {
            fs::create_dir_all(sessions()).unwrap();
            fs::write(&file, &text).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            text == expected,
            "docs/terminal/{name}.txt is out of date: run `MONOTABLE_WRITE_SESSIONS=1 cargo test -p monotable-cli --test terminal`, \
             and read the diff. The session is now:\n{text}"
        );
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.folder.path().join("shop/config.json").exists() {
            self.start("monotable dev stop").end();
        }
    }
}

fn sessions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/terminal")
}

const SESSIONS: [&str; 9] = ["config", "dev", "doctor", "missing", "new", "port", "prompts", "refused", "table"];

const INDEX: &str = r#"{ "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }"#;

#[test]
fn every_file_is_a_session() {
    let names = fs::read_dir(sessions()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "README.md").collect();
    names.sort();
    assert_eq!(names, SESSIONS.map(|name| format!("{name}.txt")));
}

#[test]
fn new_creates_a_crate_and_updates_it() {
    let mut session = Session::new();
    session.run("monotable new my-table --no-fetch --dry-run");
    session.run("monotable new my-table --no-fetch");
    session.run("monotable new my-table --no-fetch");
    session.folder.write("shop/crates/my-table/README.md", "mine\n");
    session.run("monotable new my-table --no-fetch");
    session.compare("new");
}

#[test]
fn new_asks_for_the_options() {
    let mut session = Session::new();
    let line = "monotable new --no-fetch";
    let mut terminal = session.start(line);
    terminal.wait_for("Name of the project");
    terminal.type_text("1st");
    terminal.press(ENTER);
    terminal.wait_for("a name begins with a letter");
    session.show(&format!("$ {line}"), &terminal.screen());
    terminal.press(CTRL_C);
    let (screen, code) = terminal.end();
    session.show("[Ctrl-C]", &screen);
    assert_eq!(code, 130);
    assert_eq!(session.folder.tree("shop").len(), 1, "nothing is written");

    let mut terminal = session.start(line);
    answer(&mut terminal, "orders", "", "");
    terminal.press(ENTER);
    session.end(line, terminal);
    session.compare("prompts");
}

/// Answers the questions of `new` up to the last one, for the infrastructure. An empty answer takes the default.
fn answer(terminal: &mut Terminal, name: &str, directory: &str, table: &str) {
    let questions =
        [("Name of the project", name), ("Folder of all projects", directory), ("Name of the table", table)];
    for (question, answer) in questions {
        terminal.wait_for(question);
        terminal.type_text(answer);
        terminal.press(ENTER);
    }
    terminal.wait_for("Infrastructure");
}

#[test]
fn answers_by_keys_give_the_same_tree_as_options() {
    let source = "--no-fetch --monotable-git https://example.com/monotable";
    let by_keys = Session::new();
    let by_options = Session::new();
    for session in [&by_keys, &by_options] {
        // The port of a sibling is the same on every machine.
        session.folder.write("shop/Cargo.toml", "[workspace]\nmembers = [\"other\"]\n");
        session.folder.write("shop/other/Cargo.toml", "[package]\nname = \"other\"\n");
        session.folder.write(
            "shop/other/config.json",
            r#"{ "runtimeConfigKey": "O", "localDev": { "port": 8123, "tableName": "other" } }"#,
        );
    }
    let mut terminal = by_keys.start(&format!("monotable new {source}"));
    answer(&mut terminal, "orders", "services", "order-table");
    terminal.press(DOWN);
    terminal.press(ENTER);
    let (screen, code) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    let line = format!(
        "monotable new orders --directory services --table-name order-table --infra dynamodb --iac cloudformation {source}"
    );
    let (screen, code) = by_options.start(&line).end();
    assert_eq!(code, 0, "{screen}");
    let tree = by_keys.folder.tree("shop");
    assert!(tree.contains_key("services/orders/config.json"), "{:?}", tree.keys());
    assert_eq!(tree, by_options.folder.tree("shop"));
}

#[test]
fn dev_prints_a_ready_line_and_ends_with_ctrl_c() {
    let mut session = Session::with_table();
    let line = "monotable dev";
    let mut terminal = session.start(line);
    terminal.wait_for("ready: table `shop-orders`");
    terminal.press(CTRL_C);
    session.end(line, terminal);
    session.run("monotable dev status");
    session.run("monotable dev -- sh -c 'echo LOCAL_DEV is $LOCAL_DEV; exit 7'");
    session.compare("dev");
}

#[test]
fn ctrl_c_reaches_the_command_of_dev_once() {
    let session = Session::with_table();
    // Without `sleep`, during which the shell counts two signals as one.
    let script = "trap 'n=$((n+1)); echo interrupt $n' INT; echo started; while [ ! -e end ]; do :; done";
    let mut terminal = session.start(&format!("monotable dev -- sh -c \"{}\"", script.replace('$', "\\$")));
    terminal.wait_for("started");
    terminal.press(CTRL_C);
    terminal.wait_for("interrupt 1");
    // Longer than `dev` needs to forward a signal.
    std::thread::sleep(Duration::from_millis(400));
    session.folder.write("shop/end", "");
    let (screen, code) = terminal.end();
    assert!(code == 0 && !screen.contains("interrupt 2"), "{screen}");
}

#[test]
fn an_interrupt_from_another_terminal_reaches_the_command_of_dev() {
    let session = Session::with_table();
    let script = "trap 'echo got it; exit 3' INT; echo started; while true; do sleep 0.05; done";
    let mut terminal = session.start(&format!("monotable dev -- sh -c \"{script}\""));
    terminal.wait_for("started");
    terminal.signal(Signal::SIGINT);
    let (screen, code) = terminal.end();
    assert!(code == 3 && screen.ends_with("got it"), "{screen}");
}

#[test]
fn a_table_is_described_changed_and_queried() {
    let mut session = Session::with_table();
    session.run("monotable dev --detach");
    session.run("monotable table describe");
    session.config("shop", "shop-orders", "");
    session.run("monotable table diff");
    session.run("monotable table ensure");
    for number in 1..=2 {
        let item = format!(r#"{{"pk":{{"S":"USER#1"}},"sk":{{"S":"ORDER#{number}"}},"total":{{"N":"{number}2.5"}}}}"#);
        session.run(&format!("monotable table put '{item}'"));
    }
    session.run("monotable table get USER#1 ORDER#1");
    session.run("monotable table query table USER#1 --begins-with ORDER#");
    session.run("monotable dev stop");
    session.compare("table");
}

/// Forwards to an engine, and delays everything that is sent to it.
fn slow(engine: &Embedded) -> u16 {
    let engine: SocketAddr = engine.endpoint().trim_start_matches("http://").parse().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut from, mut to) = (client.unwrap(), TcpStream::connect(engine).unwrap());
            let (mut answers, mut back) = (to.try_clone().unwrap(), from.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = from.read(&mut bytes) {
                    std::thread::sleep(Duration::from_millis(700));
                    to.write_all(&bytes[..read]).unwrap();
                }
            });
        }
    });
    port
}

#[test]
fn a_line_says_what_ensure_does_while_it_takes_long() {
    let engine = Embedded::in_memory().unwrap();
    let mut session = Session::new();
    session.port = slow(&engine);
    session.config("shop", "shop-orders", "");
    let terminal = session.start("monotable table ensure");
    terminal.wait_for("s table `shop-orders`: create the table");
    let (screen, _) = terminal.end();
    assert_eq!(screen, "create the table\ntable `shop-orders` is as config.json describes it");
    session.config("shop", "shop-orders", INDEX);
    let terminal = session.start("monotable table ensure 2> errors | cat");
    let (screen, _) = terminal.end();
    assert_eq!(screen, "create index `gsi1pk-gsi1sk-index`");
    assert_eq!(session.folder.read("shop/errors"), "table `shop-orders` is as config.json describes it\n");
}

/// All tools are stand-ins, because each machine has others.
#[test]
fn doctor_lists_the_tools_that_are_there_and_those_that_are_missing() {
    let mut session = Session::new();
    for (tool, version) in [("cargo", "cargo 1.95.0 (f2d3ce0bd 2026-03-21)"), ("npm", "11.19.1")] {
        let path = format!("tools/{tool}");
        session.folder.write(&path, &format!("#!/bin/sh\necho '{version}'\n"));
        fs::set_permissions(session.folder.path().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_monotable"));
    std::os::unix::fs::symlink(program, session.folder.path().join("tools/monotable")).unwrap();
    session.environment.push(("TOOLS", session.folder.path().join("tools").display().to_string()));
    session.run("monotable doctor");
    session.compare("doctor");
}

#[test]
fn mistakes_in_options_and_in_config_json_are_shown_with_their_remedy() {
    let mut session = Session::new();
    session.run("monotable new orders --directorie services");
    session.run("monotable tabel list");
    session.run("monotable new 1st");
    session.run("monotable new orders --directory ../services");
    session.run("monotable dev");
    session.folder.write(
        "shop/config.json",
        r#"{
  "runtimeConfigKey": "",
  "localDev": { "port": 0, "tableName": "my table" },
  "tableConfig": {
    "globalSecondaryIndexes": [
      { "indexName": "by-user", "partitionKey": "pk" },
      { "indexName": "by-user", "partitionKey": "user" }
    ],
    "ttl": "expires"
  }
}
"#,
    );
    session.run("monotable dev");
    session.run("monotable validate");
    fs::remove_file(session.folder.path().join("shop/config.json")).unwrap();
    session.compare("config");
}

#[test]
fn a_port_in_use_is_shown_with_the_program_that_uses_it() {
    let mut session = Session::with_table();
    session.config("blog", "blog-posts", "");
    let (screen, code) = session.start_in("blog", "monotable dev --detach").end();
    assert_eq!(code, 0, "{screen}");
    let (status, _) = session.start_in("blog", "monotable dev status --json").end();
    let status: serde_json::Value = serde_json::from_str(&status.replace('\n', "")).unwrap();
    session.run("monotable dev");
    session.run("monotable table describe");
    session.text = session.text.replace(&format!("(process {})", status["pid"]), "(process PID)");
    session.start_in("blog", "monotable dev stop").end();
    session.compare("port");
}

#[test]
fn a_missing_engine_a_missing_table_and_a_missing_item_are_shown_with_their_remedy() {
    let mut session = Session::with_table();
    session.run("monotable table describe");
    session.run("monotable dev sync");
    session.run("monotable dev --wait --deadline 1");
    session.run("monotable dev up");
    session.run("monotable table get USER#1 ORDER#1");
    session.run("monotable table describe");
    session.run("monotable table ensure");
    session.run("monotable table get USER#1 ORDER#1");
    session.run("monotable table query gsi2 USER#1");
    session.run("monotable dev orders");
    session.run("monotable dev -- no-such-program");
    session.compare("missing");
}

#[test]
fn nothing_is_deleted_without_a_confirmation() {
    let mut session = Session::with_table();
    session.run("monotable dev --detach");
    session.run("monotable table drop < /dev/null");
    for answer in ["orders", "shop-orders"] {
        let line = "monotable table drop";
        let mut terminal = session.start(line);
        terminal.wait_for("Type its name:");
        terminal.type_text(answer);
        terminal.press(ENTER);
        session.end(line, terminal);
    }
    session.run("monotable table drop --deployed --table orders-prod --region eu-central-1");
    session.run("monotable dev reset --yes");
    session.run("monotable dev stop");
    let line = "monotable dev reset";
    let mut terminal = session.start(line);
    terminal.wait_for("[y/N]");
    terminal.press(ENTER);
    session.end(line, terminal);
    session.compare("refused");
}
