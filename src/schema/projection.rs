//! The fields of a projection.

use crate::schema::const_str::{Message, same};
use crate::schema::{AttributeSchema, EntitySchema};

/// A field of a projection.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Selected {
    /// The name of the field in serde.
    pub name: &'static str,
    /// The path to the value: an attribute, followed by keys of nested maps.
    pub path: &'static [&'static str],
}

impl EntitySchema {
    /// Panics, which is a compile error, if the entity does not have this attribute. `attributes` are the fields of the same entity.
    #[doc(hidden)]
    #[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
    pub const fn __check_attribute(&self, attributes: &[AttributeSchema], name: &str) {
        if has_attribute(self, name) {
            return;
        }
        let mut message =
            Message::new().text("`").text(name).text("` is not an attribute of `").text(self.name).text("`; ");
        let mut n = 0;
        while n < attributes.len() {
            if same(attributes[n].field, name) {
                let message = message.text("it is stored as `").text(attributes[n].name).text("`");
                panic!("{}", message.as_str());
            }
            n += 1;
        }
        let mut n = 0;
        while n < attributes.len() {
            message = message.text(if n == 0 { "its attributes are " } else { ", " }).text(attributes[n].name);
            n += 1;
        }
        panic!("{}", message.as_str());
    }
}

/// Returns whether an entity has this attribute, or a field of this name that is stored only in the key. Returns `true` for the stub
/// of an entity that does not compile, whose templates are empty: the attributes are not known then, and only the mistake in the
/// entity is reported.
const fn has_attribute(schema: &EntitySchema, name: &str) -> bool {
    let partition = &schema.primary.partition;
    if partition.text.is_empty() && partition.segments.is_empty() {
        return true;
    }
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
