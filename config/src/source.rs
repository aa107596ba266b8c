//! Finds a `config.json` and parses it into a [`Config`].

use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::plain::{self, FILE};
use crate::{Config, ConfigError, FILE_NAME};

impl Config {
    /// Parses the text of a `config.json`.
    ///
    /// # Errors
    /// Fails if the text is not valid JSON, or if DynamoDB would reject the table. The error names the line, the column and the
    /// remedy.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        // Some editors begin a file with a byte order mark, which is not valid JSON.
        let text = text.trim_start_matches('\u{feff}');
        if !matches!(text.trim_start().chars().next(), None | Some('{' | '/')) {
            return Err(ConfigError::new(Some((1, 1)), "the file has to be a JSON object, `{ .. }`"));
        }
        // `check` knows the exact place of more mistakes.
        Self::deserialize_text(text).map_err(|error| Self::check(text).into_iter().next().unwrap_or(error))
    }

    pub(crate) fn deserialize_text(text: &str) -> Result<Self, ConfigError> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| ConfigError::json(&error, text))?;
        let file = text.trim();
        plain::read(file, FILE).map_err(|problem| ConfigError::at(text, problem.part.unwrap_or(file), problem.message))
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if [`Config::parse`] fails.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path).map_err(|error| ConfigError::io(path, error))?;
        Self::parse_bytes(&bytes).map_err(|error| error.in_file(path))
    }

    fn parse_bytes(bytes: &[u8]) -> Result<Self, ConfigError> {
        let invalid = |message| ConfigError::new(None, message);
        match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(invalid("the file is UTF-16; save it as UTF-8")),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) => Self::parse(text),
                Err(_) => Err(invalid("the file is not UTF-8; save it as UTF-8")),
            },
        }
    }

    /// Finds the `config.json` in `folder` or in the nearest folder above it, and returns its path.
    ///
    /// # Errors
    /// Fails if neither `folder` nor a folder above it contains the file.
    pub fn find(folder: &Path) -> Result<PathBuf, ConfigError> {
        folder
            .ancestors()
            .map(|ancestor| ancestor.join(FILE_NAME))
            .find(|path| path.is_file())
            .ok_or_else(|| ConfigError::not_found(folder, FILE_NAME))
    }
}
