//! Where in an item a condition looks: an attribute, and steps into it.

use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::attribute::Size;
use crate::expr::condition::{AttributeType, Comparison, Condition, Node, Operand};
use crate::expr::operand;
use crate::expr::placeholders::Placeholders;
use crate::model::read_target::ReadTarget;
use crate::value::document_path::PathElement;
use crate::value::item::Item;

/// A path into items of `E`, or of any entity.
///
/// Its values are compared as they are encoded without a field: those of a field with `#[serde(with)]` are not.
pub struct Path<E = Untyped> {
    steps: Result<Vec<PathElement>>,
    entity: PhantomData<fn() -> E>,
}

/// In the place of an entity: a path or a condition that is about items of any.
#[derive(Debug)]
pub struct Untyped;

/// The path of this text, such as `address.city` or `lines[0].price`: attributes and keys of maps with dots between them,
/// places in lists in brackets. For a name with a dot in it there are [`Path::named`] and
/// [`Path::name`].
pub fn path(text: &str) -> Path {
    Path { steps: parse(text), entity: PhantomData }
}

fn parse(text: &str) -> Result<Vec<PathElement>> {
    let fail = || {
        let message = format!("`{text}` is not a path such as `address.city` or `lines[0].price`");
        Err(Error::new(ErrorKind::InvalidRequest, message))
    };
    let mut steps = Vec::new();
    for part in text.split('.') {
        let (name, indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() || name.contains(']') {
            return fail();
        }
        steps.push(PathElement::Name(name.to_owned()));
        for index in indexes.split_inclusive(']') {
            let number = index.strip_prefix('[').and_then(|index| index.strip_suffix(']'));
            match number.map(str::parse) {
                Some(Ok(number)) => steps.push(PathElement::Index(number)),
                _ => return fail(),
            }
        }
    }
    Ok(steps)
}

impl Path {
    /// The attribute of this name, whatever is in it.
    pub fn named(attribute: impl Into<String>) -> Self {
        Self { steps: Ok(vec![PathElement::Name(attribute.into())]), entity: PhantomData }
    }
}

impl<E> Path<E> {
    pub(crate) fn of(attribute: &str) -> Self {
        Self { steps: Ok(vec![PathElement::Name(attribute.to_owned())]), entity: PhantomData }
    }

    fn step(mut self, step: PathElement) -> Self {
        if let Ok(steps) = &mut self.steps {
            steps.push(step);
        }
        self
    }

    /// A further path, such as `city`, `lines[0]` or `[0].price`.
    pub fn path(mut self, text: &str) -> Self {
        // A place in a list belongs to what stands before it.
        let more = match text.starts_with('[') {
            true => parse(&format!("_{text}")).map(|steps| steps[1..].to_vec()),
            false => parse(text),
        };
        self.steps = self.steps.and_then(|mut steps| {
            steps.extend(more?);
            Ok(steps)
        });
        self
    }

    /// The key of a map, whatever is in it.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.step(PathElement::Name(name.into()))
    }

    /// A place in a list, from 0.
    pub fn index(self, index: usize) -> Self {
        self.step(PathElement::Index(index))
    }

    pub(crate) fn operand(self) -> Operand {
        Operand::Path(self.steps)
    }

    pub(crate) fn size_operand(self) -> Operand {
        Operand::Size(self.steps)
    }

    fn compare(self, comparison: Comparison, value: impl Serialize) -> Condition<E> {
        Condition::compare(self.operand(), comparison, operand::any(&value))
    }

    /// Equal to this value.
    pub fn eq(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Eq, value)
    }

    /// Equal to what is there.
    pub fn eq_path(self, other: Self) -> Condition<E> {
        Condition::compare(self.operand(), Comparison::Eq, other.operand())
    }

    /// Not equal to this value.
    pub fn ne(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Ne, value)
    }

    /// Less than this value, and of its type.
    pub fn lt(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Lt, value)
    }

    /// At most this value, and of its type.
    pub fn le(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Le, value)
    }

    /// More than this value, and of its type.
    pub fn gt(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Gt, value)
    }

    /// At least this value, and of its type.
    pub fn ge(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Ge, value)
    }

    /// From `low` to `high`, both included, and of their type.
    pub fn between(self, low: impl Serialize, high: impl Serialize) -> Condition<E> {
        Condition::new(Node::Between(self.operand(), operand::any(&low), operand::any(&high)))
    }

    /// One of these values: 1 to 100 of them.
    pub fn in_<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Condition<E> {
        let values = values.into_iter().map(|value| operand::any(&value));
        Condition::new(Node::In(self.operand(), values.collect()))
    }

    /// It is stored as this type.
    pub fn is_type(self, attribute_type: AttributeType) -> Condition<E> {
        Condition::new(Node::IsType(self.operand(), attribute_type))
    }

    /// How long a text or binary is in bytes, or how many elements a set, list or map has.
    pub fn size(self) -> Size<E> {
        Size::of(self)
    }

    /// A text that begins with this.
    pub fn begins_with(self, text: impl Into<String>) -> Condition<E> {
        Condition::new(Node::BeginsWith(self.operand(), text.into()))
    }

    /// A text with this in it, or a set or list with this element.
    pub fn contains(self, value: impl Serialize) -> Condition<E> {
        Condition::new(Node::Contains(self.operand(), operand::any(&value)))
    }

    /// There is such an attribute.
    pub fn exists(self) -> Condition<E> {
        Condition::new(Node::Exists(self.operand()))
    }

    /// There is no such attribute.
    pub fn not_exists(self) -> Condition<E> {
        Condition::new(Node::NotExists(self.operand()))
    }
}

/// A path into items of `E`, or of any entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a path into `{E}`",
    note = "give a path of an attribute of `{E}`, or one of any: `monotable::path(\"address.city\")`"
)]
pub trait IntoPath<E> {
    #[doc(hidden)]
    fn __path(self) -> Path<E>;
}

impl<E> IntoPath<E> for Path<E> {
    fn __path(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<E: ReadTarget> IntoPath<E> for Path<Untyped> {
    fn __path(self) -> Path<E> {
        Path { steps: self.steps, entity: PhantomData }
    }
}

/// Appends the path's text.
pub(crate) fn write(steps: &[PathElement], placeholders: &mut Placeholders, out: &mut String) {
    for (number, step) in steps.iter().enumerate() {
        match step {
            PathElement::Name(name) => {
                if number > 0 {
                    out.push('.');
                }
                out.push_str(&placeholders.name(name));
            }
            PathElement::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
}

/// What an item has there.
pub(crate) fn find<'i>(item: &'i Item, steps: &[PathElement]) -> Option<&'i AttributeValue> {
    let mut steps = steps.iter();
    let Some(PathElement::Name(root)) = steps.next() else { return None };
    steps.try_fold(item.get(root.as_str())?, |value, step| match (value, step) {
        (AttributeValue::M(map), PathElement::Name(name)) => map.get(name),
        (AttributeValue::L(list), PathElement::Index(index)) => list.get(*index),
        _ => None,
    })
}

impl<E> Clone for Path<E> {
    fn clone(&self) -> Self {
        let steps = self.steps.as_ref().map_err(Error::clone);
        Self { steps: steps.cloned(), entity: PhantomData }
    }
}

impl<E> fmt::Debug for Path<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Path").field(&self.steps).finish()
    }
}
