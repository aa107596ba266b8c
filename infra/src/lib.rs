//! Stub.
pub mod cloudformation;
mod error;
mod name;
pub mod plan;
mod template;

pub use error::{Error, Result};
pub use plan::{Application, Plan};
pub use template::{Resource, Template};
