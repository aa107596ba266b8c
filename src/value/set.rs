//! DynamoDB sets, as fields of any collection type that serde supports.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// Defines the module for one kind of set.
macro_rules! set {
    ($(#[$doc:meta])* $module:ident, $name:ident) => {
        $(#[$doc])*
        ///
        /// DynamoDB has no empty sets. An empty collection is stored as no attribute; `#[serde(default)]` reads it back. A list
        /// can be read as well.
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            /// Read by the derives, which see only the path of this module in a field's attribute.
            #[doc(hidden)]
            pub const __MONOTABLE_SET: bool = true;

            /// Serializes a collection as a set. Called by serde.
            ///
            /// # Errors
            /// If the collection contains values of another type.
            pub fn serialize<T: Serialize, S: Serializer>(set: &T, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(crate::value::marker::$name, set)
            }

            /// Deserializes a collection from a set or a list. Called by serde.
            ///
            /// # Errors
            /// If the attribute is neither a set nor a list, or contains values of another type.
            pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                deserializer.deserialize_newtype_struct(crate::value::marker::$name, super::Collection(std::marker::PhantomData))
            }
        }
    };
}

/// Deserializes a collection from a set or a list.
struct Collection<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Collection<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a set or a list")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        // A set that serde buffered is in a second newtype struct.
        deserializer.deserialize_newtype_struct("set", Buffered(PhantomData))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq))
    }
}

/// Deserializes a collection from the values of a set.
struct Buffered<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Buffered<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a set or a list")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq))
    }
}

set! {
    /// A set of strings (`SS`), such as a `HashSet<String>`.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Article {
    ///     #[serde(default, with = "monotable::string_set")]
    ///     tags: BTreeSet<String>,
    /// }
    /// ```
    string_set, STRING_SET
}

set! {
    /// A set of numbers (`NS`), such as a `BTreeSet<u32>` or a `Vec<N<Decimal>>`: `with = "monotable::number_set"`.
    number_set, NUMBER_SET
}

set! {
    /// A set of binary values (`BS`), such as a `HashSet<B>`: `with = "monotable::binary_set"`.
    binary_set, BINARY_SET
}
