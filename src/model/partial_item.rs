//! The attributes of an item that are known without reading it. An update computes index keys from them.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::key::segment::SegmentError;
use crate::value::encoded::Encoded;
use crate::value::item::Item;

/// The known attributes, by name.
#[derive(Default)]
pub struct PartialItem(HashMap<String, Fact>);

/// A known attribute.
struct Fact {
    encoded: Encoded,
    /// The value comes from a loaded entity, and the stored one may have changed since.
    is_loaded: bool,
}

/// An entity that an operation received instead of a key.
#[doc(hidden)]
pub struct Loaded {
    /// The serialized entity.
    pub(crate) item: Item,
    /// The fields that keys use. Each has the name of its attribute.
    pub(crate) roots: Vec<(&'static str, Encoded)>,
}

/// Shows no values.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").finish_non_exhaustive()
    }
}

/// The reason why the text of a key field is not available.
pub enum KeyTextError {
    /// This attribute is not known.
    Missing(&'static str),
    /// The known value cannot be used in a key.
    Invalid(SegmentError),
}

impl PartialItem {
    pub(crate) fn insert(&mut self, attribute: impl Into<String>, encoded: Encoded) {
        self.0.insert(attribute.into(), Fact { encoded, is_loaded: false });
    }

    pub(crate) fn insert_loaded(&mut self, attribute: &str, encoded: Encoded) {
        self.0.insert(attribute.to_owned(), Fact { encoded, is_loaded: true });
    }

    /// Returns an attribute, if it is known.
    pub(crate) fn encoded(&self, attribute: &str) -> Option<&Encoded> {
        self.0.get(attribute).map(|fact| &fact.encoded)
    }

    /// Returns an attribute, if it is known from a loaded entity.
    pub(crate) fn loaded(&self, attribute: &str) -> Option<&Encoded> {
        self.0.get(attribute).filter(|fact| fact.is_loaded).map(|fact| &fact.encoded)
    }

    /// Deserializes a field from its attribute.
    ///
    /// # Errors
    /// Fails if the attribute is not known, or if it does not fit the field.
    pub fn get<T: DeserializeOwned>(&self, attribute: &'static str) -> Result<T, KeyTextError> {
        let fact = self.0.get(attribute).ok_or(KeyTextError::Missing(attribute))?;
        let decoded = match &fact.encoded.value {
            Some(value) => codec::decode_value(value),
            // An empty set is stored as a missing attribute.
            None => codec::decode_value(&AttributeValue::Null(true))
                .or_else(|error| codec::decode_value(&AttributeValue::L(Vec::new())).map_err(|_: String| error)),
        };
        decoded.map_err(|message| {
            KeyTextError::Invalid(SegmentError::new(format!("cannot be read from `{attribute}`: {message}")))
        })
    }
}

impl KeyTextError {
    /// For the derive: converts the result of writing a field's text.
    ///
    /// # Errors
    /// Fails if the value cannot be used in a key.
    pub fn invalid(written: Result<bool, SegmentError>) -> Result<bool, Self> {
        written.map_err(Self::Invalid)
    }
}

/// Shows no values.
impl fmt::Debug for PartialItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl fmt::Debug for KeyTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(attribute) => f.debug_tuple("Missing").field(attribute).finish(),
            Self::Invalid(error) => f.debug_tuple("Invalid").field(error).finish(),
        }
    }
}
