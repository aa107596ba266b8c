//! References to attribute values, either in an item of the SDK or in a response body.

use std::borrow::Cow;
use std::collections::{HashMap, hash_map};
use std::slice;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::codec::json_reader::{ItemTokens, TokenIter};
use crate::value::attribute_type::AttributeType;

/// The type and the contents of an attribute value, by reference.
#[derive(Clone)]
pub(crate) enum ValueRef<'a> {
    S(&'a str),
    N(&'a str),
    Bool(bool),
    Null(bool),
    B(&'a [u8]),
    Base64(&'a str),
    M(Entries<'a>),
    L(Values<'a>),
    Ss(Values<'a>),
    Ns(Values<'a>),
    Bs(Values<'a>),
    /// A type that this version of the SDK does not know. Its contents are not available.
    Unknown(&'a AttributeValue),
}

impl<'a> From<&'a AttributeValue> for ValueRef<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::S(text) => Self::S(text),
            AttributeValue::N(number) => Self::N(number),
            AttributeValue::Bool(value) => Self::Bool(*value),
            AttributeValue::Null(value) => Self::Null(*value),
            AttributeValue::B(bytes) => Self::B(bytes.as_ref()),
            AttributeValue::M(entries) => Self::M(entries.into()),
            AttributeValue::L(values) => Self::L(Values::Listed(values.iter())),
            AttributeValue::Ss(texts) => Self::Ss(Values::Texts(texts.iter())),
            AttributeValue::Ns(numbers) => Self::Ns(Values::Numbers(numbers.iter())),
            AttributeValue::Bs(binaries) => Self::Bs(Values::Binaries(binaries.iter())),
            unknown => Self::Unknown(unknown),
        }
    }
}

/// A value whose type was not read yet.
#[derive(Clone, Copy)]
pub(crate) enum LazyValue<'a> {
    Sdk(&'a AttributeValue),
    /// The token with this index.
    Wire(&'a ItemTokens<'a>, usize),
}

impl<'a> LazyValue<'a> {
    #[inline]
    pub fn shape(self) -> ValueRef<'a> {
        match self {
            Self::Sdk(value) => value.into(),
            Self::Wire(tape, token) => tape.shape(token),
        }
    }
}

impl<'a> ValueRef<'a> {
    /// Returns the name of the type for error messages.
    pub fn tag(&self) -> &'static str {
        AttributeType::name(match self {
            Self::S(_) => Some(AttributeType::S),
            Self::N(_) => Some(AttributeType::N),
            Self::Bool(_) => Some(AttributeType::Bool),
            Self::Null(_) => Some(AttributeType::Null),
            Self::B(_) | Self::Base64(_) => Some(AttributeType::B),
            Self::M(_) => Some(AttributeType::M),
            Self::L(_) => Some(AttributeType::L),
            Self::Ss(_) => Some(AttributeType::Ss),
            Self::Ns(_) => Some(AttributeType::Ns),
            Self::Bs(_) => Some(AttributeType::Bs),
            Self::Unknown(_) => None,
        })
    }

    /// Returns the text of a key; `None` for a type that a key cannot have.
    #[inline]
    pub fn key_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::S(text) | Self::N(text) => Some(Cow::Borrowed(text)),
            Self::B(_) | Self::Base64(_) => String::from_utf8(self.bytes()?).ok().map(Cow::Owned),
            _ => None,
        }
    }

    /// Returns the text of a number; `None` for any other type.
    pub fn number(&self) -> Option<&'a str> {
        match self {
            Self::N(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the bytes of a binary value; `None` for any other type.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::B(bytes) => Some(bytes.to_vec()),
            Self::Base64(text) => STANDARD.decode(text).ok(),
            _ => None,
        }
    }

    /// Copies the value into the SDK's type.
    pub fn to_attribute(&self) -> AttributeValue {
        let blob = |shape: &Self| Blob::new(shape.bytes().unwrap_or_default());
        let texts = |values: &Values<'a>| {
            let text = |shape: ValueRef<'a>| match shape {
                Self::S(text) | Self::N(text) => Some(text.to_owned()),
                _ => None,
            };
            values.clone().filter_map(text).collect()
        };
        match self {
            Self::S(text) => AttributeValue::S((*text).to_owned()),
            Self::N(number) => AttributeValue::N((*number).to_owned()),
            Self::Bool(value) => AttributeValue::Bool(*value),
            Self::Null(value) => AttributeValue::Null(*value),
            Self::Unknown(value) => (*value).clone(),
            Self::B(_) | Self::Base64(_) => AttributeValue::B(blob(self)),
            Self::M(entries) => AttributeValue::M(entries.clone().into_attributes()),
            Self::L(values) => AttributeValue::L(values.clone().map(|value| value.to_attribute()).collect()),
            Self::Ss(values) => AttributeValue::Ss(texts(values)),
            Self::Ns(values) => AttributeValue::Ns(texts(values)),
            Self::Bs(values) => AttributeValue::Bs(values.clone().map(|value| blob(&value)).collect()),
        }
    }
}

/// The entries of a map, or the attributes of an item.
#[derive(Clone)]
pub(crate) enum Entries<'a> {
    Sdk(hash_map::Iter<'a, String, AttributeValue>),
    Wire(TokenIter<'a>),
}

impl<'a> From<&'a HashMap<String, AttributeValue>> for Entries<'a> {
    fn from(entries: &'a HashMap<String, AttributeValue>) -> Self {
        Self::Sdk(entries.iter())
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, LazyValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Sdk(entries) => entries.next().map(|(name, value)| (name.as_str(), LazyValue::Sdk(value))),
            Self::Wire(tokens) => tokens.next(),
        }
    }
}

impl<'a> Entries<'a> {
    /// Returns the value with this name, if it is among the remaining entries.
    #[inline]
    pub fn find_named(mut self, name: &str) -> Option<LazyValue<'a>> {
        self.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the number of remaining entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Sdk(entries) => entries.len(),
            Self::Wire(tokens) => tokens.len(),
        }
    }

    pub fn into_attributes(self) -> HashMap<String, AttributeValue> {
        let mut attributes = HashMap::with_capacity(self.len());
        attributes.extend(self.map(|(name, value)| (name.to_owned(), value.shape().to_attribute())));
        attributes
    }
}

/// The values of a list or a set.
#[derive(Clone)]
pub(crate) enum Values<'a> {
    Listed(slice::Iter<'a, AttributeValue>),
    Texts(slice::Iter<'a, String>),
    Numbers(slice::Iter<'a, String>),
    Binaries(slice::Iter<'a, Blob>),
    Wire(TokenIter<'a>),
}

impl<'a> Iterator for Values<'a> {
    type Item = ValueRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<ValueRef<'a>> {
        match self {
            Self::Listed(values) => values.next().map(ValueRef::from),
            Self::Texts(texts) => texts.next().map(|text| ValueRef::S(text)),
            Self::Numbers(numbers) => numbers.next().map(|number| ValueRef::N(number)),
            Self::Binaries(binaries) => binaries.next().map(|bytes| ValueRef::B(bytes.as_ref())),
            Self::Wire(tokens) => tokens.next().map(|(_, value)| value.shape()),
        }
    }
}

impl Values<'_> {
    /// Returns the number of remaining values.
    pub fn len(&self) -> usize {
        match self {
            Self::Listed(values) => values.len(),
            Self::Texts(values) | Self::Numbers(values) => values.len(),
            Self::Binaries(values) => values.len(),
            Self::Wire(tokens) => tokens.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_binary_key_is_its_utf_8() {
        assert_eq!(ValueRef::B(b"USER#1").key_text().as_deref(), Some("USER#1"));
        assert_eq!(ValueRef::Base64("VVNFUiMx").key_text().as_deref(), Some("USER#1"));
        assert_eq!(ValueRef::B(&[0xff]).key_text(), None);
        assert_eq!(ValueRef::Bool(true).key_text(), None);
    }
}
