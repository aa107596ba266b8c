//! Compares attribute values like DynamoDB does: one number can have different texts, and sets are unordered.

use std::cmp::Ordering;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::value::decimal::Decimal;

/// Compares two strings, two numbers or two binary values; `None` for any other types.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
pub(crate) fn order(one: &AttributeValue, other: &AttributeValue) -> Option<Ordering> {
    use AttributeValue::{B, N, S};
    match (one, other) {
        (S(one), S(other)) => Some(one.as_bytes().cmp(other.as_bytes())),
        (N(one), N(other)) => Decimal::order(one, other),
        (B(one), B(other)) => Some(one.as_ref().cmp(other.as_ref())),
        _ => None,
    }
}

/// Returns whether DynamoDB considers two values equal.
pub(crate) fn values(one: &AttributeValue, other: &AttributeValue) -> bool {
    use AttributeValue::{Bs, L, M, N, Ns, Ss};
    match (one, other) {
        (N(one), N(other)) => Decimal::is_same(one, other),
        (Ns(one), Ns(other)) => sets(one, other, |one, other| Decimal::is_same(one, other)),
        (Ss(one), Ss(other)) => sets(one, other, |one, other| one == other),
        (Bs(one), Bs(other)) => sets(one, other, |one, other| one == other),
        (L(one), L(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| values(one, other)),
        (M(one), M(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| values(one, other)))
        }
        (one, other) => one == other,
    }
}

fn sets<T>(one: &[T], other: &[T], is_same: impl Fn(&T, &T) -> bool) -> bool {
    one.len() == other.len() && one.iter().all(|one| other.iter().any(|other| is_same(one, other)))
}
