//! The entities, from the table crate. If a path is wrong, export the type there, or correct it here.

@% for table in tables -%@
pub use @{table.path}@::{@{table.table}@@% if table.table != table.imported %@ as @{table.imported}@@% endif %@, @% for entity in table.entities %@@{entity.name}@, @% endfor %@};
@% endfor -%@
