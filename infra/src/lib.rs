//! The infrastructure of monotable tables.
//!
//! A table's `config.json` says which keys and indexes it has and how it is deployed. This crate makes resources from it:
//!
//! - [`plan`] decides which resources an application needs. It sends no request and writes no file.
//! - [`cloudformation`] renders the plan as a template. The same plan always has the same text.
//! - [`terraform`] and [`cdk`] write projects for these tools, which read `config.json` themselves.
//! - [`change`] compares two templates: in which order a stack gets from one to the other, and what is lost on the way.
//! - [`stack`] is for programs that compose a stack themselves: tables, Lambda functions, roles, and grants.
//! - [`policy`] writes IAM policies, down to the least privilege for named access patterns.
//! - [`assertions`] checks templates in tests.
//!
//! ```
//! use monotable_config::Config;
//! use monotable_infra::{Application, Plan, cloudformation};
//!
//! let config = Config::parse(r#"{ "runtimeConfigKey": "Orders", "localDev": { "port": 8000, "tableName": "orders" } }"#)?;
//! let application = Application { name: "shop".into(), tables: vec![("orders".into(), config)], ..Application::default() };
//! let template = cloudformation::render(&Plan::new(&application)?)?;
//! assert!(template.resource("Orders").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! By default, a table is encrypted with a customer-managed key, can be restored to any second of the last 35 days, cannot be deleted,
//! and stays if it is removed from the stack. The key costs about 1 USD a month; `"deploy": { "kms": "aws-owned" }` in `config.json`
//! selects the key of DynamoDB, which costs nothing.

pub mod assertions;
pub mod cdk;
pub mod change;
pub mod cloudformation;
mod error;
mod file;
mod name;
pub mod plan;
pub mod policy;
mod project;
pub mod stack;
mod template;
pub mod terraform;

pub use change::Change;
pub use error::{Error, Result};
pub use file::{File, Owner};
pub use plan::{Application, Plan};
pub use policy::{Access, PolicyDocument};
pub use stack::Stack;
pub use template::{Resource, Template};

/// Compiles and runs the snippets of the guide's chapter.
#[cfg(doctest)]
#[doc = include_str!("../../docs/chapters/infrastructure.md")]
struct Chapter;
