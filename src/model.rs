//! What an entity and its table are: the traits that the derives implement, and what follows from them without any request:
//! keys, items, decoding.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod encode_json;
pub(crate) mod entity;
pub(crate) mod field_key;
pub(crate) mod index_key;
pub(crate) mod key;
pub(crate) mod managed;
pub(crate) mod partial_item;
mod probe;
pub(crate) mod projection;
pub(crate) mod read_target;
mod stored_item;
pub(crate) mod table;
mod unmarked;

pub(crate) use decode::{entity as decode_entity, projection as decode_projection};
pub(crate) use encode::{check_ttl, entity as encode_entity};
pub(crate) use encode_json::WriteText;
pub use entity::EntityModel;
pub(crate) use probe::{Mismatch, check_readable, nested_fields};
pub(crate) use stored_item::At;
pub use stored_item::Stored;
pub use table::TableModel;
