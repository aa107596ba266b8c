//! The changes of an update, as data and as the expression of a request.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{Node, Operand};
use crate::expr::path::{self};
use crate::expr::placeholders::{self, Placeholders};
use crate::value::document_path::{PathElement, shown};
use crate::value::encoded::Encoded;

/// A change that the caller requested.
pub(crate) struct Action {
    pub path: Operand,
    pub kind: Kind,
    pub value: Operand,
    /// The value, if serde omits the field for it. It is not stored, but keys are built from it.
    pub skipped: Option<AttributeValue>,
    /// The condition that the result fits the type of the field.
    pub range: Option<Node>,
    /// The compiler has not checked that the value fits the path.
    pub is_untyped: bool,
}

impl Action {
    /// Returns whether applying the action twice differs from applying it once. This includes every change of a list element:
    /// removing an element moves those after it, and setting an index past the end appends an element each time.
    pub fn is_once(&self) -> bool {
        let is_place =
            matches!(&self.path, Operand::Path(Ok(steps)) if matches!(steps.last(), Some(PathElement::Index(_))));
        self.kind.is_once() || is_place
    }
}

/// The kind of a change.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sets the path to the value, or removes it if the value is `None`.
    Set,
    /// Sets the path to the value if it does not exist.
    IfNotExists,
    /// Adds the value to a number with `SET`. A missing number counts as 0.
    Increment,
    /// Adds the elements of the value at the end of a list. A missing list counts as empty.
    Append,
    /// Adds the elements of the value at the beginning of a list. A missing list counts as empty.
    Prepend,
    /// Adds the value to a number or to a set with `ADD`.
    Add,
    /// Removes elements from a set.
    Delete,
}

impl Kind {
    /// Returns whether applying it twice differs from applying it once.
    pub fn is_once(self) -> bool {
        matches!(self, Self::Increment | Self::Append | Self::Prepend | Self::Add)
    }
}

/// A change with a valid path and value.
#[doc(hidden)]
#[derive(Clone)]
pub struct UpdateClause {
    pub(crate) steps: Vec<PathElement>,
    pub(crate) kind: Kind,
    pub(crate) value: Option<AttributeValue>,
    /// The value, if serde omits the field for it. It is not stored, but keys are built from it.
    pub(crate) skipped: Option<AttributeValue>,
    /// The compiler has not checked that the value fits the path.
    pub(crate) is_untyped: bool,
}

/// Does not show values.
impl fmt::Debug for UpdateClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, shown(&self.steps))
    }
}

impl UpdateClause {
    /// Creates the change of a whole attribute.
    pub fn of(attribute: &str, kind: Kind, value: Option<AttributeValue>) -> Self {
        let steps = vec![PathElement::Name(attribute.to_owned())];
        Self { steps, kind, value, skipped: None, is_untyped: false }
    }

    /// Returns the value that keys are built from.
    pub fn encoded(&self) -> Encoded {
        Encoded { value: self.value.clone().or_else(|| self.skipped.clone()), is_skipped: self.skipped.is_some() }
    }

    /// Returns the attribute that contains the changed path.
    pub fn root(&self) -> &str {
        match self.steps.first() {
            Some(PathElement::Name(name)) => name,
            _ => "",
        }
    }

    /// Returns the attribute, if the change concerns the whole attribute.
    pub fn attribute(&self) -> Option<&str> {
        match self.steps.as_slice() {
            [PathElement::Name(name)] => Some(name),
            _ => None,
        }
    }
}

/// Returns the changes of the caller's actions.
///
/// # Errors
/// Fails if a path is not valid, if a value cannot be serialized, if two paths overlap, or if nothing is changed.
pub(crate) fn changes(actions: &[Action]) -> Result<Vec<UpdateClause>> {
    let mut changes: Vec<UpdateClause> = Vec::with_capacity(actions.len() + 2);
    for Action { path, kind, value, skipped, is_untyped, .. } in actions {
        let (Operand::Path(steps), Operand::Value(value)) = (path, value) else {
            unreachable!("`Update` builds its actions from paths and values")
        };
        let (steps, value) = (steps.as_ref().map_err(Error::clone)?, value.as_ref().map_err(Error::clone)?);
        if let Some(other) =
            changes.iter().find(|other| steps.starts_with(&other.steps) || other.steps.starts_with(steps))
        {
            let message = format!(
                "`{}` and `{}` overlap; an update can change only one of them",
                shown(&other.steps),
                shown(steps)
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        // Without a value, only `set` changes something: it removes the attribute. Adding an empty set changes nothing.
        if value.is_some() || *kind == Kind::Set {
            let (steps, value, skipped) = (steps.clone(), value.clone(), skipped.clone());
            changes.push(UpdateClause { steps, kind: *kind, value, skipped, is_untyped: *is_untyped });
        }
    }
    if changes.is_empty() {
        let message = "the update changes nothing; call `set`, `remove` or `add`";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok(changes)
}

/// Returns the update expression. Its names and values are added to the placeholders of the request.
///
/// # Errors
/// Fails if DynamoDB would reject the expression.
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
