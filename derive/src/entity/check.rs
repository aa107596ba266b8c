//! The rules of an entity that its own text shows. Those that need the table are constants in `expand`.

use syn::ext::IdentExt;

use super::attr::Managed;
use super::model::{Entity, Part};
use crate::ctxt::{Ctxt, constant};

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

/// `discriminator = ""`, `aliases("Order", "Order")`
fn labels(cx: &Ctxt, entity: &Entity) {
    if entity.discriminator.is_empty() {
        cx.error(&entity.ident, "the discriminator is empty");
    }
    let mut seen = vec![entity.discriminator.clone()];
    for alias in &entity.aliases {
        let label = alias.value();
        if seen.contains(&label) {
            cx.error(alias, format_args!("`{label}` is a discriminator of `{}` already", entity.ident));
        }
        seen.push(label);
    }
}

/// `#[entity(key_only)]` on a field that cannot be read back from the primary key.
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
                format_args!("`{name}` is key-only, but neither `pk` nor `sk` names it, so it would be lost"),
            );
            continue;
        };
        if !first.is_whole() && placeholders.all(|placeholder| !placeholder.is_whole()) {
            cx.error(
                word,
                format_args!(
                    "`{name}` is key-only, but its place in the key is transformed, so it could not be read back"
                ),
            );
        }
        if field.flatten || field.skip {
            cx.error(word, format_args!("`{name}` is key-only, so serde must see it: remove `flatten` or `skip`"));
        }
    }
}

/// Fields that writes keep: each once, stored, and in no key that would have to change with them.
fn managed(cx: &Ctxt, entity: &Entity) {
    let mut seen = Vec::new();
    for (number, field) in entity.fields.iter().enumerate() {
        let Some((kind, word)) = &field.managed else { continue };
        let name = &field.ident;
        if seen.contains(kind) {
            cx.error(word, format_args!("an entity has one `{word}`, and another field is it already"));
        }
        seen.push(*kind);
        if field.flatten || field.skip {
            cx.error(word, format_args!("`{name}` is `{word}`, so it must be stored: remove `flatten` or `skip`"));
        }
        if field.key_only.is_some() && *kind == Managed::Ttl {
            cx.error(
                word,
                format_args!("`{name}` is `ttl`, which DynamoDB reads from an attribute: remove `key_only`"),
            );
        }
        let names = |key: &usize| entity.is_made_from(*key, number);
        let in_primary = entity.key_fields.iter().any(|key| entity.in_primary(*key) && names(key));
        match kind {
            Managed::Version if entity.key_fields.iter().any(names) => {
                cx.error(word, format_args!("`{name}` grows with every write, so no key can be made from it"));
            }
            Managed::WriteId if entity.key_fields.iter().any(names) => {
                cx.error(word, format_args!("every write gives `{name}` another value, so no key can be made from it"));
            }
            Managed::UpdatedAt if in_primary => {
                cx.error(
                    word,
                    format_args!("`{name}` changes with every write, so the primary key cannot be made from it"),
                );
            }
            _ => {}
        }
    }
}

/// `#[serde(skip)]` on a field that keys are made from: it would be read as another value, and put under another key.
fn skipped(cx: &Ctxt, entity: &Entity) {
    let roots = entity.key_fields.iter().flat_map(|field| entity.fields[*field].roots());
    let roots: Vec<String> = roots.map(|root| root.to_string()).collect();
    for field in &entity.fields {
        let Some(word) = field.skips.as_ref().filter(|_| roots.contains(&field.ident.to_string())) else { continue };
        // A key-only one has a message of its own.
        if field.key_only.is_none() || !field.skip {
            let name = &field.ident;
            cx.error(word, format_args!("keys are made from `{name}`, so serde must always see it: remove `{word}`"));
        }
    }
}

/// `skip_serializing_if` on a field without a default: an item without it could not be read again.
fn omitted(cx: &Ctxt, entity: &Entity) {
    for field in entity.fields.iter().filter(|field| field.is_required) {
        if let Some(skips) = &field.skip_if {
            let message = format_args!(
                "serde omits `{}` at times, and could not read the item again without it: add `default`",
                field.ident
            );
            cx.error(skips, message);
        }
    }
}

/// Two fields stored under one name.
fn stored(cx: &Ctxt, entity: &Entity) {
    let mut seen: Vec<&str> = Vec::new();
    for field in entity.fields.iter().filter(|field| field.is_attribute()) {
        if seen.contains(&field.attribute.as_str()) {
            cx.error(&field.ident, format_args!("two fields are stored as `{}`", field.attribute));
        }
        seen.push(&field.attribute);
    }
}

/// `gsi1(..), gsi1(..)`
fn indexes(cx: &Ctxt, entity: &Entity) {
    for (number, index) in entity.indexes.iter().enumerate() {
        if entity.indexes[..number].iter().any(|other| other.ident == index.ident) {
            cx.error(&index.ident, format_args!("`{}` is given twice; an item has one place in an index", index.ident));
        }
    }
}

/// `pk = "A#{n}", sk = "{n:010}"`: one value would have two texts in the keys, and a key function one argument.
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
                        format_args!("`{name}` is padded in one place of the key and not in another"),
                    );
                }
            }
        }
    }
}

/// What an entity has already, or its table: a query of the same name would take its place, or not compile.
pub(super) const OPERATIONS: [&str; 15] = [
    "batch_get",
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

/// `name = ".."`
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
            "the function of a key"
        } else if seen.contains(&query) {
            "another query"
        } else {
            seen.push(query);
            continue;
        };
        cx.error(name, format_args!("`{query}` is {taken} of `{}` already; give the query another name", entity.ident));
    }
}

/// Two fields whose constants would have one name.
fn constants(cx: &Ctxt, entity: &Entity) {
    let mut seen: Vec<(String, &syn::Ident)> = Vec::new();
    for field in entity.fields.iter().filter(|field| field.is_attribute()) {
        let name = constant(&field.ident).to_string();
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, other)) => {
                let ident = &field.ident;
                let message =
                    format_args!("`{ident}` and `{other}` would both be the constant `{name}`; rename one of them");
                cx.error(ident, message);
            }
            None => seen.push((name, &field.ident)),
        }
    }
}

/// The traits behind typed keys end at this many fields.
const MAX_FIELDS: usize = 6;

fn too_many(cx: &Ctxt, entity: &Entity) {
    for template in entity.templates() {
        if template.fields().len() > MAX_FIELDS {
            cx.error(&template.literal, format_args!("a template names at most {MAX_FIELDS} fields"));
        }
    }
    let primary = (0..entity.fields.len()).filter(|field| entity.in_primary(*field)).count();
    if primary > MAX_FIELDS + 2 {
        cx.error(&entity.pk.literal, format_args!("the primary key names at most {} fields", MAX_FIELDS + 2));
    }
}
