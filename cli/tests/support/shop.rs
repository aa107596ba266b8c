//! A generated workspace with a table and an API.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::http::Http;
use super::{Folder, Run};

/// The versions that the generated workspace is tested with. To update them, run
/// `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect_api`.
pub const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/generated.lock");

/// The tests build programs of the same name, so they run one after the other.
static TURN: Mutex<()> = Mutex::new(());

/// A workspace `shop` with a table and an API.
pub struct Shop {
    pub folder: Folder,
    pub http: Http,
    _turn: MutexGuard<'static, ()>,
}

impl Shop {
    pub fn new() -> Self {
        Self::with(|folder| folder.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap()))
    }

    /// Creates the table and the API in a workspace that has these files.
    pub fn with(files: impl FnOnce(&Folder)) -> Self {
        let shop = Self {
            folder: Folder::new(),
            http: Http::new(),
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        };
        files(&shop.folder);
        shop.tool(&["new", "my-table", "--no-fetch"]);
        shop.connect();
        shop
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        self.environment(command.args(arguments));
        command
    }

    pub fn tool(&self, arguments: &[&str]) -> Run {
        let run = Run::of(&self.command(env!("CARGO_BIN_EXE_monotable"), arguments).output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    pub fn connect(&self) -> Run {
        self.tool(&["connect", "api", "--no-fetch"])
    }

    /// Runs cargo. All runs share a target folder, so that the SDK is compiled once.
    pub fn cargo(&self, arguments: &[&str]) -> Run {
        let run = Run::of(&self.command("cargo", arguments).output().unwrap());
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

    /// Adds entities to the table, and connects again.
    pub fn add_entities(&self) {
        super::entities::add(&self.folder, "shop/crates/my-table");
        let mut command = self.command("cargo", &["test", "--quiet", "--locked", "-p", "my-table", "schema_json"]);
        assert!(command.env("UPDATE_SCHEMA", "1").status().unwrap().success());
        let run = self.connect();
        assert!(run.stdout.contains("create     crates/my-table-api/src/routes/order.rs"), "{run:?}");
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}
