//! Parses cursors from text.

use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};

use crate::error::{Error, Result};
use crate::value::cursor::Cursor;

/// Parses the text of a cursor. The read that uses the cursor checks whether it belongs to this read, and decrypts a sealed
/// cursor.
///
/// # Errors
/// Fails if the text is not a cursor, or if it is damaged.
impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).map_err(Error::invalid_cursor)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
