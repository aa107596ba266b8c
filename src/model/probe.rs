//! Asks an entity's `Deserialize` about attributes without an item: whether a value fits a field, and which fields a nested
//! struct has.

use std::iter;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::codec::set_watch;
use crate::codec::value_ref::LazyValue;
use crate::model::EntityModel;
use crate::model::decode::AttributeReader;
use crate::value::document_path::PathElement;

/// The reason why a value does not fit a field.
pub(crate) struct Mismatch(pub String);

/// Checks whether the entity can deserialize this value at this path. Other attributes may be missing.
///
/// # Errors
/// Fails if the field at this path has another type.
pub(crate) fn check_readable<E: EntityModel>(steps: &[PathElement], value: &AttributeValue) -> Result<(), Mismatch> {
    let Some((PathElement::Name(root), rest)) = steps.split_first() else { return Ok(()) };
    let mut path = root.clone();
    for step in rest {
        match step {
            PathElement::Name(name) => path.push_str(&format!(".{name}")),
            // The list below has only this element.
            PathElement::Index(_) => path.push_str("[0]"),
        }
    }
    let nested = rest.iter().rev().fold(value.clone(), |value, step| match step {
        PathElement::Name(name) => AttributeValue::M([(name.clone(), value)].into()),
        PathElement::Index(_) => AttributeValue::L(vec![value]),
    });
    let attributes = AttributeReader::new(iter::once((root.as_str(), LazyValue::Sdk(&nested))));
    let watch = set_watch::SetObserver::begin();
    let read = E::__deserialize(attributes);
    if watch.end() {
        return Err(Mismatch("expected L; for a set, use the constant of its field".to_owned()));
    }
    let Err(error) = read else { return Ok(()) };
    let (place, message) = error.into_parts();
    match place.strip_prefix(&path) {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) && !message.contains("missing") => {
            Err(Mismatch(message))
        }
        _ => Ok(()),
    }
}

/// Returns the names that serde uses for the fields of the struct at this path; `None` if the value is not a struct.
pub(crate) fn nested_fields<E: EntityModel>(path: &[&str]) -> Option<&'static [&'static str]> {
    let mut found = None;
    // The probe always ends with an error.
    let _ = E::__deserialize(Probe { path: Some(path), found: &mut found });
    found
}

/// Follows a path through structs, and records the field names of the struct at its end.
struct Probe<'p, 'f> {
    path: Option<&'p [&'p str]>,
    found: &'f mut Option<&'static [&'static str]>,
}

impl Probe<'_, '_> {
    fn end<T>() -> Result<T, Error> {
        Err(Error::custom("the probe ends here"))
    }
}

impl<'de> Deserializer<'de> for Probe<'_, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Self::end()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.path {
            Some([]) | None => {
                *self.found = Some(fields);
                Self::end()
            }
            Some(_) => visitor.visit_map(self),
        }
    }

    /// Serde deserializes a struct with a flattened field as a map.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.path {
            Some([]) | None => Self::end(),
            Some(_) => visitor.visit_map(self),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'de>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct enum identifier ignored_any
    }
}

/// A map with one entry: the next step of the path.
impl<'de> MapAccess<'de> for Probe<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some([next, ..]) = self.path else { return Self::end() };
        seed.deserialize(StrDeserializer::<Error>::new(next)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let path = self.path.take().and_then(|path| path.get(1..));
        seed.deserialize(Probe { path, found: &mut *self.found })
    }
}
