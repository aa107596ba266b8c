//! Writes items in the DynamoDB JSON of requests.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, WriteRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Error, Serialize, SerializeMap, Serializer};

use crate::codec::json_reader::MAX_DEPTH;
use crate::value::attribute_type::AttributeType;

/// Serializes a value as DynamoDB JSON. A type that this version of the SDK does not know is an error. A value nested deeper than
/// [`MAX_DEPTH`] is an error as well, because it could not be read again.
pub(crate) struct Json<'a, T> {
    value: &'a T,
    /// The number of maps, lists and sets around the value, without the item's own map.
    depth: usize,
}

impl<'a, T> Json<'a, T> {
    pub fn of(value: &'a T) -> Self {
        Self::nested(value, 0)
    }

    pub fn nested(value: &'a T, depth: usize) -> Self {
        Self { value, depth }
    }

    /// Wraps a value that is nested in this one.
    fn below<U>(&self, value: &'a U) -> Json<'a, U> {
        Json { value, depth: self.depth + 1 }
    }

    fn check<E: Error>(&self) -> Result<(), E> {
        match self.depth < MAX_DEPTH {
            true => Ok(()),
            false => Err(E::custom(format!(
                "the item has more than {MAX_DEPTH} levels of maps, lists and sets; DynamoDB accepts at most 32"
            ))),
        }
    }
}

fn one<S: Serializer>(serializer: S, name: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}

fn typed<S: Serializer>(serializer: S, of: AttributeType, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    one(serializer, of.tag(), value)
}

impl Serialize for Json<'_, AttributeValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            AttributeValue::S(text) => typed(serializer, AttributeType::S, text),
            AttributeValue::N(number) => typed(serializer, AttributeType::N, number),
            AttributeValue::B(bytes) => typed(serializer, AttributeType::B, &Json::of(bytes)),
            AttributeValue::Bool(value) => typed(serializer, AttributeType::Bool, value),
            AttributeValue::Null(value) => typed(serializer, AttributeType::Null, value),
            AttributeValue::M(entries) => typed(serializer, AttributeType::M, &self.below(entries)),
            AttributeValue::L(values) => typed(serializer, AttributeType::L, &self.below(values)),
            AttributeValue::Ss(texts) => typed(serializer, AttributeType::Ss, &self.below(texts)),
            AttributeValue::Ns(numbers) => typed(serializer, AttributeType::Ns, &self.below(numbers)),
            AttributeValue::Bs(binaries) => typed(serializer, AttributeType::Bs, &self.below(binaries)),
            _ => Err(S::Error::custom("the value has a type unknown to this version of the SDK")),
        }
    }
}

impl Serialize for Json<'_, String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.value)
    }
}

impl Serialize for Json<'_, Blob> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.value))
    }
}

macro_rules! collections {
    ($($element:ty)*) => {$(
        impl Serialize for Json<'_, Vec<$element>> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.check()?;
                serializer.collect_seq(self.value.iter().map(|value| Json { value, depth: self.depth }))
            }
        }
    )*};
}

collections! { AttributeValue String Blob }

impl Serialize for Json<'_, HashMap<String, AttributeValue>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check()?;
        serializer.collect_map(self.value.iter().map(|(name, value)| (name, Json { value, depth: self.depth })))
    }
}

impl Serialize for Json<'_, WriteRequest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Holding<'a>(&'static str, &'a HashMap<String, AttributeValue>);

        impl Serialize for Holding<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                one(serializer, self.0, &Json::of(self.1))
            }
        }

        let mut map = serializer.serialize_map(None)?;
        if let Some(put) = &self.value.put_request {
            map.serialize_entry("PutRequest", &Holding("Item", &put.item))?;
        }
        if let Some(delete) = &self.value.delete_request {
            map.serialize_entry("DeleteRequest", &Holding("Key", &delete.key))?;
        }
        map.end()
    }
}
