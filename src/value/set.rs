//! DynamoDB's sets, as fields of any collection that serde knows.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// The modules are alike but for their names.
macro_rules! set {
    ($(#[$doc:meta])* $module:ident, $name:ident) => {
        $(#[$doc])*
        ///
        /// DynamoDB has no empty set: one is stored as no attribute, which `default` reads back. A list is read, too.
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            /// For the derives, which see no more of a field than the path of this module.
            #[doc(hidden)]
            pub const __MONOTABLE_SET: bool = true;

            /// For serde.
            ///
            /// # Errors
            /// If the collection holds another type.
            pub fn serialize<T: Serialize, S: Serializer>(set: &T, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(crate::value::marker::$name, set)
            }

            /// For serde.
            ///
            /// # Errors
            /// If the attribute is neither set nor list, or holds another type.
            pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                deserializer.deserialize_newtype_struct(crate::value::marker::$name, super::Collection(std::marker::PhantomData))
            }
        }
    };
}

/// A collection, from a set or a list.
struct Collection<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Collection<T> {
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
