//! Cursors from text.

use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};

use crate::error::{Error, Result};
use crate::value::cursor::Cursor;

/// # Errors
/// If the text is not a cursor, or it is damaged. A read checks whether the cursor belongs to it, and opens a sealed one, when the cursor is
/// used.
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
