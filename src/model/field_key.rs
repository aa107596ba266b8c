//! Fields that are themselves key attributes: `by_customer(pk = "{customer_id}")` where the index's partition key is the attribute
//! `customer_id`, under which serde stores the field. Such an attribute is written once, as the field, and read back as it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::key::key_text;
use crate::key::template::{Fields, PARTITION_LIMIT, SORT_LIMIT};
use crate::model::entity::Of;
use crate::model::{EntityModel, TableModel};
use crate::schema::own_key::{has_any, is_field};
use crate::schema::{KeyAttribute, KeyType};
use crate::value::item::type_tag;

/// The key attributes of the table and of its indexes that are fields of the entity, each once, with the number of the field, and
/// the most bytes that DynamoDB takes.
fn all<E: EntityModel>() -> impl Iterator<Item = (KeyAttribute, usize, usize)> {
    let (schema, layout) = (E::__SCHEMA, <E::Table as TableModel>::__SCHEMA.layout);
    let primary = [Some((layout.partition_key, PARTITION_LIMIT)), layout.sort_key.map(|key| (key, SORT_LIMIT))];
    let of_indexes = schema.indexes.iter().flat_map(|index| {
        let partition = index.index.partition_keys.iter().map(|key| (*key, PARTITION_LIMIT));
        partition.chain(index.index.sort_keys.iter().map(|key| (*key, SORT_LIMIT)))
    });
    let mut seen: Vec<&str> = Vec::new();
    let mut keys = primary.into_iter().flatten().chain(of_indexes);
    std::iter::from_fn(move || {
        let (key, limit) = keys.find(|(key, _)| is_field(schema, key.name) && !seen.contains(&key.name))?;
        seen.push(key.name);
        let is_it = |number: &usize| {
            let field = &schema.fields[*number];
            !has_any(field.name, b".(") && field.attributes == [key.name]
        };
        // That there is one is checked when the program is compiled.
        let field = (0..schema.fields.len()).find(is_it)?;
        Some((key, field, limit))
    })
}

/// Refuses an item whose fields cannot be the keys that they are: what DynamoDB would refuse, and what a query by the same value
/// would not find.
pub(crate) fn check<E: EntityModel>(entity: &E, item: &HashMap<String, AttributeValue>) -> Result<()> {
    if !E::__HAS_OWN_KEYS {
        return Ok(());
    }
    for (key, field, limit) in all::<E>() {
        let fail = |message: String| {
            Error::new(ErrorKind::InvalidKey, message)
                .with_operation("encode")
                .entity(E::__SCHEMA.name)
                .attribute(key.name)
        };
        let mut text = String::new();
        let has_value = Of(entity).write(field, &mut text).map_err(|error| fail(error.to_string()).caused_by(error))?;
        let Some(value) = item.get(key.name) else {
            match has_value {
                false => continue,
                true => {
                    return Err(fail(
                        "serde omits the field, which is a key of an index: an item without it is not found there"
                            .to_owned(),
                    ));
                }
            }
        };
        check_value(&key, limit, value).map_err(|error| error.with_operation("encode").entity(E::__SCHEMA.name))?;
        if key_text::field_attribute_value(&key, text).ok().as_ref() != Some(value) {
            return Err(fail(
                "serde stores this field differently from how a query writes it, so queries would not find the item; store it in the \
                 form of its `KeySegment`"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// Refuses a value that DynamoDB would refuse as this key.
pub(crate) fn check_value(key: &KeyAttribute, limit: usize, value: &AttributeValue) -> Result<()> {
    let fail = |message: String| Err(Error::new(ErrorKind::InvalidKey, message).attribute(key.name));
    let length = match (key.key_type, value) {
        (KeyType::S, AttributeValue::S(text)) => text.len(),
        (KeyType::B, AttributeValue::B(bytes)) => bytes.as_ref().len(),
        (KeyType::N, AttributeValue::N(_)) => return Ok(()),
        (key_type, other) => {
            return fail(format!(
                "the field is a key of type {key_type:?} in config.json, and would be stored as {}",
                type_tag(other)
            ));
        }
    };
    match length {
        0 => fail("the key is empty; give it a value".to_owned()),
        length if length > limit => fail(format!("the key has {length} bytes; DynamoDB takes {limit}")),
        _ => Ok(()),
    }
}

/// The key that is this field, and the most bytes that DynamoDB takes.
pub(crate) fn of<E: EntityModel>(attribute: &str) -> Option<(KeyAttribute, usize)> {
    all::<E>().find(|(key, ..)| key.name == attribute).map(|(key, _, limit)| (key, limit))
}
