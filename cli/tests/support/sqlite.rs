//! Another SQLite than the one of the embedded engine.

use super::Folder;

/// Creates a workspace `shop` with a crate that links another SQLite. A program can link only one, so tests cannot contain the embedded
/// engine there.
pub fn add(folder: &Folder) {
    // It claims the library as another version of the real package does. With the embedded engine, cargo would find a conflict.
    let package = "[package]\nname = \"libsqlite3-sys\"\nversion = \"0.30.0\"\nedition = \"2024\"\nlinks = \"sqlite3\"\nbuild = \"build.rs\"\n";
    folder.write("shop/sqlite/Cargo.toml", package);
    folder.write("shop/sqlite/build.rs", "fn main() {}\n");
    folder.write("shop/sqlite/src/lib.rs", "//! Stands in for SQLite.\n");
    folder.write("shop/Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"sqlite\"]\n");
    let lock = "version = 4\n\n[[package]]\nname = \"libsqlite3-sys\"\nversion = \"0.30.0\"\n";
    folder.write("shop/Cargo.lock", lock);
}
