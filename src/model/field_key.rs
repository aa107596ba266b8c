//! Fields that are key attributes themselves, such as `customer_id` in `by_customer(pk = "{customer_id}")`, if the index's
//! partition key is the attribute under which serde stores the field. Such an attribute is stored once, as the field.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::template::Fields;
use crate::model::{EntityType, index_key};
use crate::schema::own_key::{has_any, is_field};
use crate::schema::{KeyAttribute, KeyType};
use crate::value::attribute_type::type_tag;

/// Returns the key attributes of the table and its indexes that are fields of the entity, each once, with the number of the field
/// and the maximum length in bytes that DynamoDB allows.
fn all(EntityType { schema, layout }: EntityType) -> impl Iterator<Item = (KeyAttribute, usize, usize)> {
    let primary = [Some(layout.partition_key), layout.sort_key];
    let of_indexes =
        schema.indexes.iter().flat_map(|index| index.index.partition_keys.iter().chain(index.index.sort_keys));
    let mut seen: Vec<&str> = Vec::new();
    let mut keys = primary.into_iter().flatten().chain(of_indexes.copied());
    std::iter::from_fn(move || {
        let key = keys.find(|key| is_field(schema, key.name) && !seen.contains(&key.name))?;
        seen.push(key.name);
        let is_it = |number: &usize| {
            let field = &schema.fields[*number];
            !has_any(field.name, b".(") && field.attributes == [key.name]
        };
        // A check at compile time ensures that it exists.
        let field = (0..schema.fields.len()).find(is_it)?;
        Some((key, field, index_key::limit(layout, key.name)))
    })
}

/// Checks the fields that are key attributes. Rejects values that DynamoDB would reject, and values that a query by the same
/// value would not find.
pub(crate) fn check(entity: EntityType, fields: &dyn Fields, item: &HashMap<String, AttributeValue>) -> Result<()> {
    let schema = entity.schema;
    for (key, field, limit) in all(entity) {
        let fail = |message: String| {
            Error::new(ErrorKind::InvalidKey, message).with_operation("encode").entity(schema.name).attribute(key.name)
        };
        let mut text = String::new();
        let has_value = fields.write(field, &mut text).map_err(|error| fail(error.to_string()).caused_by(error))?;
        let Some(value) = item.get(key.name) else {
            match has_value {
                false => continue,
                true => {
                    return Err(fail(
                        "serde omits this field, which is an index key, so the item would not be in the index; always \
                         serialize the field"
                            .to_owned(),
                    ));
                }
            }
        };
        check_value(&key, limit, value).map_err(|error| error.with_operation("encode").entity(schema.name))?;
        if key_text::field_attribute_value(&key, text).ok().as_ref() != Some(value) {
            return Err(fail(
                "serde stores this field differently from how a query writes it, so queries would not find the item; \
                 store it in the form of its `KeySegment`"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// Rejects a value that DynamoDB would not accept for this key.
pub(crate) fn check_value(key: &KeyAttribute, limit: usize, value: &AttributeValue) -> Result<()> {
    let fail = |message: String| Err(Error::new(ErrorKind::InvalidKey, message).attribute(key.name));
    let length = match (key.key_type, value) {
        (KeyType::S, AttributeValue::S(text)) => text.len(),
        (KeyType::B, AttributeValue::B(bytes)) => bytes.as_ref().len(),
        (KeyType::N, AttributeValue::N(_)) => return Ok(()),
        (key_type, other) => {
            return fail(format!(
                "config.json gives this key the type {key_type:?}, but the field would be stored as {}",
                type_tag(other)
            ));
        }
    };
    match length {
        0 => fail("the key is empty; give it a value".to_owned()),
        length if length > limit => fail(format!("the key has {length} bytes; DynamoDB allows at most {limit}")),
        _ => Ok(()),
    }
}

/// Returns the key attribute that is this field, and the maximum length in bytes that DynamoDB allows.
pub(crate) fn of(entity: EntityType, attribute: &str) -> Option<(KeyAttribute, usize)> {
    all(entity).find(|(key, ..)| key.name == attribute).map(|(key, _, limit)| (key, limit))
}
