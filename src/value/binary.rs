use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Bytes that are stored as a binary attribute (`B`). serde serializes a plain `Vec<u8>` as a list of numbers.
///
/// `Debug` shows only the number of bytes. A key template writes the bytes as hexadecimal digits.
#[doc(alias = "BinaryAttribute")]
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct B(
    /// The bytes.
    pub Vec<u8>,
);

impl From<Vec<u8>> for B {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for B {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for B {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes.into())
    }
}

impl From<B> for Vec<u8> {
    fn from(bytes: B) -> Self {
        bytes.0
    }
}

impl AsRef<[u8]> for B {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for B {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B({} bytes)", self.0.len())
    }
}

impl Serialize for B {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for B {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = B;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<B, E> {
                Ok(bytes.into())
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<B, E> {
                Ok(bytes.into())
            }

            /// Formats without bytes, such as JSON, contain a list of numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<B, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = numbers.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes.into())
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}
