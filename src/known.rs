//! What is known of an item's attributes without the item: what an update makes index keys from.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::segment::SegmentError;

/// Attributes by their names; `None` is known not to be there.
#[derive(Default)]
pub struct Known(HashMap<String, Option<AttributeValue>>);

/// Why the text of a key field cannot be had.
pub enum Unknown {
    /// Nothing is known of this attribute.
    Missing(&'static str),
    /// What is known cannot stand in a key.
    Invalid(SegmentError),
}

impl Known {
    pub(crate) fn insert(&mut self, attribute: impl Into<String>, value: Option<AttributeValue>) {
        self.0.insert(attribute.into(), value);
    }

    /// What an attribute is, if that is known.
    pub(crate) fn value(&self, attribute: &str) -> Option<&AttributeValue> {
        self.0.get(attribute)?.as_ref()
    }

    /// The value of a field, as serde decodes it from its attribute.
    ///
    /// # Errors
    /// If nothing is known of the attribute, or it does not fit the field.
    pub fn get<T: DeserializeOwned>(&self, attribute: &'static str) -> Result<T, Unknown> {
        let value = self.0.get(attribute).ok_or(Unknown::Missing(attribute))?;
        let decoded = match value {
            Some(value) => codec::decode_value(value),
            // Of a set, no attribute is an empty one.
            None => codec::decode_value(&AttributeValue::Null(true))
                .or_else(|error| codec::decode_value(&AttributeValue::L(Vec::new())).map_err(|_: String| error)),
        };
        decoded.map_err(|message| Unknown::Invalid(SegmentError::new(format!("is made from `{attribute}`: {message}"))))
    }
}

impl Unknown {
    /// For the derive: what a field's own text gives.
    ///
    /// # Errors
    /// If it cannot stand in a key.
    pub fn invalid(written: Result<bool, SegmentError>) -> Result<bool, Self> {
        written.map_err(Self::Invalid)
    }
}

/// Values are no part of it.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(attribute) => f.debug_tuple("Missing").field(attribute).finish(),
            Self::Invalid(error) => f.debug_tuple("Invalid").field(error).finish(),
        }
    }
}
