//! The attributes that a projection selects.

use crate::schema::EntitySchema;
use crate::schema::const_str::same;

/// A field of a projection.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// What serde calls it.
    pub name: &'static str,
    /// Where it is: an attribute, and keys of maps in it.
    pub path: &'static [&'static str],
}

/// For the derive: whether an entity has such an attribute, or such a field in its key.
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
