//! A field's value, encoded.

use aws_sdk_dynamodb::types::AttributeValue;

/// A field's value as an attribute value.
#[doc(hidden)]
#[derive(Clone)]
pub struct Encoded {
    /// `None` is what DynamoDB has no value for, such as an empty set.
    pub(crate) value: Option<AttributeValue>,
    /// serde omits the field, so the value is not stored.
    pub(crate) is_skipped: bool,
}

impl Encoded {
    /// The value that is stored; `None` if no attribute is stored.
    pub(crate) fn stored(self) -> Option<AttributeValue> {
        self.value.filter(|_| !self.is_skipped)
    }
}

impl From<Option<AttributeValue>> for Encoded {
    fn from(value: Option<AttributeValue>) -> Self {
        Self { value, is_skipped: false }
    }
}

/// `Debug` shows no values.
impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoded").field("is_skipped", &self.is_skipped).finish_non_exhaustive()
    }
}
