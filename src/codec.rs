//! Entities to items and back, through serde: the one seam between stored attributes and Rust values.
//!
//! serde sees neither key attributes nor the discriminator, on the way in or out; what lives in the key alone is given
//! back to it here.

use std::fmt::Display;

pub(crate) mod deserializer;
pub(crate) mod json_reader;
pub(crate) mod json_writer;
pub(crate) mod serializer;
pub(crate) mod set_watch;
pub(crate) mod size;
pub(crate) mod value_ref;

pub(crate) use deserializer::decode as decode_value;
pub(crate) use json_reader::{ByteRange, ItemVisitor, ReadOperation, read as read_answer, read_item};
pub use serializer::EncodeError;
pub(crate) use serializer::{encode as encode_value, encode_operand};
pub(crate) use size::{MAX_ITEM, check_size};
pub(crate) use value_ref::Entries;

/// The path of what stands under a name, such as `lines[2].price`.
pub(crate) fn joined(name: impl Display, path: &str) -> String {
    let joint = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{name}{joint}{path}")
}
