//! The conversion between serde values and attribute values, and the reader of response bodies.
//!
//! This layer does not know about entities. `model` hides key attributes and the discriminator from serde, and adds the fields
//! that are stored only in the key.

use std::fmt::Display;

pub(crate) mod deserializer;
pub(crate) mod json_reader;
pub(crate) mod json_writer;
pub(crate) mod serializer;
pub(crate) mod set_watch;
pub(crate) mod size;
pub(crate) mod struct_watch;
pub(crate) mod value_ref;
pub(crate) mod value_writer;

pub(crate) use deserializer::decode as decode_value;
pub(crate) use json_reader::{ByteRange, ItemVisitor, ReadOperation, read as read_answer, read_item};
pub use serializer::EncodeError;
pub(crate) use serializer::{encode as encode_value, encode_operand};
pub(crate) use size::{MAX_ITEM, check_size};
pub(crate) use value_ref::Entries;

/// Joins a name and the path below it, for example `lines[2].price`.
pub(crate) fn joined(name: impl Display, path: &str) -> String {
    let joint = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{name}{joint}{path}")
}
