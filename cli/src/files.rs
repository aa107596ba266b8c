//! Reads, replaces and deletes files. Errors name the path.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// Returns the text of a file; `None` if it does not exist.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("read", path, error)),
    }
}

/// Writes a file, and creates its folder.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Failure::io("create", parent, error))?;
    }
    fs::write(path, text).map_err(|error| Failure::io("write", path, error))
}

/// Replaces a file by renaming a finished one, so that an interruption leaves either the old text or the new one. A symbolic link
/// stays, and its target is replaced.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary: PathBuf = target.with_file_name(name);
    let written = write(&temporary, text).and_then(|()| {
        if let Ok(found) = fs::metadata(&target) {
            let _ = fs::set_permissions(&temporary, found.permissions());
        }
        fs::rename(&temporary, &target).map_err(|error| Failure::io("write", path, error))
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Deletes a file, unless it does not exist.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io("delete", path, error)),
        _ => Ok(()),
    }
}
