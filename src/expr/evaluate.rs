//! Evaluates monotable's own conditions on a stored item, to report which of them made DynamoDB reject a write.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::expr::condition::{Comparison, Node, Operand};
use crate::expr::path;
use crate::value::equality;
use crate::value::item::Item;

/// Returns whether the item meets the condition; `None` if only DynamoDB can decide.
pub(crate) fn is_met(node: &Node, item: &Item) -> Option<bool> {
    match node {
        Node::Compare(one, comparison, Operand::Value(Ok(None))) => {
            let is_absent = matches!(found(one, item)?, None | Some(AttributeValue::Null(_)));
            match comparison {
                Comparison::Eq => Some(is_absent),
                Comparison::Ne => Some(!is_absent),
                _ => None,
            }
        }
        Node::Compare(one, comparison, Operand::Value(Ok(Some(value)))) => {
            let Some(found) = found(one, item)? else { return Some(*comparison == Comparison::Ne) };
            let order = equality::order(found, value);
            Some(match comparison {
                Comparison::Eq => equality::values(found, value),
                Comparison::Ne => !equality::values(found, value),
                Comparison::Lt => order?.is_lt(),
                Comparison::Le => order?.is_le(),
                Comparison::Gt => order?.is_gt(),
                Comparison::Ge => order?.is_ge(),
            })
        }
        Node::In(one, values) => {
            let Some(found) = found(one, item)? else { return Some(false) };
            let is_one =
                |value: &Operand| matches!(value, Operand::Value(Ok(Some(value))) if equality::values(found, value));
            Some(values.iter().any(is_one))
        }
        Node::Exists(one) => Some(found(one, item)?.is_some()),
        Node::NotExists(one) => Some(found(one, item)?.is_none()),
        Node::Not(node) => is_met(node, item).map(|is_met| !is_met),
        Node::And(nodes) => all(nodes, item, false),
        Node::Or(nodes) => all(nodes, item, true),
        _ => None,
    }
}

/// `decisive`: the result of one condition that decides the result of all, which is `false` for `AND` and `true` for `OR`.
fn all(nodes: &[Node], item: &Item, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for node in nodes {
        match is_met(node, item) {
            Some(is_met) if is_met == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn found<'i>(operand: &Operand, item: &'i Item) -> Option<Option<&'i AttributeValue>> {
    match operand {
        Operand::Path(Ok(steps)) => Some(path::find(item, steps)),
        _ => None,
    }
}
