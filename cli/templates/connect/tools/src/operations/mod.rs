//! The operations of each entity. They are plain functions, which any program can call.

@% for entity in entities -%@
pub mod @{entity.module}@;
@% endfor %@
use crate::Operation;

/// Returns all operations. To offer another one to models, write a function, and add it to the list of its entity.
pub fn all() -> Vec<Operation> {
    [@% for entity in entities %@@{entity.module}@::operations(), @% endfor %@].into_iter().flatten().collect()
}
