//! The corpus: `config.json` files of every kind.

use std::fs;
use std::path::{Path, PathBuf};

use monotable_config::Config;
use monotable_infra::Application;

/// Returns the names of the files of the corpus, and their contents.
pub fn corpus() -> Vec<(String, Config)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), Config::read(path).unwrap())).collect()
}

/// Returns an application with these tables.
pub fn application(name: &str, tables: Vec<(String, Config)>) -> Application {
    Application { name: name.into(), tables, ..Application::default() }
}
