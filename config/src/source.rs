//! Where a config.json is found and how its text becomes a [`Config`].

use std::path::{Path, PathBuf};

use crate::{Config, ConfigError, FILE_NAME};

impl Config {
    /// Reads a configuration from the text of a `config.json`.
    ///
    /// # Errors
    /// Names line, column and remedy, for broken JSON and for a table that DynamoDB would refuse.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        // Some editors begin a file with a byte order mark, which is no JSON.
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| ConfigError::json(&error))
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// As [`Config::parse`], and if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::io(path, error))?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// The path of the `config.json` in `folder`, or in the nearest folder above it.
    ///
    /// # Errors
    /// If there is none up to the root.
    pub fn find(folder: &Path) -> Result<PathBuf, ConfigError> {
        folder
            .ancestors()
            .map(|ancestor| ancestor.join(FILE_NAME))
            .find(|path| path.is_file())
            .ok_or_else(|| ConfigError::not_found(folder, FILE_NAME))
    }
}
