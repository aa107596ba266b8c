//! Conditions on the discriminator, which says which entity an item belongs to.

use crate::expr::condition::{Node, Operand};
use crate::expr::placeholders::MAX_OPERANDS;
use crate::model::EntityType;
use crate::schema::{EntitySchema, TableLayout};
use aws_sdk_dynamodb::types::AttributeValue;

/// Keeps the items of these entities, and the items without a discriminator, because a filter must not hide them.
pub(crate) fn entity_filter(attribute: &str, entities: &[&EntitySchema]) -> Node {
    let mut nodes = vec![Node::NotExists(Node::attribute(attribute))];
    nodes.extend(of_labels(attribute, entities));
    Node::Or(nodes)
}

/// Returns the operand for the table's partition key, which every item has.
pub(crate) fn primary(layout: &TableLayout) -> Operand {
    Node::attribute(layout.partition_key.name)
}

/// Requires that the item exists and belongs to the entity.
pub(crate) fn is_there(EntityType { schema, layout }: EntityType) -> Node {
    is_of(schema).unwrap_or_else(|| Node::Exists(primary(layout)))
}

/// Requires a discriminator of this entity; `None` if the key determines the entity.
pub(crate) fn is_of(entity: &EntitySchema) -> Option<Node> {
    let mut nodes = of_labels(entity.discriminator_attribute?, &[entity]);
    Some(match nodes.len() {
        1 => nodes.swap_remove(0),
        _ => Node::Or(nodes),
    })
}

fn of_labels(attribute: &str, entities: &[&EntitySchema]) -> Vec<Node> {
    let labels: Vec<&str> = entities.iter().flat_map(|entity| entity.labels()).collect();
    let value = |label: &&str| Operand::Value(Ok(Some(AttributeValue::S((*label).to_owned()))));
    let one_of = |labels: &[&str]| Node::In(Node::attribute(attribute), labels.iter().map(value).collect());
    labels.chunks(MAX_OPERANDS).map(one_of).collect()
}
