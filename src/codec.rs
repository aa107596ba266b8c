//! Entities to items and back, through serde: the one seam between stored attributes and Rust values.
//!
//! serde sees neither key attributes nor the discriminator, on the way in or out; what lives in the key alone is given
//! back to it here.

mod decode;
mod encode;
mod stored;
mod value;

pub(crate) use decode::entity as decode_entity;
pub(crate) use encode::{entity as encode_entity, value as encode_value};
pub use stored::Stored;
