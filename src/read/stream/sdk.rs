use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as StreamValue, Record as SdkRecord};
use chrono::DateTime;

use super::{ChangeKind, Record, damaged};
use crate::error::{Error, Result};
use crate::value::item::Item;

/// Converts a record of the SDK's client for streams.
///
/// # Errors
/// Fails if the record has no event, or if a value has a type that this version of the SDK does not know.
impl TryFrom<SdkRecord> for Record {
    type Error = Error;

    fn try_from(record: SdkRecord) -> Result<Self> {
        let event = record.event_name.ok_or_else(|| damaged("the record has no event".to_owned()))?;
        let kind = ChangeKind::parse(event.as_str())?;
        let change = record.dynamodb.ok_or_else(|| damaged("the record has no change".to_owned()))?;
        let created_at = change.approximate_creation_date_time;
        let is_expiry = record.user_identity.is_some_and(|by| {
            super::is_expiry(by.r#type.as_deref().unwrap_or_default(), by.principal_id.as_deref().unwrap_or_default())
        });
        let keys = change.keys.map(item).transpose()?.unwrap_or_default();
        let [old, new] = [change.old_image, change.new_image].map(|image| image.map(item).transpose());
        Ok(Self {
            sequence_number: change.sequence_number,
            event_id: record.event_id,
            created_at: created_at.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos())),
            is_expiry,
            ..Self::new(kind, keys, old?, new?)
        })
    }
}

fn item(attributes: HashMap<String, StreamValue>) -> Result<Item> {
    attributes.into_iter().map(|(name, value)| Ok((name, attribute(value)?))).collect()
}

/// Converts a value. The clients for tables and for streams have separate types for it.
fn attribute(value: StreamValue) -> Result<AttributeValue> {
    Ok(match value {
        StreamValue::S(text) => AttributeValue::S(text),
        StreamValue::N(number) => AttributeValue::N(number),
        StreamValue::Bool(value) => AttributeValue::Bool(value),
        StreamValue::Null(value) => AttributeValue::Null(value),
        StreamValue::B(bytes) => AttributeValue::B(bytes),
        StreamValue::Ss(texts) => AttributeValue::Ss(texts),
        StreamValue::Ns(numbers) => AttributeValue::Ns(numbers),
        StreamValue::Bs(binaries) => AttributeValue::Bs(binaries),
        StreamValue::L(values) => AttributeValue::L(values.into_iter().map(attribute).collect::<Result<_>>()?),
        StreamValue::M(entries) => {
            let entry = |(name, value)| Ok((name, attribute(value)?));
            AttributeValue::M(entries.into_iter().map(entry).collect::<Result<_>>()?)
        }
        _ => return Err(damaged("a value has a type that is unknown to this version of the SDK".to_owned())),
    })
}
