//! The serialized value of a field.

use aws_sdk_dynamodb::types::AttributeValue;

/// The value of a field as an attribute value.
#[doc(hidden)]
#[derive(Clone)]
pub struct Encoded {
    /// `None` if DynamoDB has no such value, for example for an empty set.
    pub(crate) value: Option<AttributeValue>,
    /// Whether serde omits the field, so that the value is not stored.
    pub(crate) is_skipped: bool,
}

impl Encoded {
    /// Returns the value that is stored; `None` if no attribute is stored.
    pub(crate) fn stored(self) -> Option<AttributeValue> {
        self.value.filter(|_| !self.is_skipped)
    }
}

impl From<Option<AttributeValue>> for Encoded {
    fn from(value: Option<AttributeValue>) -> Self {
        Self { value, is_skipped: false }
    }
}

/// Does not show the value.
impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoded").field("is_skipped", &self.is_skipped).finish_non_exhaustive()
    }
}
