//! The names of newtypes that carry a type of DynamoDB through serde.

/// The names of newtypes that say to this crate's serializer, and to no other, what their values are to be.
pub(crate) const STRING_SET: &str = "monotable::string_set";

pub(crate) const NUMBER_SET: &str = "monotable::number_set";

pub(crate) const BINARY_SET: &str = "monotable::binary_set";

pub(crate) const NUMBER: &str = "monotable::N";

/// Whether a newtype of this name is a set, and of which kind: this crate's, or serde_dynamo's, which has names of the same meaning.
pub(crate) fn set_kind(name: &str) -> Option<&'static str> {
    match name {
        STRING_SET | "\u{37E}STRINGSET\u{37E}" => Some(STRING_SET),
        NUMBER_SET | "\u{37E}NUMBERSET\u{37E}" => Some(NUMBER_SET),
        BINARY_SET | "\u{37E}BYTESSET\u{37E}" => Some(BINARY_SET),
        _ => None,
    }
}
