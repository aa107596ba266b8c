//! Serializes the keys of maps, which are strings in DynamoDB.

use std::fmt::Display;

use serde::ser::{Error, Impossible, Serialize};

use crate::codec::serializer::EncodeError;
use crate::codec::serializer::partial::{Partial, PartialSerializer};

/// Serializes a map key: a string, or a type with an obvious text.
pub(super) struct MapKey;

impl PartialSerializer for MapKey {
    type Ok = String;
    type Error = EncodeError;
    type SerializeSeq = Impossible<String, EncodeError>;
    type SerializeStruct = Impossible<String, EncodeError>;

    fn unsupported() -> EncodeError {
        EncodeError::custom(
            "the key of a map must be a string, a `char`, an integer, a `bool` or a variant without fields",
        )
    }

    fn bool(self, key: bool) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn integer(self, key: impl Display) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn large_integer(self, key: impl Display) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn char(self, key: char) -> Result<String, EncodeError> {
        Ok(key.to_string())
    }

    fn str(self, key: &str) -> Result<String, EncodeError> {
        Ok(key.to_owned())
    }

    fn unit_variant(self, variant: &'static str) -> Result<String, EncodeError> {
        Ok(variant.to_owned())
    }

    fn some<T: Serialize + ?Sized>(self, key: &T) -> Result<String, EncodeError> {
        key.serialize(Partial(self))
    }

    fn newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, key: &T) -> Result<String, EncodeError> {
        key.serialize(Partial(self))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use crate::codec::encode_operand;

    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Id(u32);

    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    enum Size {
        Small,
        Other(u32),
    }

    fn stored_key<K: Serialize + Ord>(key: K) -> Result<String, String> {
        let map = encode_operand(&BTreeMap::from([(key, 1)])).map_err(|error| error.to_string())?.unwrap();
        Ok(map.as_m().unwrap().keys().next().unwrap().clone())
    }

    #[test]
    fn a_map_key_with_an_obvious_text_is_stored_as_this_text() {
        assert_eq!(stored_key("a").unwrap(), "a");
        assert_eq!(stored_key('b').unwrap(), "b");
        assert_eq!(stored_key(true).unwrap(), "true");
        assert_eq!(stored_key(-7_i8).unwrap(), "-7");
        assert_eq!(stored_key(u64::MAX).unwrap(), "18446744073709551615");
        assert_eq!(stored_key(i128::MIN).unwrap(), "-170141183460469231731687303715884105728");
        assert_eq!(stored_key(Size::Small).unwrap(), "Small");
        assert_eq!(stored_key(Id(3)).unwrap(), "3");
        assert_eq!(stored_key(Some("c")).unwrap(), "c");
    }

    #[test]
    fn a_map_key_without_an_obvious_text_is_rejected() {
        let message = "the key of a map must be a string, a `char`, an integer, a `bool` or a variant without fields";
        assert_eq!(stored_key(()).unwrap_err(), message);
        assert_eq!(stored_key(None::<&str>).unwrap_err(), message);
        assert_eq!(stored_key((1, 2)).unwrap_err(), message);
        assert_eq!(stored_key(vec![1]).unwrap_err(), message);
        assert_eq!(stored_key(Size::Other(1)).unwrap_err(), message);
    }
}
