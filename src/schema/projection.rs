//! The fields of a projection.

use crate::schema::EntitySchema;
use crate::schema::const_str::same;

/// A field of a projection.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// The name of the field in serde.
    pub name: &'static str,
    /// The path to the value: an attribute, followed by keys of nested maps.
    pub path: &'static [&'static str],
}

/// Returns whether an entity has this attribute, or a field of this name that is stored only in the key. Called by the derive.
pub const fn has_attribute(schema: &EntitySchema, name: &str) -> bool {
    let mut n = 0;
    while n < schema.attributes.len() {
        if same(schema.attributes[n], name) {
            return true;
        }
        n += 1;
    }
    let mut n = 0;
    while n < schema.fields.len() {
        let field = &schema.fields[n];
        if field.key_only && field.attributes.len() == 1 && same(field.attributes[0], name) {
            return true;
        }
        n += 1;
    }
    false
}
