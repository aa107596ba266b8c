//! What is known of an item's attributes without the item: what an update makes index keys from.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::key::segment::SegmentError;
use crate::value::encoded::Encoded;
use crate::value::item::Item;

/// Attributes by their names.
#[derive(Default)]
pub struct PartialItem(HashMap<String, Fact>);

/// What is known of one attribute.
struct Fact {
    encoded: Encoded,
    /// It is known from an entity that was read, and may have changed since.
    is_loaded: bool,
}

/// An entity that an operation was given in the place of a key.
#[doc(hidden)]
pub struct Loaded {
    /// As it is stored.
    pub(crate) item: Item,
    /// The fields that keys are made from, by their attributes.
    pub(crate) roots: Vec<(&'static str, Encoded)>,
}

/// `Debug` shows no values.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").finish_non_exhaustive()
    }
}

/// Why the text of a key field cannot be had.
pub enum KeyTextError {
    /// Nothing is known of this attribute.
    Missing(&'static str),
    /// What is known cannot stand in a key.
    Invalid(SegmentError),
}

impl PartialItem {
    pub(crate) fn insert(&mut self, attribute: impl Into<String>, encoded: Encoded) {
        self.0.insert(attribute.into(), Fact { encoded, is_loaded: false });
    }

    pub(crate) fn insert_loaded(&mut self, attribute: &str, encoded: Encoded) {
        self.0.insert(attribute.to_owned(), Fact { encoded, is_loaded: true });
    }

    /// What an attribute is, if that is known.
    pub(crate) fn encoded(&self, attribute: &str) -> Option<&Encoded> {
        self.0.get(attribute).map(|fact| &fact.encoded)
    }

    /// The attribute, if it is known from an entity that was read.
    pub(crate) fn loaded(&self, attribute: &str) -> Option<&Encoded> {
        self.0.get(attribute).filter(|fact| fact.is_loaded).map(|fact| &fact.encoded)
    }

    /// The value of a field, as serde decodes it from its attribute.
    ///
    /// # Errors
    /// If nothing is known of the attribute, or it does not fit the field.
    pub fn get<T: DeserializeOwned>(&self, attribute: &'static str) -> Result<T, KeyTextError> {
        let fact = self.0.get(attribute).ok_or(KeyTextError::Missing(attribute))?;
        let decoded = match &fact.encoded.value {
            Some(value) => codec::decode_value(value),
            // Of a set, no attribute is an empty one.
            None => codec::decode_value(&AttributeValue::Null(true))
                .or_else(|error| codec::decode_value(&AttributeValue::L(Vec::new())).map_err(|_: String| error)),
        };
        decoded.map_err(|message| {
            KeyTextError::Invalid(SegmentError::new(format!("is made from `{attribute}`: {message}")))
        })
    }
}

impl KeyTextError {
    /// For the derive: what a field's own text gives.
    ///
    /// # Errors
    /// If it cannot stand in a key.
    pub fn invalid(written: Result<bool, SegmentError>) -> Result<bool, Self> {
        written.map_err(Self::Invalid)
    }
}

/// `Debug` shows no values.
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
