use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};

use crate::limit::check_key_name;

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum KeyType {
    /// A string.
    #[default]
    S,
    /// A number.
    N,
    /// Binary.
    B,
}

/// A key attribute. In the file it is `"gsi1pk"`, or `{ "name": "score", "type": "N" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAttribute {
    /// The attribute's name in the table.
    pub name: String,
    /// The attribute's type. If the file contains only a name, the type is string.
    pub key_type: KeyType,
}

impl KeyAttribute {
    pub(crate) fn string(name: &str) -> Self {
        Self { name: name.to_owned(), key_type: KeyType::S }
    }
}

impl<'de> Deserialize<'de> for KeyAttribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = KeyAttribute;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"the name of a key attribute, or { "name": "..", "type": "S" }"#)
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<KeyAttribute, E> {
                check_key_name(name).map_err(E::custom)?;
                Ok(KeyAttribute::string(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyAttribute, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Long {
                    name: String,
                    #[serde(default, rename = "type")]
                    key_type: KeyType,
                }
                let Long { name, key_type } = Long::deserialize(de::value::MapAccessDeserializer::new(map))?;
                check_key_name(&name).map_err(de::Error::custom)?;
                Ok(KeyAttribute { name, key_type })
            }
        }

        deserializer.deserialize_any(KeyVisitor)
    }
}

impl Serialize for KeyAttribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.key_type == KeyType::S {
            return serializer.serialize_str(&self.name);
        }
        let mut long = serializer.serialize_struct("KeyAttribute", 2)?;
        long.serialize_field("name", &self.name)?;
        long.serialize_field("type", &self.key_type)?;
        long.end()
    }
}
