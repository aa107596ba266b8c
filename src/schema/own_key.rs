//! Checks of fields that are key attributes themselves.

use crate::schema::check::{is_discriminator, is_reserved, key_of, names};
use crate::schema::const_str::{Message, same};
use crate::schema::{EntityIndex, EntitySchema, KeyAttribute, KeyType, Segment, TableLayout, Template};

/// Returns whether one of the keys has this name. Then a field that is stored under this name is the key itself. Called by the
/// derive.
pub const fn has_key(keys: &[KeyAttribute], attribute: &str) -> bool {
    let mut n = 0;
    while n < keys.len() {
        if same(keys[n].name, attribute) {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether the first key is a number. Called by the derive.
pub const fn is_number(keys: &[KeyAttribute]) -> bool {
    matches!(keys, [KeyAttribute { key_type: KeyType::N, .. }, ..])
}

/// Returns whether this key attribute stores a field of the entity.
pub(crate) const fn is_field(entity: &EntitySchema, key: &str) -> bool {
    let mut n = 0;
    while n < entity.attributes.len() {
        if same(entity.attributes[n], key) {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether any field of the entity is a key attribute itself. Most entities have no such field, and skip the work for
/// them.
pub(crate) const fn any(entity: &EntitySchema, layout: &TableLayout) -> bool {
    let mut n = 0;
    while n < layout.reserved.len() {
        if is_field(entity, layout.reserved[n]) {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns the field of a template that is a single placeholder without padding or transform.
const fn lone(template: &Template) -> Option<usize> {
    match template.segments {
        [Segment::Field(placeholder)] if placeholder.width.is_none() && placeholder.transform.is_none() => {
            Some(placeholder.field)
        }
        _ => None,
    }
}

/// Returns whether the template is only the field that is stored under this name.
const fn is_of(entity: &EntitySchema, template: &Template, attribute: &str) -> bool {
    match lone(template) {
        Some(field) => {
            let field = &entity.fields[field];
            // A nested field, or the result of a function, is not stored as a separate attribute.
            !field.key_only
                && !has_any(field.name, b".(")
                && matches!(field.attributes, [name] if same(name, attribute))
        }
        None => false,
    }
}

pub(crate) const fn has_any(text: &str, wanted: &[u8; 2]) -> bool {
    let text = text.as_bytes();
    let mut n = 0;
    while n < text.len() {
        if text[n] == wanted[0] || text[n] == wanted[1] {
            return true;
        }
        n += 1;
    }
    false
}

/// Panics, which is a compile error, if `field` is stored under the name of the discriminator attribute, or of a key attribute
/// whose template is not only this field.
#[expect(clippy::panic, reason = "the panic of a constant is a compile error")]
pub const fn check_name(entity: &EntitySchema, layout: &TableLayout, field: &str, attribute: &str) {
    if !is_reserved(layout, attribute) {
        return;
    }
    let message =
        Message::new().text("`").text(field).text("` would be stored as `").text(attribute).text("`, which is ");
    if is_discriminator(layout.discriminator_attribute, attribute) {
        panic!("{}", message.text("the discriminator attribute: rename the field").as_str());
    }
    let mut is_key = false;
    let primary =
        (same(layout.partition_key.name, attribute), &entity.primary.partition, layout.partition_key.key_type);
    let sort = match (layout.sort_key, &entity.primary.sort) {
        (Some(key), Some(template)) => (same(key.name, attribute), template, key.key_type),
        _ => (false, &entity.primary.partition, KeyType::S),
    };
    let mut n = 0;
    while n < 2 {
        let (is_it, template, key_type) = if n == 0 { primary } else { sort };
        if is_it {
            if !is_of(entity, template, attribute) {
                let message = message.text("a key attribute of the table, but its template is `").text(template.text);
                panic!("{}", message.text("`: use only the field as the template, or rename the field").as_str());
            }
            if matches!(key_type, KeyType::B) {
                panic!(
                    "{}",
                    message
                        .text("a binary key attribute of the table, which cannot be a field: rename the field")
                        .as_str()
                );
            }
            is_key = true;
        }
        n += 1;
    }
    let mut n = 0;
    while n < 2 * entity.indexes.len() {
        let index = &entity.indexes[n / 2];
        if let Some((name, template)) = key_of(index, n % 2 == 1)
            && same(name, attribute)
        {
            if !is_of(entity, template, attribute) {
                let message = message.text("a key attribute of `").text(index.index.name);
                let message = message.text("`, but its template is `").text(template.text);
                panic!("{}", message.text("`: use only the field as the template, or rename the field").as_str());
            }
            is_key = true;
        }
        n += 1;
    }
    if !is_key {
        let index = match index_of(layout, attribute) {
            Some(index) => message.text("a key attribute of the index `").text(index),
            None => message.text("a key attribute of `").text("the table"),
        };
        let message = index.text("`: add this index to the entity, with the template `{").text(field);
        panic!("{}", message.text("}`, or rename the field").as_str());
    }
}

const fn index_of(layout: &TableLayout, attribute: &str) -> Option<&'static str> {
    let mut n = 0;
    while n < layout.indexes.len() {
        let index = &layout.indexes[n];
        if has_key(index.partition_keys, attribute) || has_key(index.sort_keys, attribute) {
            return Some(index.name);
        }
        n += 1;
    }
    None
}

/// Returns whether only fields that are keys of the index themselves decide which items are in it. An item whose field has no
/// value does not have the key attribute, and is not in the index.
pub(crate) const fn tell_conditions(entity: &EntitySchema, index: &EntityIndex) -> bool {
    let mut field = 0;
    while field < entity.fields.len() {
        if entity.fields[field].optional && names(index, field) && !is_own_of(entity, index, field) {
            return false;
        }
        field += 1;
    }
    index.when.is_none()
}

/// Returns whether a field is stored under the name of one of the index's keys, but is not that key. [`check_name`] reports it.
pub(crate) const fn is_misnamed(entity: &EntitySchema, index: &EntityIndex) -> bool {
    let mut n = 0;
    while n < 2 {
        if let Some((name, template)) = key_of(index, n == 1)
            && is_field(entity, name)
            && !is_of(entity, template, name)
        {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether the field is a key of the index itself.
const fn is_own_of(entity: &EntitySchema, index: &EntityIndex, field: usize) -> bool {
    let mut n = 0;
    while n < 2 {
        if let Some((name, template)) = key_of(index, n == 1)
            && is_of(entity, template, name)
            && matches!(lone(template), Some(own) if own == field)
        {
            return true;
        }
        n += 1;
    }
    false
}

/// Returns whether an update can change this attribute like any other: keys and `when` do not depend on it, except key attributes
/// that are the field itself.
pub const fn is_free(entity: &EntitySchema, attribute: &str) -> bool {
    let mut n = 0;
    while n < entity.indexes.len() {
        let index = &entity.indexes[n];
        if let Some(when) = index.when
            && is_made_from(entity, when, attribute)
        {
            return false;
        }
        let mut has_made = false;
        let mut decides = false;
        let mut key = 0;
        while key < 2 {
            if let Some((name, template)) = key_of(index, key == 1) {
                let is_own = is_of(entity, template, name);
                has_made = has_made || !is_own;
                let mut segment = 0;
                while segment < template.segments.len() {
                    if let Segment::Field(placeholder) = &template.segments[segment]
                        && is_made_from(entity, placeholder.field, attribute)
                    {
                        if !is_own {
                            return false;
                        }
                        decides = decides || entity.fields[placeholder.field].optional;
                    }
                    segment += 1;
                }
            }
            key += 1;
        }
        // The other key of the index is stored only if this field has a value, so an update must change both.
        if has_made && decides {
            return false;
        }
        n += 1;
    }
    true
}

const fn is_made_from(entity: &EntitySchema, field: usize, attribute: &str) -> bool {
    let attributes = entity.fields[field].attributes;
    let mut n = 0;
    while n < attributes.len() {
        if same(attributes[n], attribute) {
            return true;
        }
        n += 1;
    }
    false
}
