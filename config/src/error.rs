use std::ops::Range;
use std::path::{Path, PathBuf};

/// An error in a `config.json`. The message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct ConfigError {
    path: Option<PathBuf>,
    /// Line and column, both counted from 1; `None` if the error concerns the whole file.
    position: Option<(usize, usize)>,
    /// The part of the text that is wrong, as byte offsets; empty if it is not known.
    range: Range<usize>,
    message: String,
    #[source]
    source: Option<std::io::Error>,
}

impl ConfigError {
    pub(crate) fn new(position: Option<(usize, usize)>, message: impl Into<String>) -> Self {
        Self { path: None, position, range: 0..0, message: message.into(), source: None }
    }

    /// An error in `part`, which is a part of `text` in memory.
    pub(crate) fn at(text: &str, part: &str, message: impl Into<String>) -> Self {
        let offset = part.as_ptr().addr() - text.as_ptr().addr();
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Self { range: offset..offset + part.len(), ..Self::new(Some((line, column)), message) }
    }

    /// An error in the syntax.
    pub(crate) fn json(error: &serde_json::Error, text: &str) -> Self {
        // serde_json puts the position at the end of its message. We put it at the beginning, like a compiler.
        let position = (error.line() > 0).then(|| (error.line(), error.column().max(1)));
        let said = error.to_string();
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        let message = said.strip_suffix(&suffix).unwrap_or(&said);
        let message = match is_comment(error, text) {
            true => "JSON has no comments; remove it".to_owned(),
            false => format!("not JSON: {message}"),
        };
        Self { path: None, position, range: 0..0, message, source: None }
    }

    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        let message = if error.kind() == std::io::ErrorKind::NotFound {
            "the file does not exist; create it, or give the path of another file".to_owned()
        } else {
            format!("cannot be read: {error}")
        };
        Self { path: Some(path.to_owned()), position: None, range: 0..0, message, source: Some(error) }
    }

    pub(crate) fn not_found(start: &Path, file_name: &str) -> Self {
        let message =
            format!("no `{file_name}` here or in a folder above; create it, or say where it is with `config = \"..\"`");
        Self { path: Some(start.to_owned()), position: None, range: 0..0, message, source: None }
    }

    /// Returns the same error, with `path` as the path of the file.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Returns line and column, both counted from 1; `None` if the error concerns the whole file.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// Returns the part of the text that is wrong, as byte offsets. Empty if the error concerns one position or the whole file.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the message without the file's name and the position.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns `true` if the file does not exist.
    pub fn is_not_found(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.kind() == std::io::ErrorKind::NotFound)
    }

    fn place(&self) -> String {
        let path = self.path.as_ref().map(|path| path.display().to_string()).unwrap_or("config.json".into());
        match self.position {
            Some((line, column)) => format!("{path}:{line}:{column}: "),
            None => format!("{path}: "),
        }
    }
}

/// Returns `true` if the parser stopped at a comment.
fn is_comment(error: &serde_json::Error, text: &str) -> bool {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.get(error.column().saturating_sub(1)..).unwrap_or_default();
    rest.starts_with("//") || rest.starts_with("/*")
}
