//! Items in DynamoDB's JSON, as requests have them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, WriteRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Error, Serialize, SerializeMap, Serializer};

/// The value in DynamoDB's JSON. A type that this version of the SDK does not know is an error.
pub(crate) struct Json<'a, T>(pub &'a T);

fn one<S: Serializer>(serializer: S, name: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}

impl Serialize for Json<'_, AttributeValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::S(text) => one(serializer, "S", text),
            AttributeValue::N(number) => one(serializer, "N", number),
            AttributeValue::B(bytes) => one(serializer, "B", &Json(bytes)),
            AttributeValue::Bool(value) => one(serializer, "BOOL", value),
            AttributeValue::Null(value) => one(serializer, "NULL", value),
            AttributeValue::M(entries) => one(serializer, "M", &Json(entries)),
            AttributeValue::L(values) => one(serializer, "L", &Json(values)),
            AttributeValue::Ss(texts) => one(serializer, "SS", texts),
            AttributeValue::Ns(numbers) => one(serializer, "NS", numbers),
            AttributeValue::Bs(binaries) => one(serializer, "BS", &Json(binaries)),
            _ => Err(S::Error::custom("a type unknown to this version of the SDK")),
        }
    }
}

impl Serialize for Json<'_, Blob> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

macro_rules! collections {
    ($($element:ty)*) => {$(
        impl Serialize for Json<'_, Vec<$element>> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(Json))
            }
        }
    )*};
}

collections! { AttributeValue Blob WriteRequest }

macro_rules! maps {
    ($($value:ty)*) => {$(
        impl Serialize for Json<'_, HashMap<String, $value>> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, value)| (name, Json(value))))
            }
        }
    )*};
}

maps! { AttributeValue Vec<WriteRequest> }

impl Serialize for Json<'_, WriteRequest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Holding<'a>(&'static str, &'a HashMap<String, AttributeValue>);

        impl Serialize for Holding<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                one(serializer, self.0, &Json(self.1))
            }
        }

        let mut map = serializer.serialize_map(None)?;
        if let Some(put) = &self.0.put_request {
            map.serialize_entry("PutRequest", &Holding("Item", &put.item))?;
        }
        if let Some(delete) = &self.0.delete_request {
            map.serialize_entry("DeleteRequest", &Holding("Key", &delete.key))?;
        }
        map.end()
    }
}
