//! The rules that can be checked on the entity without its table. `assert` emits the others as constants.

use syn::ext::IdentExt;

use super::attr::Managed;
use super::model::{Entity, Part};
use crate::ctxt::{Ctxt, constant};
use crate::serde::is_option;

pub(crate) fn entity(cx: &Ctxt, entity: &Entity) {
    labels(cx, entity);
    key_only(cx, entity);
    managed(cx, entity);
    skipped(cx, entity);
    stored(cx, entity);
    omitted(cx, entity);
    indexes(cx, entity);
    widths(cx, entity);
    too_many(cx, entity);
    queries(cx, entity);
    constants(cx, entity);
}

/// Reports an empty discriminator, and an alias that repeats another one: `aliases("Order", "Order")`.
fn labels(cx: &Ctxt, entity: &Entity) {
    if entity.discriminator.is_empty() {
        cx.error(&entity.ident, "the discriminator is empty; write a name, or remove `discriminator`");
    }
    let mut seen = vec![entity.discriminator.clone()];
    for alias in &entity.aliases {
        let label = alias.value();
        if seen.contains(&label) {
            cx.error(
                alias,
                format_args!("`{label}` is already a discriminator of `{}`; remove this alias", entity.ident),
            );
        }
        seen.push(label);
    }
}

/// Reports `#[entity(key_only)]` on a field that cannot be read back from the primary key.
fn key_only(cx: &Ctxt, entity: &Entity) {
    for (number, field) in entity.fields.iter().enumerate() {
        let Some(word) = &field.key_only else { continue };
        let name = &field.ident;
        let mut placeholders = entity.primary().flat_map(|template| &template.segments).filter_map(|part| match part {
            Part::Field(named, placeholder) if *named == number => Some(placeholder),
            _ => None,
        });
        let Some(first) = placeholders.next() else {
            cx.error(
                word,
                format_args!(
                    "`{name}` is `key_only`, but neither `pk` nor `sk` contains it, so its value would be lost; \
                     add it to one of them, or remove `key_only`"
                ),
            );
            continue;
        };
        if !first.is_whole() && placeholders.all(|placeholder| !placeholder.is_whole()) {
            cx.error(
                word,
                format_args!(
                    "`{name}` is `key_only`, but the key contains it only transformed, so it cannot be read back; \
                     remove `key_only`"
                ),
            );
        }
        if field.flatten || field.skip {
            cx.error(
                word,
                format_args!(
                    "`{name}` is `key_only`, so serde must not skip or flatten it; remove `flatten` or `skip`"
                ),
            );
        }
    }
}

/// Reports managed fields that are declared twice, not stored, or used in a key that would change with every write.
fn managed(cx: &Ctxt, entity: &Entity) {
    let mut seen = Vec::new();
    for (number, field) in entity.fields.iter().enumerate() {
        let Some((kind, word)) = &field.managed else { continue };
        let name = &field.ident;
        if seen.contains(kind) {
            cx.error(word, format_args!("an entity can have only one `{word}` field; remove one of them"));
        }
        seen.push(*kind);
        if field.flatten || field.skip {
            cx.error(
                word,
                format_args!(
                    "`{name}` is `{word}`, so it must be stored under its own name; remove `flatten` or `skip`"
                ),
            );
        }
        if field.key_only.is_some() && *kind == Managed::Ttl {
            cx.error(
                word,
                format_args!("`{name}` is `ttl`, which DynamoDB reads from an attribute; remove `key_only`"),
            );
        }
        let names = |key: &usize| entity.is_made_from(*key, number);
        let in_primary = entity.key_fields.iter().any(|key| entity.in_primary(*key) && names(key));
        match kind {
            Managed::Version if entity.key_fields.iter().any(names) => {
                cx.error(
                    word,
                    format_args!("every write increments `{name}`, so a key cannot depend on it; use another field"),
                );
            }
            Managed::WriteId if entity.key_fields.iter().any(names) => {
                cx.error(
                    word,
                    format_args!("every write changes `{name}`, so a key cannot depend on it; use another field"),
                );
            }
            Managed::UpdatedAt if in_primary => {
                cx.error(
                    word,
                    format_args!(
                        "every write changes `{name}`, so the primary key cannot depend on it; use another field"
                    ),
                );
            }
            _ => {}
        }
    }
}

/// Reports `#[serde(skip)]` on a field that keys depend on. A loaded entity would have another value in the field, and a put
/// would write it under another key.
fn skipped(cx: &Ctxt, entity: &Entity) {
    let roots = entity.key_fields.iter().flat_map(|field| entity.fields[*field].roots());
    let roots: Vec<String> = roots.map(|root| root.to_string()).collect();
    for field in &entity.fields {
        let Some(word) = field.skips.as_ref().filter(|_| roots.contains(&field.ident.to_string())) else { continue };
        // `key_only` reports a skipped field itself.
        if field.key_only.is_none() || !field.skip {
            let name = &field.ident;
            cx.error(word, format_args!("a key depends on `{name}`, so serde must not skip it; remove `{word}`"));
        }
    }
}

/// Reports `skip_serializing_if`, and a `with` module of an `Option`, on a field without a default. serde could not deserialize an
/// item without the attribute.
fn omitted(cx: &Ctxt, entity: &Entity) {
    for field in entity.fields.iter().filter(|field| field.is_required) {
        if let Some(skips) = &field.skip_if {
            let message = format_args!(
                "serde may omit `{}`, but could not deserialize the item without it; add `default`",
                field.ident
            );
            cx.error(skips, message);
        } else if is_option(&field.ty) && field.deserialize_with.is_some() {
            let message = format_args!(
                "serde could not deserialize an item without `{}`, because the field has a `with` module; add `default`",
                field.ident
            );
            cx.error(&field.ident, message);
        }
    }
}

/// Reports two fields with the same attribute name.
fn stored(cx: &Ctxt, entity: &Entity) {
    let mut seen: Vec<&str> = Vec::new();
    for field in entity.fields.iter().filter(|field| field.is_attribute()) {
        if seen.contains(&field.attribute.as_str()) {
            cx.error(&field.ident, format_args!("two fields are stored as `{}`; rename one of them", field.attribute));
        }
        seen.push(&field.attribute);
    }
}

/// Reports an index that is declared twice: `gsi1(..), gsi1(..)`.
fn indexes(cx: &Ctxt, entity: &Entity) {
    for (number, index) in entity.indexes.iter().enumerate() {
        if entity.indexes[..number].iter().any(|other| other.ident == index.ident) {
            cx.error(
                &index.ident,
                format_args!(
                    "`{}` is declared twice, but an item has only one entry in an index; keep one",
                    index.ident
                ),
            );
        }
    }
}

/// Reports a field with different paddings in the primary key, such as `pk = "A#{n}", sk = "{n:010}"`. Its value would have two
/// texts, but a key takes one argument for it.
fn widths(cx: &Ctxt, entity: &Entity) {
    for field in &entity.key_fields {
        let mut first = None;
        for template in entity.primary() {
            for (named, placeholder) in template.fields() {
                if named != *field {
                    continue;
                }
                let width = *first.get_or_insert(placeholder.width);
                if width != placeholder.width {
                    let name = &entity.fields[*field].ident;
                    cx.error(
                        &template.literal,
                        format_args!(
                            "`{name}` must have the same padding everywhere in the key, such as `{{{name}:010}}`"
                        ),
                    );
                }
            }
        }
    }
}

/// The names of functions that an entity has already. A query with one of these names would shadow the function, or not compile.
pub(super) const OPERATIONS: [&str; 16] = [
    "batch_get",
    "builder",
    "check",
    "collection",
    "create",
    "delete",
    "exists",
    "from_item",
    "get",
    "key",
    "pk",
    "put",
    "query",
    "scan",
    "sk",
    "to_item",
];

/// Reports a `name = ".."` that is already the name of another function of the entity.
fn queries(cx: &Ctxt, entity: &Entity) {
    let text = |ident: &syn::Ident| ident.unraw().to_string();
    let indexes: Vec<String> = entity.indexes.iter().map(|index| text(&index.ident)).collect();
    let keys: Vec<String> = indexes.iter().flat_map(|index| [format!("{index}pk"), format!("{index}sk")]).collect();
    let mut seen: Vec<String> = Vec::new();
    for name in entity.indexes.iter().filter_map(|index| index.name.as_ref()) {
        let query = text(name);
        let taken = if OPERATIONS.contains(&query.as_str()) || query == "update" {
            "an operation"
        } else if indexes.contains(&query) {
            "an index"
        } else if keys.contains(&query) {
            "a key function"
        } else if seen.contains(&query) {
            "another query"
        } else {
            seen.push(query);
            continue;
        };
        cx.error(name, format_args!("`{query}` is already {taken} of `{}`; give the query another name", entity.ident));
    }
}

/// Reports two fields whose constants would have the same name.
fn constants(cx: &Ctxt, entity: &Entity) {
    let mut seen: Vec<(String, &syn::Ident)> = Vec::new();
    for field in entity.fields.iter().filter(|field| field.is_attribute()) {
        let name = constant(&field.ident).to_string();
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, other)) => {
                let ident = &field.ident;
                let message = format_args!(
                    "the fields `{ident}` and `{other}` would both have the constant `{name}`; rename one of them"
                );
                cx.error(ident, message);
            }
            None => seen.push((name, &field.ident)),
        }
    }
}

/// The traits for typed keys are implemented for up to this many fields in a template, and for two more in a primary key.
const MAX_FIELDS: usize = 6;

fn too_many(cx: &Ctxt, entity: &Entity) {
    for template in entity.templates() {
        if template.fields().len() > MAX_FIELDS {
            cx.error(&template.literal, format_args!("a template can contain at most {MAX_FIELDS} fields"));
        }
    }
    let primary = (0..entity.fields.len()).filter(|field| entity.in_primary(*field)).count();
    if primary > MAX_FIELDS + 2 {
        cx.error(&entity.pk.literal, format_args!("the primary key can contain at most {} fields", MAX_FIELDS + 2));
    }
}
