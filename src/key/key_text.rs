//! The text of a key: made from arguments or fields, checked for its length, and put into an attribute value.

use crate::error::{Error, ErrorKind, Result};
use crate::key::args::Texts;
use crate::key::segment::SegmentError;
use crate::key::template::{Fields, Rendered, Rendering};
use crate::schema::{EntitySchema, KeyAttribute, KeyTemplates, KeyType, TableLayout, Template};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

pub(crate) fn display(partition: &str, sort: Option<&str>) -> String {
    match sort {
        Some(sort) if sort != partition => format!("{partition} / {sort}"),
        _ => partition.to_owned(),
    }
}

/// The attribute value of a key's text.
pub(crate) fn attribute_value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::S => Ok(AttributeValue::S(text)),
        KeyType::B => Ok(AttributeValue::B(Blob::new(text))),
        KeyType::N if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(AttributeValue::N(text)),
        KeyType::N => {
            Err(Error::new(ErrorKind::InvalidKey, "a numeric key is given a text that is not a number")
                .attribute(key.name))
        }
    }
}

/// The attribute value of a key that is a field itself: the text of a binary one is in hexadecimal digits.
pub(crate) fn field_attribute_value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::B => match hex::decode(&text) {
            Ok(bytes) => Ok(AttributeValue::B(Blob::new(bytes))),
            Err(_) => {
                Err(Error::new(ErrorKind::InvalidKey, "a binary key takes bytes (`monotable::B`)").attribute(key.name))
            }
        },
        KeyType::S | KeyType::N => attribute_value(key, text),
    }
}

/// The attribute value that a query gives for a key, which may be a field itself.
pub(crate) fn queried(key: &KeyAttribute, text: String, is_field: bool) -> Result<AttributeValue> {
    if is_field { field_attribute_value(key, text) } else { attribute_value(key, text) }
}

/// The text of a key's attribute value; `None` if it is of another type.
pub(crate) fn of_attribute(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text.clone()),
        AttributeValue::B(bytes) => String::from_utf8(bytes.as_ref().to_vec()).ok(),
        _ => None,
    }
}

/// The arguments of a call, by the number of the field that each is for.
#[derive(Clone)]
pub(crate) struct Args(Vec<(usize, String)>);

impl Args {
    pub(crate) fn new(fields: Vec<usize>, texts: Texts, entity: &EntitySchema) -> Result<Self> {
        let texts = texts.map_err(|error| {
            Error::new(ErrorKind::InvalidKey, format!("a value given {error}")).entity(entity.name).caused_by(error)
        })?;
        Ok(Self(fields.into_iter().zip(texts).collect()))
    }

    /// Those of these fields alone.
    pub(crate) fn only(mut self, fields: &[usize]) -> Self {
        self.0.retain(|(field, _)| fields.contains(field));
        self
    }

    pub(crate) fn extend(&mut self, fields: impl IntoIterator<Item = usize>, texts: Vec<String>) {
        self.0.extend(fields.into_iter().zip(texts));
    }
}

impl Fields for Args {
    fn write(&self, field: usize, out: &mut String) -> Result<bool, SegmentError> {
        let Some((_, text)) = self.0.iter().find(|(number, _)| *number == field) else { return Ok(false) };
        out.push_str(text);
        Ok(true)
    }
}

/// The fields of the primary key: pk then sk, each once.
pub(crate) fn key_fields(entity: &EntitySchema) -> Vec<usize> {
    fields_of(&entity.primary)
}

fn fields_of(keys: &KeyTemplates) -> Vec<usize> {
    let mut fields = keys.partition.fields();
    let sort = keys.sort.map(|sort| sort.fields()).unwrap_or_default();
    fields.extend(sort_only(&fields, sort));
    fields
}

/// Of the fields of a sort template, those that the partition does not give.
pub(crate) fn sort_only(partition: &[usize], sort: Vec<usize>) -> Vec<usize> {
    sort.into_iter().filter(|field| !partition.contains(field)).collect()
}

/// Renders the whole of a template of the primary key, all of whose fields have values.
pub(crate) fn complete(
    entity: &EntitySchema,
    layout: &TableLayout,
    key: &KeyAttribute,
    template: &Template,
    limit: usize,
    fields: &dyn Fields,
) -> Result<String> {
    let rendering = Rendering { entity, attribute: key.name, delimiter: layout.delimiter, limit };
    match rendering.render(template, fields)? {
        Rendered { text, missing: None } => Ok(text),
        Rendered { missing: Some(field), .. } => {
            Err(Error::new(ErrorKind::InvalidKey, format!("field `{}` has no value", entity.fields[field].name))
                .entity(entity.name)
                .attribute(key.name))
        }
    }
}

/// Refuses what DynamoDB would: a key that is empty or too long. `is_field`: the key is a field itself, and if it is binary, its text
/// has two digits for each byte.
pub(crate) fn check_length(text: &str, key: &KeyAttribute, limit: usize, is_field: bool) -> Result<()> {
    let limit = if is_field && key.key_type == KeyType::B { 2 * limit } else { limit };
    let error = |message: String| Err(Error::new(ErrorKind::InvalidKey, message).attribute(key.name));
    if text.is_empty() {
        return error("the key is empty; give it a value".to_owned());
    }
    if text.len() > limit {
        return error(format!("the key has {} bytes; DynamoDB takes {limit}", text.len()));
    }
    Ok(())
}
