//! Asks an entity's `Deserialize` about attributes without an item: whether a value fits a field, and which fields a nested
//! struct has and requires.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::deserializer::{Error, MISSING};
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
    if has_tuple::<E>(root, rest) {
        return Ok(());
    }
    let nested = nested(rest, value.clone());
    let watch = SetObserver::begin();
    let error = read_only::<E>(root, nested).err();
    explain(root, rest, watch.end(), error)
}

/// Returns whether the struct that contains this path cannot be deserialized without it. `false` if monotable cannot tell.
pub(crate) fn is_required<E: EntityModel>(steps: &[PathElement]) -> bool {
    let Some((PathElement::Name(removed), parents)) = steps.split_last() else { return false };
    let Some((PathElement::Name(root), inside)) = parents.split_first() else { return false };
    if has_tuple::<E>(root, inside) {
        return false;
    }
    let place = place(root, inside);
    let mismatch = |fields: &HashMap<String, AttributeValue>| {
        let value = nested(inside, AttributeValue::M(fields.clone()));
        let (at, message) = read_only::<E>(root, value).err()?.into_parts();
        Some((at.strip_prefix(&place)?.strip_prefix('.')?.to_owned(), message))
    };
    let is_missing = |fields: &_, name: &str| mismatch(fields).is_some_and(|(at, why)| at == name && why == MISSING);
    // A struct reports the first field that is missing. The fields before the removed one get any value that they accept. An enum
    // gets none: its variant may decide which other fields are required.
    let mut fields = HashMap::new();
    for _ in 0..MAX_FIELDS {
        match mismatch(&fields) {
            Some((field, message)) if message == MISSING && field == *removed => {
                // A name that contains a dot looks like a path, so the reported field may be another one.
                fields.insert(field, AttributeValue::Null(true));
                return !is_missing(&fields, removed);
            }
            Some((field, message)) if message == MISSING => {
                for sample in samples() {
                    insert(&mut fields, &field, sample);
                    if mismatch(&fields).is_none_or(|(at, _)| at != field) {
                        break;
                    }
                }
            }
            _ => return false,
        }
    }
    false
}

/// How many missing fields get a value. A type that contains itself would go on without end.
const MAX_FIELDS: usize = 100;

/// Returns a value of each type that a field may have.
fn samples() -> [AttributeValue; 10] {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    [
        text(""),
        AttributeValue::N("1".to_owned()),
        AttributeValue::Bool(false),
        AttributeValue::L(Vec::new()),
        AttributeValue::M(HashMap::new()),
        AttributeValue::B(Blob::new([])),
        text("2000-01-01"),
        text("2000-01-01T00:00:00Z"),
        text("00000000-0000-0000-0000-000000000000"),
        text("a"),
    ]
}

/// Inserts a value at a path whose parents are maps.
fn insert(fields: &mut HashMap<String, AttributeValue>, path: &str, value: AttributeValue) {
    match path.split_once('.') {
        None => drop(fields.insert(path.to_owned(), value)),
        Some((parent, rest)) => {
            if let Some(AttributeValue::M(parent)) = fields.get_mut(parent) {
                insert(parent, rest, value);
            }
        }
    }
}

/// Returns whether the path contains an index after the first one of a list whose elements have different types. A probe has only
/// the first element.
fn has_tuple<E: EntityModel>(root: &str, path: &[PathElement]) -> bool {
    path.iter().enumerate().any(|(number, step)| {
        let list = &path[..number];
        let is_tuple = || {
            let error = read_only::<E>(root, nested(list, AttributeValue::L(Vec::new()))).err();
            error.is_some_and(|error| error.into_parts().0 == place(root, list))
        };
        matches!(step, PathElement::Index(1..)) && is_tuple()
    })
}

/// Returns the value as the part of an attribute at this path.
fn nested(path: &[PathElement], value: AttributeValue) -> AttributeValue {
    path.iter().rev().fold(value, |value, step| match step {
        PathElement::Name(name) => AttributeValue::M([(name.clone(), value)].into()),
        PathElement::Index(_) => AttributeValue::L(vec![value]),
    })
}

/// Returns the path in an error about a value from [`nested`].
fn place(root: &str, path: &[PathElement]) -> String {
    let mut place = root.to_owned();
    for step in path {
        match step {
            PathElement::Name(name) => place.push_str(&format!(".{name}")),
            // The list has only this element.
            PathElement::Index(_) => place.push_str("[0]"),
        }
    }
    place
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
    let (at, message) = error.into_parts();
    match at.strip_prefix(&place(root, rest)) {
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
