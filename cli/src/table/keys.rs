//! Values of keys on the command line, typed by `config.json`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use monotable_config::{KeyAttribute, KeyType, TableConfig};

use crate::failure::{Failure, Result};
use crate::table::json::Item;

/// Parses the value of a key: text, a number, or Base64.
pub fn value(key: &KeyAttribute, text: &str) -> Result<AttributeValue> {
    match key.key_type {
        KeyType::S => Ok(AttributeValue::S(text.to_owned())),
        KeyType::N => Ok(AttributeValue::N(text.to_owned())),
        KeyType::B => match STANDARD.decode(text) {
            Ok(bytes) => Ok(AttributeValue::B(Blob::new(bytes))),
            Err(error) => Err(Failure::usage(format!("the key `{}` is binary; give it as Base64: {error}", key.name))),
        },
    }
}

/// Returns the primary key of an item.
pub fn primary(config: &TableConfig, partition: &str, sort: Option<&str>) -> Result<Item> {
    let mut key = Item::from([(config.partition_key.name.clone(), value(&config.partition_key, partition)?)]);
    match (&config.sort_key, sort) {
        (Some(attribute), Some(text)) => {
            key.insert(attribute.name.clone(), value(attribute, text)?);
        }
        (None, None) => {}
        (Some(attribute), None) => {
            return Err(Failure::usage(format!(
                "the table has the sort key `{}`; give its value as well",
                attribute.name
            )));
        }
        (None, Some(_)) => return Err(Failure::usage("the table has no sort key; give only the partition key")),
    }
    Ok(key)
}

/// Returns the attributes of an item that are its primary key.
pub fn of_item(config: &TableConfig, item: &Item) -> Item {
    let names = [&config.partition_key].into_iter().chain(&config.sort_key).map(|key| &key.name);
    names.filter_map(|name| item.get(name).map(|value| (name.clone(), value.clone()))).collect()
}
