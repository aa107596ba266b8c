//! Runs the program in a temporary folder.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests use a part of this, and fail by panicking"
)]

#[cfg(unix)]
pub mod dev;
pub mod entities;
pub mod http;
#[cfg(unix)]
pub mod lambda;
pub mod shop;
pub mod sqlite;
#[cfg(unix)]
pub mod terminal;
pub mod trial;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A temporary folder, and the program in it.
pub struct Folder(TempDir);

/// What a run has printed, and its exit code.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_in("", arguments)
    }

    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command.args(arguments).current_dir(self.path().join(folder)).stdin(std::process::Stdio::null());
        Run::of(&command.output().unwrap())
    }

    /// Runs the program, which has to succeed.
    pub fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    /// Returns all files below a folder with their texts.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, String> {
        let root = self.path().join(folder);
        let mut files = BTreeMap::new();
        collect(&root, &root, &mut files);
        files
    }
}

impl Run {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

pub fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(root, &path, files),
            false => {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
}

/// Compares a tree with the golden one of this name. With `MONOTABLE_WRITE_GOLDEN=1`, writes the golden one first.
pub fn golden(name: &str, tree: BTreeMap<String, String>) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("MONOTABLE_WRITE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&golden);
        for (name, text) in &tree {
            let path = golden.join(format!("{name}.golden"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let mut expected = BTreeMap::new();
    collect(&golden, &golden, &mut expected);
    let tree: BTreeMap<String, String> =
        tree.into_iter().map(|(name, text)| (format!("{name}.golden"), text)).collect();
    assert_eq!(tree.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in &tree {
        assert_eq!(text, &expected[name], "{name}");
    }
}
