//! The names of newtypes that pass a DynamoDB type through serde.

/// These names select the stored type in this crate's serializer. Other serializers ignore them.
pub(crate) const STRING_SET: &str = "monotable::string_set";

pub(crate) const NUMBER_SET: &str = "monotable::number_set";

pub(crate) const BINARY_SET: &str = "monotable::binary_set";

pub(crate) const NUMBER: &str = "monotable::N";

/// Returns which set a newtype with this name is, if any. The names of `serde_dynamo` have the same meaning as this crate's.
pub(crate) fn set_kind(name: &str) -> Option<&'static str> {
    match name {
        STRING_SET | "\u{37E}STRINGSET\u{37E}" => Some(STRING_SET),
        NUMBER_SET | "\u{37E}NUMBERSET\u{37E}" => Some(NUMBER_SET),
        BINARY_SET | "\u{37E}BYTESSET\u{37E}" => Some(BINARY_SET),
        _ => None,
    }
}
