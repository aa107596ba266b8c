//! Entities to items and back, through serde: the one seam between stored attributes and Rust values.
//!
//! serde sees neither key attributes nor the discriminator, on the way in or out; what lives in the key alone is given
//! back to it here.

use std::fmt::Display;

mod decimal;
mod decode;
mod encode;
mod json;
mod probe;
mod same;
mod serializer;
mod shape;
mod size;
mod stored;
mod text;
mod unmarked;
mod value;
mod wire;

pub(crate) use decimal::Decimal;
pub(crate) use decode::{entity as decode_entity, projection as decode_projection};
pub(crate) use encode::{check_ttl, entity as encode_entity, value as encode_value};
pub(crate) use probe::{Mismatch, check_readable, nested_fields};
pub(crate) use same::{order, values as same_values};
pub use serializer::EncodeError;
pub(crate) use serializer::encode_operand;
pub(crate) use shape::Entries;
pub(crate) use size::{MAX_ITEM, check_size};
pub(crate) use stored::At;
pub use stored::Stored;
pub(crate) use text::WriteText;
pub(crate) use value::decode as decode_value;
pub(crate) use wire::{Look, Place, Reads, read as read_answer, read_item};

/// The names of newtypes that say to this crate's serializer, and to no other, what their values are to be.
pub(crate) const STRING_SET: &str = "monotable::string_set";
pub(crate) const NUMBER_SET: &str = "monotable::number_set";
pub(crate) const BINARY_SET: &str = "monotable::binary_set";
pub(crate) const NUMBER: &str = "monotable::N";

/// Whether a newtype of this name is a set, and of which kind: this crate's, or serde_dynamo's, which has names of the same meaning.
pub(crate) fn set_kind(name: &str) -> Option<&'static str> {
    match name {
        STRING_SET | "\u{37E}STRINGSET\u{37E}" => Some(STRING_SET),
        NUMBER_SET | "\u{37E}NUMBERSET\u{37E}" => Some(NUMBER_SET),
        BINARY_SET | "\u{37E}BYTESSET\u{37E}" => Some(BINARY_SET),
        _ => None,
    }
}

/// The path of what stands under a name, such as `lines[2].price`.
fn joined(name: impl Display, path: &str) -> String {
    let joint = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{name}{joint}{path}")
}
