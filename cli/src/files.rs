//! Reads, replaces and deletes files. Errors name the path.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// What is at a path.
pub enum Content {
    Missing,
    Text(String),
    /// Bytes that are not UTF-8.
    Binary,
}

pub fn content(path: &Path) -> Result<Content> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).map_or(Content::Binary, Content::Text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Content::Missing),
        Err(error) => Err(Failure::io("read", path, error)),
    }
}

/// Returns the text of a file; `None` if it does not exist.
pub fn read(path: &Path) -> Result<Option<String>> {
    match content(path)? {
        Content::Text(text) => Ok(Some(text)),
        Content::Missing => Ok(None),
        Content::Binary => Err(Failure::io("read", path, "it is not UTF-8; save it as UTF-8")),
    }
}

/// Returns a text with line feeds only.
pub fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Returns a text with the line ends of another one. Git changes them on Windows.
pub fn with_line_ends_of(other: &str, text: &str) -> String {
    let text = with_line_feeds(text);
    match other.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r')) {
        true => text.replace('\n', "\r\n"),
        false => text,
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
