use std::error::Error;

use monotable::{Connection, Table};

use crate::entities::{@% for table in tables %@@{table.imported}@, @% endfor %@};

/// What all requests share.
#[derive(Debug, Clone)]
pub struct AppState {
    @%- for table in tables %@
    /// The connection to the table `@{table.krate}@`.
    pub @{table.module}@: Connection,
    @%- endfor %@
}

impl AppState {
    /// Connects to the tables that the environment selects.
    ///
    /// # Errors
    /// Fails if the configuration of a table cannot be read, or if `CURSOR_KEY` is not a key.
    pub async fn connect() -> Result<Self, Box<dyn Error>> {
        let cursor_key = cursor_key()?;
        Ok(Self {
            @%- for table in tables %@
            @{table.module}@: sealed(@{table.imported}@::connect().await?, cursor_key),
            @%- endfor %@
        })
    }
}

fn sealed(connection: Connection, cursor_key: Option<[u8; 32]>) -> Connection {
    match cursor_key {
        Some(key) => connection.cursor_key(key),
        None => connection,
    }
}

/// Returns the secret that seals cursors, so that clients can neither read nor forge them.
fn cursor_key() -> Result<Option<[u8; 32]>, String> {
    let Some(text) = std::env::var("CURSOR_KEY").ok().filter(|text| !text.is_empty()) else {
        tracing::warn!(
            "CURSOR_KEY is not set: clients can read the keys of items in cursors; create a key with `openssl rand -hex 32`"
        );
        return Ok(None);
    };
    parse_key(&text)
        .map(Some)
        .ok_or_else(|| "CURSOR_KEY must have 64 hexadecimal digits; create it with `openssl rand -hex 32`".to_owned())
}

fn parse_key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_key_has_64_hexadecimal_digits() {
        assert_eq!(parse_key(&"0a".repeat(32)), Some([10; 32]));
        assert_eq!(parse_key("0a"), None);
        assert_eq!(parse_key(&"0g".repeat(32)), None);
        assert_eq!(parse_key(&"é".repeat(32)), None);
        assert_eq!(parse_key(&"+a".repeat(32)), None);
    }
}
