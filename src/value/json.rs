//! A value of any shape as JSON in a string attribute: `#[serde(with = "monotable::json")]`.
//!
//! For what is only ever read as a whole, and by programs that expect JSON (PynamoDB's `JSONAttribute`): no condition and no
//! update reaches into it. A `None` is the text `null`.
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

/// For serde.
///
/// # Errors
/// If the value has no JSON, such as a map whose keys are no strings.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
}

/// For serde.
///
/// # Errors
/// If the text is not JSON of this type.
pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    serde_json::from_str(text.as_deref().unwrap_or("null")).map_err(|error| {
        // serde_json's words may quote the value.
        let place = format!("line {}, column {}", error.line(), error.column());
        D::Error::custom(format!("the text is not JSON of this type ({place})"))
    })
}
