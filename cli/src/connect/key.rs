//! The primary key of an entity, as requests give it.

use monotable_config::{AttributeDescription, EntityDescription, SchemaFile, ValueKind};
use serde::Serialize;

use super::queries::{self, Argument};
use super::values;

/// A primary key that requests can give.
#[derive(Debug, Default, Serialize)]
pub struct Key {
    /// The fields that determine it.
    pub arguments: Vec<Argument>,
    /// What the operations of the library take, in this order.
    pub parts: Vec<Part>,
    /// The calls of the functions that make a half of the key.
    pub functions: Vec<String>,
    /// The values that complete an entity, so that the library can call these functions. They read none of them.
    pub others: Vec<(String, String)>,
}

/// A part of a primary key.
#[derive(Debug, Serialize)]
pub struct Part {
    /// The variable of a field.
    pub field: Option<String>,
    /// Or the half of the key that a function makes: `partition` or `sort`.
    pub half: Option<&'static str>,
}

/// Returns the primary key of an entity. If requests cannot give it, returns the function that is the reason.
pub fn key(schema: &SchemaFile, entity: &EntityDescription) -> Result<Key, String> {
    let described = &entity.primary_key;
    let mut key = Key::default();
    let halves = [
        ("partition", Some(&described.partition), &described.partition_arguments),
        ("sort", described.sort.as_ref(), &described.sort_arguments),
    ];
    for (half, text, names) in halves {
        for name in names {
            if let Some(argument) = queries::argument(schema, entity, name) {
                key.parts.push(Part { field: Some(argument.ident.clone()), half: None });
                key.add(argument);
                continue;
            }
            let call = text.cloned().unwrap_or_default();
            let arguments = fields_of(&call).map(|field| function_argument(schema, entity, field));
            let arguments = arguments.collect::<Option<Vec<_>>>().ok_or_else(|| call.clone())?;
            arguments.into_iter().for_each(|argument| key.add(argument));
            key.parts.push(Part { field: None, half: Some(half) });
            key.functions.push(call);
        }
    }
    if let Some(call) = key.functions.first().cloned() {
        let is_other = |field: &&AttributeDescription| {
            !field.optional && key.arguments.iter().all(|argument| argument.json != field.name)
        };
        let others =
            entity.attributes.iter().filter(is_other).map(|field| Some((field.name.clone(), any_value(field)?)));
        key.others = others.collect::<Option<Vec<_>>>().ok_or(call)?;
    }
    Ok(key)
}

impl Key {
    fn add(&mut self, argument: Argument) {
        if self.arguments.iter().all(|known| known.name != argument.name) {
            self.arguments.push(argument);
        }
    }
}

/// Returns the fields in the call of a function, such as `rank(score, day)`.
fn fields_of(call: &str) -> impl Iterator<Item = &str> {
    let inside = call.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    inside.split(", ")
}

/// Returns the argument for a field that a function reads; `None` if it is not one value that each item has.
fn function_argument(schema: &SchemaFile, entity: &EntityDescription, name: &str) -> Option<Argument> {
    let field = entity.attributes.iter().find(|field| field.field == name)?;
    let is_value = matches!(
        field.kind,
        ValueKind::String
            | ValueKind::Timestamp
            | ValueKind::Date
            | ValueKind::Uuid
            | ValueKind::Integer
            | ValueKind::Number
            | ValueKind::Bool
    );
    let is_there = !field.optional && !values::is_option(&field.rust_type);
    if is_value && is_there { queries::argument(schema, entity, name) } else { None }
}

/// Returns a value that serde certainly accepts for a field, as JSON. A type of the table crate may reject some.
fn any_value(field: &AttributeDescription) -> Option<String> {
    if let Some(value) = values::managed(field) {
        return Some(value);
    }
    let form = values::form(field);
    let is_open = match field.kind {
        ValueKind::String | ValueKind::Integer | ValueKind::Number => form.is_exact || !field.values.is_empty(),
        _ => true,
    };
    form.sample.filter(|_| is_open)
}
