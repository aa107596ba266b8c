//! The conditions that monotable adds to a write, and the message if one of them is not met.

use crate::error::text;
use crate::error::{Error, ErrorKind};
use crate::expr::condition::{self, Node};
use crate::expr::entity_filter;
use crate::model::EntityType;
use crate::op::version;
use crate::schema::{EntitySchema, TableLayout};
use crate::value::item::Item;

/// A condition that monotable adds to a write.
pub(super) struct Guard {
    pub node: Node,
    pub rule: Rule,
}

/// The reason for a guard.
pub(super) enum Rule {
    /// The item belongs to the entity.
    Entity,
    /// The stored version is the one that was read.
    Version,
    /// The stored index key with this attribute is the one that was read.
    IndexKey(&'static str),
    /// An attribute that a new index key depends on has not changed since it was read.
    Field(&'static str),
    /// The attribute has the value that was passed to `assuming`.
    Assumed(&'static str),
    /// The result fits the type of the attribute's field.
    Range(String),
}

impl Guard {
    /// Requires that the item exists and belongs to the entity.
    pub fn entity(entity: EntityType) -> Self {
        Self { node: entity_filter::is_there(entity), rule: Rule::Entity }
    }

    /// Requires that the item, if it exists, belongs to the entity. `None` if the key already determines the entity.
    pub fn entity_or_none(EntityType { schema, layout }: EntityType) -> Option<Self> {
        let node = Node::Or(vec![Node::NotExists(entity_filter::primary(layout)), entity_filter::is_of(schema)?]);
        Some(Self { node, rule: Rule::Entity })
    }

    /// Requires that the item, if it exists, belongs to one of these entities. `None` if the list is empty, or if the key already
    /// determines the entity.
    pub fn one_of_or_none(layout: &TableLayout, entities: &[&EntitySchema]) -> Option<Self> {
        let mut nodes = vec![Node::NotExists(entity_filter::primary(layout))];
        nodes.extend(entities.iter().filter_map(|entity| entity_filter::is_of(entity)));
        (nodes.len() > 1).then_some(Self { node: Node::Or(nodes), rule: Rule::Entity })
    }

    /// Requires this stored version. `None` if the entity does not have a version.
    pub fn version(entity: &EntitySchema, version: u64) -> Option<Self> {
        version::is(entity, version).map(|node| Self { node, rule: Rule::Version })
    }
}

impl Rule {
    /// Returns the attribute and the message for a guard that was not met.
    fn message(&self) -> (Option<&str>, String) {
        const READ_AGAIN: &str = "since the entity was read; read it again and repeat the change";
        match self {
            Self::Entity => (None, "the item belongs to another entity".to_owned()),
            Self::Version => (None, format!("the item's version has changed {READ_AGAIN}")),
            Self::IndexKey(name) => (
                Some(name),
                format!(
                    "this index key has changed {READ_AGAIN}. If another program stores it in another format, `put` \
                     the entity, or update the item by its key"
                ),
            ),
            Self::Field(name) => {
                (Some(name), format!("an index key depends on this attribute, which has changed {READ_AGAIN}"))
            }
            Self::Assumed(name) => (Some(name), "the stored value is not the one given to `assuming`".to_owned()),
            Self::Range(name) => (Some(name), "the result would not fit the type of the field".to_owned()),
        }
    }
}

/// Returns the conditions of a write: those of monotable, and the one that the caller passed.
pub(super) fn into_nodes(guards: Vec<Guard>, own: Option<&Node>) -> Vec<Node> {
    guards.into_iter().map(|guard| guard.node).chain(own.cloned()).collect()
}

/// Returns the attribute and the message of the first guard that the item does not meet; `None` if it meets all of them.
pub(super) fn broken<'g>(guards: &'g [Guard], item: &Item) -> Option<(Option<&'g str>, String)> {
    let broken = guards.iter().find(|guard| condition::is_met(&guard.node, item) == Some(false));
    broken.map(|guard| guard.rule.message())
}

/// Adds to the error of a write which condition was not met. `has_own`: the caller also passed a condition.
pub(super) fn explain(error: Error, guards: &[Guard], has_own: bool) -> Error {
    if error.kind() != ErrorKind::ConditionFailed {
        return error;
    }
    let reason = match error.found_item() {
        Some(item) => broken(guards, item),
        None if guards.iter().any(|guard| matches!(guard.rule, Rule::Version)) => Some((
            None,
            "no item has this key: it was deleted after the entity was read, or was never written".to_owned(),
        )),
        None => None,
    };
    match reason {
        Some((attribute, message)) => {
            let attribute = attribute.map(str::to_owned);
            error.with_message(format!("{}: {message}", text::CONDITION_NOT_MET), attribute)
        }
        None if has_own => error.with_message("the condition given with `condition` was not met".to_owned(), None),
        None => error,
    }
}
