//! The conditions that the library gives a write itself, and what it says of the one that was not met.

use crate::error::text;
use crate::error::{Error, ErrorKind};
use crate::expr::condition::{self, Node};
use crate::expr::entity_filter;
use crate::model::EntityModel;
use crate::op::version;
use crate::schema::{EntitySchema, TableLayout};
use crate::value::item::Item;

/// One of them.
pub(super) struct Guard {
    pub node: Node,
    pub rule: Rule,
}

/// What it is for.
pub(super) enum Rule {
    /// The item is of the entity.
    Entity,
    /// The version is the one that was read.
    Version,
    /// A key of an index, by its attribute, is the one that was read.
    IndexKey(&'static str),
    /// An attribute that a new key is made from is what it was when it was read.
    Field(&'static str),
    /// An attribute is what `assuming` said.
    Assumed(&'static str),
    /// The sum fits the type of the attribute's field.
    Range(String),
}

impl Guard {
    /// The item is there, and of `E`.
    pub fn entity<E: EntityModel>() -> Self {
        Self { node: entity_filter::is_there::<E>(), rule: Rule::Entity }
    }

    /// The item is of `E`, if there is one. `None` where its key says that already.
    pub fn entity_or_none<E: EntityModel>() -> Option<Self> {
        let node = Node::Or(vec![Node::NotExists(entity_filter::primary::<E>()), entity_filter::is_of(E::__SCHEMA)?]);
        Some(Self { node, rule: Rule::Entity })
    }

    /// The item is of one of these, if there is one. Of none of them, nothing is asked.
    pub fn one_of_or_none(layout: &TableLayout, entities: &[&EntitySchema]) -> Option<Self> {
        let mut nodes = vec![Node::NotExists(Node::attribute(layout.partition_key.name))];
        nodes.extend(entities.iter().filter_map(|entity| entity_filter::is_of(entity)));
        (nodes.len() > 1).then_some(Self { node: Node::Or(nodes), rule: Rule::Entity })
    }

    /// The version is this one.
    pub fn version<E: EntityModel>(version: u64) -> Option<Self> {
        version::is::<E>(version).map(|node| Self { node, rule: Rule::Version })
    }
}

impl Rule {
    /// What to say if it was broken, and of which attribute.
    fn message(&self) -> (Option<&str>, String) {
        const READ_AGAIN: &str = "since the entity was read: read it again, and repeat the change";
        match self {
            Self::Entity => (None, "the item is of another entity".to_owned()),
            Self::Version => (None, format!("the item's version has changed {READ_AGAIN}")),
            Self::IndexKey(name) => (
                Some(name),
                format!(
                    "this key of an index has changed {READ_AGAIN}; if another program stores it in another form, `put` \
                     the entity, or update it by its key"
                ),
            ),
            Self::Field(name) => {
                (Some(name), format!("an index key is made from this attribute, which has changed {READ_AGAIN}"))
            }
            Self::Assumed(name) => (Some(name), "the stored value is not the one given to `assuming`".to_owned()),
            Self::Range(name) => (Some(name), "the result would not fit the type of the field".to_owned()),
        }
    }
}

/// Which guard the item does not meet, and of which attribute; `None` if it is none of them.
pub(super) fn broken<'g>(guards: &'g [Guard], item: &Item) -> Option<(Option<&'g str>, String)> {
    let broken = guards.iter().find(|guard| condition::is_met(&guard.node, item) == Some(false));
    broken.map(|guard| guard.rule.message())
}

/// The error of a write whose condition was not met, which says which one it was. `has_own`: the caller gave one, too.
pub(super) fn explain(error: Error, guards: &[Guard], has_own: bool) -> Error {
    if error.kind() != ErrorKind::ConditionFailed {
        return error;
    }
    let reason = match error.found_item() {
        Some(item) => broken(guards, item),
        None if guards.iter().any(|guard| matches!(guard.rule, Rule::Version)) => {
            Some((None, "no item has this key: it was deleted since, or it was never written".to_owned()))
        }
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
