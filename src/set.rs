//! DynamoDB's sets, as fields of any collection that serde knows.

/// The modules are alike but for their names.
macro_rules! set {
    ($(#[$doc:meta])* $module:ident, $name:ident) => {
        $(#[$doc])*
        ///
        /// DynamoDB has no empty set: one is stored as no attribute, which `default` reads back. A list is read, too.
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            /// For serde.
            ///
            /// # Errors
            /// If the collection holds another type.
            pub fn serialize<T: Serialize, S: Serializer>(set: &T, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(crate::codec::$name, set)
            }

            /// For serde.
            ///
            /// # Errors
            /// If the attribute is neither set nor list, or holds another type.
            pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                T::deserialize(deserializer)
            }
        }
    };
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
