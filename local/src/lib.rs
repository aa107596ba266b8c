//! Engines that run a monotable table without AWS, for examples, tests and development.
//!
//! ```
//! use monotable::{Entity, Table};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Table)]
//! enum BaseModel { Note(Note) }
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
//! #[entity(table = BaseModel, pk = "NOTE#{id}", sk = "NOTE#{id}")]
//! struct Note { id: String }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let connection = monotable_local::connect::<BaseModel>().await?;
//! BaseModel::ensure_table().on(&connection).await?;
//! Note { id: "n-1".into() }.create().on(&connection).await?;
//! assert!(Note::exists("n-1").on(&connection).await?);
//! # Ok(()) })
//! # }
//! ```
//!
//! In tests, [`test_table`] creates a separate table for each test.
//!
//! # Crate features
//!
//! - `embedded` (default): the engine that runs in the process. It links SQLite.
//!
//! Do not add this crate to the dependencies of a deployed program: the embedded engine links SQLite.

mod connect;
mod dynamodb_local;
#[cfg(feature = "embedded")]
mod embedded;
mod engine;
mod error;
pub mod install;
mod test_table;

pub use connect::connect;
pub use dynamodb_local::DynamoDbLocal;
#[cfg(feature = "embedded")]
pub use embedded::Embedded;
pub use engine::{Engine, client};
pub use error::{Error, Result};
#[cfg(feature = "embedded")]
pub use test_table::test_table;
pub use test_table::test_table_on;
