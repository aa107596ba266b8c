//! monotable
extern crate self as monotable;

#[doc(hidden)]
pub mod __private;
pub mod arg;
pub mod attribute;
mod check;
mod client;
mod codec;
mod cursor;
mod entity;
mod error;
mod expr;
pub mod index;
mod item;
mod key;
pub mod op;
mod overlap;
mod page;
mod read;
mod readable;
pub mod schema;
pub mod segment;
mod sort;
mod table;
mod template;
pub mod timestamp;

pub use aws_sdk_dynamodb as aws;
pub use monotable_derive::{Entity, KeySegment, Table};

pub use attribute::Attribute;
pub use client::{Connection, Items, Sending, is_local};
pub use cursor::Cursor;
pub use entity::{Entity, PartitionOf};
pub use error::{Error, ErrorKind, Result, WrongVariant};
pub use item::Item;
pub use key::{IntoKey, Key, KeyOf};
pub use op::{Query, Scan};
pub use page::Page;
pub use readable::Readable;
pub use segment::{KeySegment, SegmentError};
pub use table::{Holds, Table};
