//! The types of fields, and the attribute values that DynamoDB stores for them. This layer does not know about entities or
//! tables.

pub(crate) mod attribute_type;
pub(crate) mod batch_entry;
pub(crate) mod binary;
pub(crate) mod cursor;
pub(crate) mod decimal;
pub(crate) mod document_path;
pub(crate) mod encoded;
pub mod epoch_seconds;
pub(crate) mod equality;
pub(crate) mod item;
pub mod json;
pub(crate) mod marker;
pub(crate) mod number;
pub(crate) mod seal;
pub(crate) mod set;
pub mod timestamp;
pub mod utc_datetime;
