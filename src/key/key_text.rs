//! The text of a key: rendered from arguments or fields, checked for its length, and converted to an attribute value.

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

/// Converts the text of a key to its attribute value.
pub(crate) fn attribute_value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::S => Ok(AttributeValue::S(text)),
        KeyType::B => Ok(AttributeValue::B(Blob::new(text))),
        KeyType::N if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(AttributeValue::N(text)),
        KeyType::N => {
            Err(Error::new(ErrorKind::InvalidKey, "the key has type N, but its text is not a number; use a number")
                .attribute(key.name))
        }
    }
}

/// Converts the text of a key that is a field itself to its attribute value. The text of a binary field is hexadecimal.
pub(crate) fn field_attribute_value(key: &KeyAttribute, text: String) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::B => match hex::decode(&text) {
            Ok(bytes) => Ok(AttributeValue::B(Blob::new(bytes))),
            Err(_) => Err(Error::new(ErrorKind::InvalidKey, "the key has type B; use a binary value (`monotable::B`)")
                .attribute(key.name)),
        },
        KeyType::S | KeyType::N => attribute_value(key, text),
    }
}

/// Converts the text of a key in a query to its attribute value. `is_field`: the key is a field itself.
pub(crate) fn queried(key: &KeyAttribute, text: String, is_field: bool) -> Result<AttributeValue> {
    if is_field { field_attribute_value(key, text) } else { attribute_value(key, text) }
}

/// Returns the text of a key's attribute value; `None` if the value has another type than S, N or B.
pub(crate) fn of_attribute(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text.clone()),
        AttributeValue::B(bytes) => String::from_utf8(bytes.as_ref().to_vec()).ok(),
        _ => None,
    }
}

/// The arguments of a call. Each has the number of its field.
#[derive(Clone)]
pub(crate) struct Args(Vec<(usize, String)>);

impl Args {
    pub(crate) fn new(fields: Vec<usize>, texts: Texts, entity: &EntitySchema) -> Result<Self> {
        let texts = texts.map_err(|error| {
            Error::new(ErrorKind::InvalidKey, format!("an argument {error}")).entity(entity.name).caused_by(error)
        })?;
        Ok(Self(fields.into_iter().zip(texts).collect()))
    }

    /// Keeps only the arguments for these fields.
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

/// Returns the fields of the primary key: those of `pk`, then those of `sk`, each once.
pub(crate) fn key_fields(entity: &EntitySchema) -> Vec<usize> {
    fields_of(&entity.primary)
}

fn fields_of(keys: &KeyTemplates) -> Vec<usize> {
    let mut fields = keys.partition.fields();
    let sort = keys.sort.map(|sort| sort.fields()).unwrap_or_default();
    fields.extend(sort_only(&fields, sort));
    fields
}

/// Returns the fields of a sort key template that the partition key does not determine.
pub(crate) fn sort_only(partition: &[usize], sort: Vec<usize>) -> Vec<usize> {
    sort.into_iter().filter(|field| !partition.contains(field)).collect()
}

/// Renders a whole template. A field without a value is an error.
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

/// Rejects a key that is empty or too long, as DynamoDB would. `is_field`: the key is a field itself. The text of a binary field
/// is hexadecimal, with two digits for each byte.
pub(crate) fn check_length(text: &str, key: &KeyAttribute, limit: usize, is_field: bool) -> Result<()> {
    let limit = if is_field && key.key_type == KeyType::B { 2 * limit } else { limit };
    let error = |message: String| Err(Error::new(ErrorKind::InvalidKey, message).attribute(key.name));
    if text.is_empty() {
        return error("the key is empty; give it a value".to_owned());
    }
    if text.len() > limit {
        return error(format!("the key has {} bytes; DynamoDB allows at most {limit}", text.len()));
    }
    Ok(())
}
