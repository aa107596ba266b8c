//! Finds fields that read a set but would write a list.
//!
//! monotable's set modules mark their fields as sets. The modules of `serde_dynamo` do not, and a field without a module does not
//! either: to serde, both read a list. They differ in what they write, so this module compares the written value with the stored
//! one.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::value_ref::{Entries, ValueRef};
use crate::codec::{EncodeError, joined};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{EntityModel, encode};
use crate::schema::EntitySchema;

/// Rejects an entity that has read a set and would write a list.
#[cold]
#[inline(never)]
pub(super) fn check<E: EntityModel>(entity: &E, stored: Entries<'_>) -> Result<()> {
    compare(E::__SCHEMA, encode::whole(entity), stored)
}

/// Compares the written fields with the stored ones. Not generic: every entity would otherwise have its own copy.
fn compare(schema: &EntitySchema, written: Result<AttributeValue, EncodeError>, mut stored: Entries<'_>) -> Result<()> {
    let Ok(AttributeValue::M(written)) = written else { return Ok(()) };
    let lost = stored.find_map(|(name, field)| lost(field.shape(), written.get(name)?, name.to_owned()));
    match lost {
        None => Ok(()),
        Some((path, module)) => {
            let message = format!(
                "expected L (a set needs `#[serde(with = \"monotable::{module}\")]`), found {}",
                match module {
                    "string_set" => "SS",
                    "number_set" => "NS",
                    _ => "BS",
                }
            );
            Err(Error::new(ErrorKind::Decode, message).with_operation("decode").entity(schema.name).attribute(path))
        }
    }
}

/// Returns the path of a set that would be written as a list, and the module that its field needs.
fn lost(stored: ValueRef<'_>, written: &AttributeValue, path: String) -> Option<(String, &'static str)> {
    match (stored, written) {
        (ValueRef::Ss(_), AttributeValue::L(_)) => Some((path, "string_set")),
        (ValueRef::Ns(_), AttributeValue::L(_)) => Some((path, "number_set")),
        (ValueRef::Bs(_), AttributeValue::L(_)) => Some((path, "binary_set")),
        (ValueRef::L(values), AttributeValue::L(written)) => {
            let mut pairs = values.zip(written).enumerate();
            pairs.find_map(|(number, (value, written))| lost(value, written, format!("{path}[{number}]")))
        }
        (ValueRef::M(mut entries), AttributeValue::M(written)) => {
            entries.find_map(|(name, value)| lost(value.shape(), written.get(name)?, joined(&path, name)))
        }
        _ => None,
    }
}
