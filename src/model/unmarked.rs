//! Sets that were read by a field that did not say that it is stored as one.
//!
//! The modules of this crate say so. Those of serde_dynamo do not: to serde, their fields are lists. Nor does a field that has no
//! module at all, and that would write a list where a set was. The two differ in what they write, so that is looked at.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::joined;
use crate::codec::value_ref::{Entries, ValueRef};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{EntityModel, encode};

/// Refuses an entity that would write a list where it has read a set.
#[cold]
#[inline(never)]
pub(super) fn check<E: EntityModel>(entity: &E, mut stored: Entries<'_>) -> Result<()> {
    let Ok(AttributeValue::M(written)) = encode::whole(entity) else { return Ok(()) };
    let lost = stored.find_map(|(name, field)| lost(field.shape(), written.get(name)?, name.to_owned()));
    match lost {
        None => Ok(()),
        Some((path, module)) => {
            let message = format!(
                "expected L (a set has `#[serde(with = \"monotable::{module}\")]`), found {}",
                match module {
                    "string_set" => "SS",
                    "number_set" => "NS",
                    _ => "BS",
                }
            );
            Err(Error::new(ErrorKind::Decode, message)
                .with_operation("decode")
                .entity(E::__SCHEMA.name)
                .attribute(path))
        }
    }
}

/// The path of a set that is written as a list, and the module that it lacks.
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
