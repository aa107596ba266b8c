//! Another SQLite in the workspace. A program can link only one, so tests there cannot contain the embedded engine. Both `new` and
//! `connect` look for it.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use crate::failure::{Failure, Result};
use crate::files;

/// The package that links SQLite, and the versions of it that the embedded engine accepts.
const PACKAGE: &str = "libsqlite3-sys";
const VERSIONS: &str = "0.34.";

/// Returns whether the versions in the lock file of a workspace allow the embedded engine.
pub fn has_engine(root: &Path) -> Result<bool> {
    let path = root.join("Cargo.lock");
    let Some(text) = files::read(&path)? else { return Ok(true) };
    let lock: DocumentMut = text.parse().map_err(|error| Failure::io("read", &path, error))?;
    let packages = lock.get("package").and_then(Item::as_array_of_tables);
    let text = |package: &toml_edit::Table, key: &str| package.get(key).and_then(Item::as_str).map(str::to_owned);
    let mut versions = packages
        .into_iter()
        .flatten()
        .filter(|package| text(package, "name").as_deref() == Some(PACKAGE))
        .filter_map(|package| text(package, "version"));
    Ok(versions.all(|version| version.starts_with(VERSIONS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_of_the_embedded_engine() {
        // The lock file of this workspace, which contains the engine.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
        assert!(lock.contains(&format!("name = \"{PACKAGE}\"\nversion = \"{VERSIONS}")), "update VERSIONS");
        assert!(has_engine(&root).unwrap());
    }
}
