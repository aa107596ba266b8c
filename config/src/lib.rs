//! `config.json`: the description of a table, shared by the program, the local table and the tools that deploy the table.
//!
//! ```
//! let config = monotable_config::Config::parse(r#"{
//!     "runtimeConfigKey": "MyTable",
//!     "localDev": { "port": 8000, "tableName": "my-scope-my-table" },
//!     "tableConfig": { "globalSecondaryIndexes": [
//!         { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }
//!     ] }
//! }"#)?;
//! assert_eq!(config.table.global_secondary_indexes[0].code_name, "gsi1");
//! # Ok::<(), monotable_config::ConfigError>(())
//! ```
//!
//! This crate does not depend on the AWS SDK, because the derive macros use it to read the file at compile time.

mod capacity;
mod check;
mod config;
mod deploy;
mod error;
mod index;
mod key;
mod limit;
mod local_dev;
mod name;
mod plain;
#[cfg(test)]
mod schema;
mod schema_file;
mod settings;
mod source;
mod tags;

pub use capacity::{Autoscaling, Capacity};
pub use config::{Billing, Config, Stream, TableConfig};
pub use deploy::{Deploy, Environment, Kms, PointInTimeRecovery, Removal};
pub use error::ConfigError;
pub use index::{Index, IndexProjection, MAX_GLOBAL_INDEXES, MAX_KEY_ATTRIBUTES, MAX_LOCAL_INDEXES};
pub use key::{KeyAttribute, KeyType};
pub use limit::check_table_name;
pub use local_dev::{Engine, LocalDev, local_endpoint};
pub use name::{FILE_NAME, guess_index_names};
pub use schema_file::{
    AttributeDescription, EntityDescription, EntityIndexDescription, IndexDescription, IndexKind, KeyDescription, Role,
    SCHEMA_VERSION, SchemaFile, ValueKind,
};
pub use settings::{DEFAULT_RECOVERY_DAYS, Settings};

/// The JSON Schema of `config.json`.
pub const CONFIG_JSON_SCHEMA: &str = include_str!("../config.schema.json");

/// The JSON Schema of `schema.json`.
pub const SCHEMA_JSON_SCHEMA: &str = include_str!("../schema.schema.json");
