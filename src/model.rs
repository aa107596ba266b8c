//! The traits that the derives implement for entities and tables, and everything that follows from them without a request: keys,
//! items and deserialization.

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
pub(crate) mod schema_file;
mod stored_item;
pub(crate) mod table;
mod unmarked;
mod value_kind;

pub(crate) use decode::{entity as decode_entity, projection as decode_projection};
pub(crate) use encode::{check_ttl, entity as encode_entity};
pub(crate) use encode_json::WriteText;
pub(crate) use entity::EntityType;
pub use entity::{EntityModel, HasSchema};
pub(crate) use probe::{Mismatch, check_readable, is_required, nested_fields};
pub(crate) use stored_item::At;
pub use stored_item::Stored;
pub use table::TableModel;
