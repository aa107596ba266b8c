//! The layers of `src/`, which ARCHITECTURE.md lists from the lowest to the highest: a module imports only from its own layer and
//! from lower ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the names of the layers: the code spans in the first column of the table under `## Layers`.
fn layers() -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("Layers\n")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all.sort();
    all
}

/// Returns the root module that a file belongs to.
fn layer_of(file: &Path) -> String {
    let inside = file.strip_prefix(Path::new(ROOT).join("src")).unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Returns the root modules that a line of code names: `schema` for `use crate::schema::Template;`.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    let code = if line.trim_start().starts_with("//") { "" } else { line };
    let is_path_of_ours = |before: &str| !before.ends_with(['$', ':']) && !before.ends_with(char::is_alphanumeric);
    code.match_indices("crate::").filter(move |(at, _)| is_path_of_ours(&code[..*at])).map(|(at, path)| {
        let rest = &code[at + path.len()..];
        &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())]
    })
}

/// Returns the import in this line that the layer must not have.
fn upward<'l>(line: &'l str, layer: usize, layers: &[String]) -> Option<&'l str> {
    imports(line).find(|import| match layers.iter().position(|name| name == import) {
        Some(of) => of > layer,
        // An item of the crate root. It must be imported from the layer that defines it.
        None => true,
    })
}

#[test]
fn layers_import_only_lower_layers() {
    let layers = layers();
    let mut wrong = String::new();
    for file in files(&Path::new(ROOT).join("src")) {
        let name = layer_of(&file);
        if name == "lib" {
            continue;
        }
        let shown = file.strip_prefix(ROOT).unwrap().display().to_string();
        let Some(layer) = layers.iter().position(|layer| *layer == name) else {
            panic!("{shown} does not belong to a layer of ARCHITECTURE.md")
        };
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            if let Some(import) = upward(line, layer, &layers) {
                writeln!(wrong, "{shown}:{}: `{name}` imports `crate::{import}`", number + 1).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "a layer may import only itself and lower layers:\n{wrong}");
}

#[test]
fn imports_are_found_in_use_lines_and_in_paths_but_not_in_comments() {
    let layers = ["schema", "value", "error"].map(str::to_owned);
    assert_eq!(upward("use crate::error::Error;", 1, &layers), Some("error"));
    assert_eq!(upward("    fn f() -> crate::error::Result<()> {", 1, &layers), Some("error"));
    assert_eq!(upward("use crate::Error;", 2, &layers), Some("Error"));
    assert_eq!(upward("use crate::schema::Template;", 1, &layers), None);
    assert_eq!(upward("/// See [`Error`](crate::error::Error).", 1, &layers), None);
}

#[test]
fn source_files_are_short_and_the_root_of_src_has_few_files() {
    let root = fs::read_dir(Path::new(ROOT).join("src")).unwrap();
    let at_root = root.filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert!(at_root <= 16, "src/ has {at_root} files at its root; move some into a layer's folder");
    for folder in ["src", "derive/src"] {
        for file in files(&Path::new(ROOT).join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines; split it", file.display());
        }
    }
}
