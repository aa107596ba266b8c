//! Values of keys on the command line, typed by `config.json`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use monotable_config::{KeyAttribute, KeyType, TableConfig};

use crate::failure::{Failure, Result};
use crate::table::json::{self, Item};

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

/// Returns a text that is the same for equal primary keys. DynamoDB compares numbers by their values: `1` and `1.0` are one key.
pub fn identity(config: &TableConfig, item: &Item) -> String {
    let mut key = of_item(config, item);
    for value in key.values_mut() {
        if let AttributeValue::N(number) = value
            && let Some(canonical) = canonical(number)
        {
            *number = canonical;
        }
    }
    json::to_json(&key).to_string()
}

/// Returns a text that is the same for equal numbers: the digits and the exponent of the first one. `None` if it is not a number.
fn canonical(number: &str) -> Option<String> {
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let digits = all.trim_start_matches('0');
    let zeros = all.len() - digits.len();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let first = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + i64::from(exponent);
    let sign = if number.starts_with('-') { "-" } else { "" };
    Some(format!("{sign}{digits}e{first}"))
}

/// Returns the attributes of an item that are its primary key.
pub fn of_item(config: &TableConfig, item: &Item) -> Item {
    let names = [&config.partition_key].into_iter().chain(&config.sort_key).map(|key| &key.name);
    names.filter_map(|name| item.get(name).map(|value| (name.clone(), value.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_text_and_others_do_not() {
        for (one, other) in [("1", "1.00"), ("0.10", "1e-1"), ("-0", "0"), ("100", "1E+2"), ("007", "+7")] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
        for (one, other) in [("1", "-1"), ("1", "10"), ("0.1", "0.11"), ("0", "1")] {
            assert_ne!(canonical(one), canonical(other), "{one} {other}");
        }
        for text in ["", "-", ".", "x", "1e", "1_0"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
