//! Stores a value of any shape as JSON in a string attribute: `#[serde(with = "monotable::json")]`.
//!
//! Use it for values that are only read as a whole, or by programs that expect JSON (PynamoDB's `JSONAttribute`). Conditions and
//! updates cannot address a part of the value. `None` is stored as the text `null`.
//!
//! ```
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Report {
//!     #[serde(with = "monotable::json")]
//!     filters: Vec<(String, u32)>,
//! }
//! ```

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

/// Serializes the value as JSON text. Called by serde.
///
/// # Errors
/// If JSON cannot represent the value, for example a map whose keys are not strings.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
}

/// Deserializes the value from JSON text. Called by serde.
///
/// # Errors
/// If the text is not JSON of this type.
pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    serde_json::from_str(text.as_deref().unwrap_or("null")).map_err(|error| {
        // The message of serde_json may contain the value.
        let place = format!("line {}, column {}", error.line(), error.column());
        D::Error::custom(format!("the text is not JSON of this type ({place})"))
    })
}
