//! The entities of the table `@{crate}@`.

mod client;
pub mod entities;

pub use client::{connect, is_local, table_name};
pub use entities::{BaseModel, Example};
