//! Deserializes sets, which serde's data model does not have. Only the modules for sets request this form.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::codec::deserializer::{Error, Value};
use crate::codec::value_ref::ValueRef;

/// The value of a field that is stored as a set. It may be a list as well.
pub(super) struct Set<'a>(pub ValueRef<'a>);

impl<'a> Deserializer<'a> for Set<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::L(values) | ValueRef::Ss(values) | ValueRef::Ns(values) | ValueRef::Bs(values) => {
                Value::seq(values, visitor)
            }
            other => Value(other).expected("a set or L"),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            ValueRef::Null(_) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
