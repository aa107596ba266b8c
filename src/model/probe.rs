//! Asks an entity's `Deserialize` about attributes without an item: whether a value fits a field, and which fields a nested
//! struct has.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::deserializer::Error;
use crate::codec::set_watch::SetObserver;
use crate::codec::struct_watch::StructObserver;
use crate::model::decode::{AttributeReader, Seen};
use crate::model::{EntityModel, EntityType};
use crate::value::document_path::PathElement;

/// The reason why a value does not fit a field.
pub(crate) struct Mismatch(pub String);

/// Checks whether the entity can deserialize this value at this path. Other attributes may be missing.
///
/// # Errors
/// Fails if the field at this path has another type.
pub(crate) fn check_readable<E: EntityModel>(steps: &[PathElement], value: &AttributeValue) -> Result<(), Mismatch> {
    let Some((PathElement::Name(root), rest)) = steps.split_first() else { return Ok(()) };
    let nested = rest.iter().rev().fold(value.clone(), |value, step| match step {
        PathElement::Name(name) => AttributeValue::M([(name.clone(), value)].into()),
        PathElement::Index(_) => AttributeValue::L(vec![value]),
    });
    let watch = SetObserver::begin();
    let error = read_only::<E>(root, nested).err();
    explain(root, rest, watch.end(), error)
}

/// Deserializes an item that has only this attribute.
fn read_only<E: EntityModel>(root: &str, value: AttributeValue) -> Result<(), Error> {
    let attributes = [(root, value)];
    let layout = EntityType::of::<E>().layout;
    E::__deserialize(AttributeReader::new(Seen::only(&attributes, layout))).map(drop)
}

/// Returns the mismatch at the path. Errors elsewhere, such as other missing fields, do not count.
fn explain(root: &str, rest: &[PathElement], has_lost_set: bool, error: Option<Error>) -> Result<(), Mismatch> {
    if has_lost_set {
        return Err(Mismatch("expected L; for a set, use the constant of its field".to_owned()));
    }
    let Some(error) = error else { return Ok(()) };
    let mut path = root.to_owned();
    for step in rest {
        match step {
            PathElement::Name(name) => path.push_str(&format!(".{name}")),
            // The list has only this element.
            PathElement::Index(_) => path.push_str("[0]"),
        }
    }
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
    let (root, rest) = path.split_first()?;
    // No struct can be deserialized from this value, so the fields of the struct are recorded. The result does not matter.
    let wrong = AttributeValue::Bool(true);
    let nested = rest.iter().rev().fold(wrong, |value, name| AttributeValue::M([((*name).to_owned(), value)].into()));
    let watch = StructObserver::begin();
    let _ = read_only::<E>(root, nested);
    watch.end()
}
