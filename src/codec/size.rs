//! The size of an item as DynamoDB counts it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::value::item::Item;

/// DynamoDB's limit for the size of an item in bytes, including its attribute names: 400 KB.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
pub(crate) const MAX_ITEM: usize = 400 * 1024;

/// Checks the size of an item before it is sent.
///
/// # Errors
/// If the item is larger than [`MAX_ITEM`].
pub(crate) fn check_size(item: &Item) -> Result<()> {
    match size(item) {
        fits if fits <= MAX_ITEM => Ok(()),
        size => {
            let message = format!(
                "the item has {size} bytes, but DynamoDB accepts at most {MAX_ITEM} (400 KB): \
                 split it, or store large values in S3"
            );
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
    }
}

/// Returns the size in bytes, or slightly less: DynamoDB documents the size of a number only approximately.
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    const CONTAINER: usize = 3;
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|number| number_size(number)).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(values) => CONTAINER + values.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(entries) => CONTAINER + entries_size(entries),
        _ => 0,
    }
}

fn entries_size(entries: &HashMap<String, AttributeValue>) -> usize {
    entries.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum()
}

/// Counts one byte for two significant digits.
fn number_size(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let (mut significant, mut zeros) = (0_usize, 0);
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        match digit {
            b'0' if significant == 0 => {}
            b'0' => zeros += 1,
            _ => {
                significant += zeros + 1;
                zeros = 0;
            }
        }
    }
    significant.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    #[test]
    fn sizes_are_those_of_the_documentation() {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        for (value, expected) in [
            (s("né"), 3),
            (AttributeValue::N("-1200.50".to_owned()), 3),
            (AttributeValue::N("0".to_owned()), 0),
            (AttributeValue::N("1E100".to_owned()), 1),
            (AttributeValue::Bool(true), 1),
            (AttributeValue::Null(true), 1),
            (AttributeValue::B(Blob::new([1, 2, 3])), 3),
            (AttributeValue::Ss(vec!["a".to_owned(), "bc".to_owned()]), 3),
            (AttributeValue::Ns(vec!["120".to_owned(), "345".to_owned()]), 3),
            (AttributeValue::Bs(vec![Blob::new([1]), Blob::new([2, 3])]), 3),
            (AttributeValue::L(vec![s("a"), s("b")]), 7),
            (AttributeValue::M([("k".to_owned(), s("v"))].into()), 6),
        ] {
            assert_eq!(value_size(&value), expected, "{value:?}");
        }
    }
}
