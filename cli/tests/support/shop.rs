//! A generated workspace with a table and an API.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::http::Http;
use super::{Folder, Run};

/// The versions that the generated workspace is tested with. To update them, run
/// `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect_api`.
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/generated.lock");

/// The tests build programs of the same name, so they run one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// A workspace `shop` with a table and an API.
pub struct Shop {
    pub folder: Folder,
    pub http: Http,
    _turn: MutexGuard<'static, ()>,
}

const ORDER: &str = include_str!("../connect_tools/order.rs");

impl Shop {
    pub fn new() -> Self {
        let shop = Self {
            folder: Folder::new(),
            http: Http::new(),
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        };
        shop.folder.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap());
        shop.tool(&["new", "my-table", "--no-fetch"]);
        shop.connect();
        shop
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    pub fn tool(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        self.environment(command.args(arguments));
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    pub fn connect(&self) -> Run {
        self.tool(&["connect", "api", "--no-fetch"])
    }

    /// Runs cargo. All runs share a target folder, so that the SDK is compiled once.
    pub fn cargo(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("cargo");
        self.environment(command.args(arguments));
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.code, 0, "cargo {arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    pub fn environment(&self, command: &mut Command) {
        command.current_dir(self.root()).env_remove("LOCAL_DEV").env_remove("RUNTIME_CONFIG_APP_ID");
        command.env("CARGO_TARGET_DIR", target()).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("MONOTABLE_STATE_DIR", self.folder.path().join("states"));
        command.env("BIND_ADDRESS", self.http.address()).env("CURSOR_KEY", "0123456789abcdef".repeat(4));
    }

    /// Selects the engine, and a port that no other test uses.
    pub fn engine(&self, engine: &str) {
        let path = "shop/crates/my-table/config.json";
        let mut config: Value = serde_json::from_str(&self.folder.read(path)).unwrap();
        config["localDev"]["engine"] = engine.into();
        config["localDev"]["port"] = Http::new().port.into();
        self.folder.write(path, &config.to_string());
    }

    /// Builds the API, and returns its path.
    pub fn build(&self) -> PathBuf {
        self.cargo(&["build", "--quiet", "--locked", "-p", "my-table-api"]);
        target().join("debug/my-table-api")
    }

    /// Writes the versions that the workspace uses now.
    pub fn write_lock(&self) {
        self.cargo(&["metadata", "--format-version", "1"]);
        std::fs::write(LOCK, self.folder.read("shop/Cargo.lock")).unwrap();
    }

    /// Adds an entity to the table, as its README says.
    pub fn add_order(&self) {
        let entities = "shop/crates/my-table/src/entities";
        let change = |file: &str, changes: &[(&str, &str)]| {
            let path = format!("{entities}/{file}");
            let text = changes.iter().fold(self.folder.read(&path), |text, (old, new)| {
                assert!(text.contains(old), "{file}: {old}");
                text.replace(old, new)
            });
            self.folder.write(&path, &text);
        };
        self.folder.write(&format!("{entities}/order.rs"), ORDER);
        change(
            "mod.rs",
            &[
                ("mod example;", "mod example;\nmod order;"),
                ("pub use example::Example;", "pub use example::Example;\npub use order::{Order, State};"),
            ],
        );
        change(
            "base.rs",
            &[
                ("use super::Example;", "use super::{Example, Order};"),
                ("    Example(Example),", "    Example(Example),\n    Order(Order),"),
            ],
        );
        let mut command = Command::new("cargo");
        command.args(["test", "--quiet", "--locked", "-p", "my-table", "schema_json"]).env("UPDATE_SCHEMA", "1");
        self.environment(&mut command);
        assert!(command.status().unwrap().success());
        let run = self.connect();
        assert!(run.stdout.contains("create     crates/my-table-api/src/routes/order.rs"), "{run:?}");
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}
