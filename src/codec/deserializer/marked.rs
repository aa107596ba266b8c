//! Keeps a value recognizable after serde buffered it.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::codec::deserializer::Error;

/// A value in a second newtype struct. A newtype struct of the user, such as `struct Id(String)`, unwraps only one when it reads
/// what serde buffered, so that it cannot read the text of a number as a string, or a set as a list.
pub(super) struct Marked<D>(pub D);

impl<'a, D: Deserializer<'a, Error = Error>> Deserializer<'a> for Marked<D> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self.0)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
