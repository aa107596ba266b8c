//! What an update does to the attributes of an item, as inert data and as the text of a request.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{Node, Operand};
use crate::expr::path::{self};
use crate::expr::placeholders::{self, Placeholders};
use crate::value::document_path::{PathElement, shown};
use crate::value::encoded::Encoded;

/// A path, and what becomes of it.
pub(crate) struct Action {
    pub path: Operand,
    pub kind: Kind,
    pub value: Operand,
    /// The value, if serde omits the field for it: no attribute is stored, but keys are made from it.
    pub skipped: Option<AttributeValue>,
    /// What the stored number has to be so that the sum fits the field.
    pub range: Option<Node>,
    /// The path was given without the type of what it leads to.
    pub is_untyped: bool,
}

impl Action {
    /// Whether doing it twice gives another item than doing it once. A place in a list is another one when an element before it
    /// has gone, and what is set past the end is put there each time.
    pub fn is_once(&self) -> bool {
        let is_place =
            matches!(&self.path, Operand::Path(Ok(steps)) if matches!(steps.last(), Some(PathElement::Index(_))));
        self.kind.is_once() || is_place
    }
}

/// What becomes of a path, with a value.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is the value. No value: there is no such attribute.
    Set,
    /// It is the value, unless there is one already.
    IfNotExists,
    /// A number, which is nothing at first, and the value.
    Increment,
    /// A list, which is empty at first, and the value behind it.
    Append,
    /// The same before it.
    Prepend,
    /// DynamoDB's `ADD`: to a number, or to a set.
    Add,
    /// Elements are taken out of a set.
    Delete,
}

impl Kind {
    /// Whether doing it twice gives another item than doing it once.
    pub fn is_once(self) -> bool {
        matches!(self, Self::Increment | Self::Append | Self::Prepend | Self::Add)
    }
}

/// An action whose value can be had.
#[doc(hidden)]
#[derive(Clone)]
pub struct UpdateClause {
    pub(crate) steps: Vec<PathElement>,
    pub(crate) kind: Kind,
    pub(crate) value: Option<AttributeValue>,
    /// The value, if serde omits the field for it.
    pub(crate) skipped: Option<AttributeValue>,
    /// The path was given without the type of what it leads to.
    pub(crate) is_untyped: bool,
}

/// `Debug` shows no values.
impl fmt::Debug for UpdateClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, shown(&self.steps))
    }
}

impl UpdateClause {
    /// Of a whole attribute.
    pub fn of(attribute: &str, kind: Kind, value: Option<AttributeValue>) -> Self {
        let steps = vec![PathElement::Name(attribute.to_owned())];
        Self { steps, kind, value, skipped: None, is_untyped: false }
    }

    /// What keys are made from.
    pub fn encoded(&self) -> Encoded {
        Encoded { value: self.value.clone().or_else(|| self.skipped.clone()), is_skipped: self.skipped.is_some() }
    }

    /// The attribute that it is in.
    pub fn root(&self) -> &str {
        match self.steps.first() {
            Some(PathElement::Name(name)) => name,
            _ => "",
        }
    }

    /// The attribute that it is about as a whole.
    pub fn attribute(&self) -> Option<&str> {
        match self.steps.as_slice() {
            [PathElement::Name(name)] => Some(name),
            _ => None,
        }
    }
}

/// The changes of a caller's actions.
///
/// # Errors
/// If a value cannot be encoded, two of them are about the same or a part of it, or nothing is changed.
pub(crate) fn changes(actions: &[Action]) -> Result<Vec<UpdateClause>> {
    let mut changes: Vec<UpdateClause> = Vec::with_capacity(actions.len() + 2);
    for Action { path, kind, value, skipped, is_untyped, .. } in actions {
        let (Operand::Path(steps), Operand::Value(value)) = (path, value) else {
            unreachable!("`Update` makes its actions of paths and values")
        };
        let (steps, value) = (steps.as_ref().map_err(Error::clone)?, value.as_ref().map_err(Error::clone)?);
        if let Some(other) =
            changes.iter().find(|other| steps.starts_with(&other.steps) || other.steps.starts_with(steps))
        {
            let message = format!("`{}` and `{}` overlap; change one of them", shown(&other.steps), shown(steps));
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        // What adds nothing, such as no element to a set, changes nothing.
        if value.is_some() || *kind == Kind::Set {
            let (steps, value, skipped) = (steps.clone(), value.clone(), skipped.clone());
            changes.push(UpdateClause { steps, kind: *kind, value, skipped, is_untyped: *is_untyped });
        }
    }
    if changes.is_empty() {
        let message = "nothing is changed; `set`, `remove` or `add` something";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok(changes)
}

/// The text of an update.
///
/// # Errors
/// If DynamoDB would refuse it.
pub(crate) fn expression(changes: &[UpdateClause], placeholders: &mut Placeholders) -> Result<String> {
    let (mut sets, mut removes, mut adds, mut deletes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut operators = 0;
    for UpdateClause { steps, kind, value, .. } in changes {
        let mut path = String::new();
        path::write(steps, placeholders, &mut path);
        let Some(value) = value else {
            removes.push(path);
            continue;
        };
        let text = placeholders.value(value.clone());
        let mut or = |nothing| format!("if_not_exists({path}, {})", placeholders.value(nothing));
        let (list, number) = (AttributeValue::L(Vec::new()), AttributeValue::N("0".to_owned()));
        match kind {
            Kind::Set => sets.push(format!("{path} = {text}")),
            Kind::IfNotExists => sets.push(format!("{path} = if_not_exists({path}, {text})")),
            Kind::Increment => sets.push(format!("{path} = {} + {text}", or(number))),
            Kind::Append => sets.push(format!("{path} = list_append({}, {text})", or(list))),
            Kind::Prepend => sets.push(format!("{path} = list_append({text}, {})", or(list))),
            Kind::Add => adds.push(format!("{path} {text}")),
            Kind::Delete => deletes.push(format!("{path} {text}")),
        }
        operators += match kind {
            Kind::IfNotExists => 1,
            Kind::Increment | Kind::Append | Kind::Prepend => 2,
            Kind::Set | Kind::Add | Kind::Delete => 0,
        };
    }
    let clauses = [("SET", sets), ("REMOVE", removes), ("ADD", adds), ("DELETE", deletes)];
    let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
    let text = clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ");
    placeholders::check("update", &text, operators)?;
    Ok(text)
}
