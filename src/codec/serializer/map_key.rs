//! Serializes the keys of maps, which are strings in DynamoDB.

use std::fmt::Display;

use serde::ser::{Error, Impossible, Serialize};

use crate::codec::serializer::EncodeError;
use crate::codec::serializer::partial::{Partial, PartialSerializer};

/// Serializes a map key: a string, or a type with an obvious text.
pub(super) struct MapKey;

impl PartialSerializer for MapKey {
    type Ok = String;
    type Error = EncodeError;
    type SerializeStruct = Impossible<String, EncodeError>;

    fn unsupported() -> EncodeError {
        EncodeError::custom(
            "the key of a map must be a string, a `char`, an integer, a `bool` or a variant without fields",
        )
    }

    fn bool(self, key: bool) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn integer(self, key: impl Display) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn large_integer(self, key: impl Display) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn char(self, key: char) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn str(self, key: &str) -> Result<String, EncodeError> {
        Ok(key.to_owned())
    }

    fn unit_variant(self, variant: &'static str) -> Result<String, EncodeError> {
        Ok(variant.to_owned())
    }

    fn some<T: Serialize + ?Sized>(self, key: &T) -> Result<String, EncodeError> {
        key.serialize(Partial(self))
    }

    fn newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, key: &T) -> Result<String, EncodeError> {
        key.serialize(Partial(self))
    }
}
