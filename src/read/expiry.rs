//! Items whose time of expiry has come, which DynamoDB deletes some time later.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{AttributeType, Comparison, Node, Operand};
use crate::model::Stored;
use crate::schema::TableLayout;

/// The attribute with the time of expiry.
pub(crate) fn ttl_attribute(layout: &TableLayout) -> Result<&'static str> {
    layout.ttl_attribute.ok_or_else(|| {
        let message = "what has expired is told by the `ttlAttribute` of config.json, which has none";
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

/// Items whose time of expiry has come.
pub(crate) fn expired(layout: &TableLayout, now: DateTime<Utc>) -> Result<Node> {
    let name = ttl_attribute(layout)?;
    let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
    Ok(Node::And(vec![
        Node::IsType(Node::attribute(name), AttributeType::N),
        Node::Compare(Node::attribute(name), Comparison::Le, now),
    ]))
}

/// Items that expire later than this, or never.
pub(crate) fn unexpired(layout: &TableLayout, now: DateTime<Utc>) -> Result<Node> {
    let name = ttl_attribute(layout)?;
    let now = Operand::Value(Ok(Some(AttributeValue::N(now.timestamp().to_string()))));
    let later = Node::Compare(Node::attribute(name), Comparison::Gt, now);
    // An item whose attribute is NULL, or not a number, never expires.
    let is_number = Node::IsType(Node::attribute(name), AttributeType::N);
    Ok(Node::Or(vec![Node::Not(Box::new(is_number)), later]))
}

/// Whether the item's time of expiry has come. DynamoDB deletes it some time later, within days.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
pub(crate) fn is_expired(item: &Stored<'_>, attribute: &str, now: DateTime<Utc>) -> bool {
    let Some(seconds) = item.get(attribute).and_then(|value| value.number()) else { return false };
    // A fraction, or an exponent, is a number to DynamoDB, too.
    seconds.parse::<f64>().is_ok_and(|seconds| seconds <= now.timestamp() as f64)
}
