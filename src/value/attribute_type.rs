//! The types of attribute values, and the names that DynamoDB has for them in its JSON and in expressions.

use aws_sdk_dynamodb::types::AttributeValue;

/// A DynamoDB attribute type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "DynamoDB's own names")]
#[non_exhaustive]
pub enum AttributeType {
    S,
    N,
    B,
    Ss,
    Ns,
    Bs,
    M,
    L,
    Null,
    Bool,
}

impl AttributeType {
    /// Returns DynamoDB's name for the type.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
            Self::M => "M",
            Self::L => "L",
            Self::Null => "NULL",
            Self::Bool => "BOOL",
        }
    }

    /// Returns the type of a value; `None` if this version of the SDK does not know it.
    pub(crate) fn of(value: &AttributeValue) -> Option<Self> {
        Some(match value {
            AttributeValue::S(_) => Self::S,
            AttributeValue::N(_) => Self::N,
            AttributeValue::B(_) => Self::B,
            AttributeValue::Ss(_) => Self::Ss,
            AttributeValue::Ns(_) => Self::Ns,
            AttributeValue::Bs(_) => Self::Bs,
            AttributeValue::M(_) => Self::M,
            AttributeValue::L(_) => Self::L,
            AttributeValue::Null(_) => Self::Null,
            AttributeValue::Bool(_) => Self::Bool,
            _ => return None,
        })
    }

    /// Returns the name of a type for error messages.
    pub(crate) fn name(known: Option<Self>) -> &'static str {
        known.map_or("a type unknown to this version of the SDK", Self::tag)
    }
}

/// Returns the name of the type of a value for error messages.
pub(crate) fn type_tag(value: &AttributeValue) -> &'static str {
    AttributeType::name(AttributeType::of(value))
}
