//! Cursors from text.

use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};

use crate::error::{Error, Result};
use crate::value::cursor::Cursor;

/// # Errors
/// If it is no cursor's text, or a damaged one. Whether it is of the right read shows when it is used; a sealed one is
/// looked into only then.
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
