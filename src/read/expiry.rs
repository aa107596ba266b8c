//! Expired items, which DynamoDB deletes some time after their time of expiry.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{Comparison, Node, Operand};
use crate::model::Stored;
use crate::schema::TableLayout;
use crate::value::attribute_type::AttributeType;

/// Returns the attribute that holds the time of expiry.
pub(crate) fn ttl_attribute(layout: &TableLayout) -> Result<&'static str> {
    layout.ttl_attribute.ok_or_else(|| {
        let message = "config.json has no `ttlAttribute`, so monotable cannot tell which items have expired; add it";
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

/// Returns the condition that an item has expired.
pub(crate) fn expired(layout: &TableLayout, now: DateTime<Utc>) -> Result<Node> {
    let name = ttl_attribute(layout)?;
    let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
    Ok(Node::And(vec![
        Node::IsType(Node::attribute(name), AttributeType::N),
        Node::Compare(Node::attribute(name), Comparison::Le, now),
    ]))
}

/// Returns the condition that an item has not expired: it expires after `now`, or never.
pub(crate) fn unexpired(layout: &TableLayout, now: DateTime<Utc>) -> Result<Node> {
    let name = ttl_attribute(layout)?;
    let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
    let later = Node::Compare(Node::attribute(name), Comparison::Gt, now);
    // If the attribute is missing or not a number, the item never expires.
    let is_number = Node::IsType(Node::attribute(name), AttributeType::N);
    Ok(Node::Or(vec![Node::Not(Box::new(is_number)), later]))
}

/// Returns `true` if the item has expired. DynamoDB deletes it some time later, within days.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
pub(crate) fn is_expired(item: &Stored<'_>, attribute: &str, now: DateTime<Utc>) -> bool {
    let Some(seconds) = item.get(attribute).and_then(|value| value.number()) else { return false };
    // A DynamoDB number can have a fraction or an exponent.
    seconds.parse::<f64>().is_ok_and(|seconds| seconds <= now.timestamp() as f64)
}
