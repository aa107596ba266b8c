//! The entities of the table.

mod base;
mod example;

pub use base::BaseModel;
pub use example::Example;
