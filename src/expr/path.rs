//! Paths to attributes, and to the parts of maps and lists in them.

use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::attribute::Size;
use crate::expr::condition::{Comparison, Condition, Node, Operand};
use crate::expr::operand;
use crate::expr::placeholders::Placeholders;
use crate::model::read_target::ReadTarget;
use crate::schema::sealed::sealed;
use crate::value::attribute_type::AttributeType;
use crate::value::document_path::PathElement;
use crate::value::item::Item;

sealed!(SealedIntoPath<E>);

/// A path to an attribute of items of `E`, or of any entity, or to a part of it.
///
/// Values compared with a path are serialized without the field's `#[serde(with)]`. If the field has one, compare with its
/// [`Attribute`](crate::Attribute) instead.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>
pub struct Path<E = Untyped> {
    steps: Result<Vec<PathElement>>,
    entity: PhantomData<fn() -> E>,
}

/// The entity parameter of a path or condition on items of any entity.
#[derive(Debug)]
pub struct Untyped;

/// Returns a path such as `address.city` or `lines[0].price`.
///
/// Dots separate attribute names and map keys; brackets contain list indexes. For a name that contains a dot, use [`Path::named`]
/// and [`Path::name`]. If the text is not a valid path, the operation that uses it fails before it is sent.
pub fn path(text: &str) -> Path {
    Path { steps: parse(text), entity: PhantomData }
}

fn parse(text: &str) -> Result<Vec<PathElement>> {
    let fail = || {
        let message = format!("`{text}` is not a valid path; write it like `address.city` or `lines[0].price`");
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
    /// Returns the path of the attribute with this name. The name may contain any characters.
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

    /// Appends a path such as `city`, `lines[0]` or `[0].price`.
    pub fn path(mut self, text: &str) -> Self {
        // `parse` accepts an index only after a name, which is dropped again.
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

    /// Appends the key of a map. The key may contain any characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.step(PathElement::Name(name.into()))
    }

    /// Appends the index of a list element. The first one has the index 0.
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

    /// Tests whether the value at the path equals this value.
    pub fn eq(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Eq, value)
    }

    /// Tests whether the values at the two paths are equal.
    pub fn eq_path(self, other: Self) -> Condition<E> {
        Condition::compare(self.operand(), Comparison::Eq, other.operand())
    }

    /// Tests whether the value at the path differs from this value.
    pub fn ne(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Ne, value)
    }

    /// Tests whether the value at the path is less than this value. A value of another type does not match.
    pub fn lt(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Lt, value)
    }

    /// Tests whether the value at the path is less than or equal to this value. A value of another type does not match.
    pub fn le(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Le, value)
    }

    /// Tests whether the value at the path is greater than this value. A value of another type does not match.
    pub fn gt(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Gt, value)
    }

    /// Tests whether the value at the path is greater than or equal to this value. A value of another type does not match.
    pub fn ge(self, value: impl Serialize) -> Condition<E> {
        self.compare(Comparison::Ge, value)
    }

    /// Tests whether the value at the path is between `low` and `high`, both inclusive. A value of another type does not match.
    pub fn between(self, low: impl Serialize, high: impl Serialize) -> Condition<E> {
        Condition::new(Node::Between(self.operand(), operand::any(&low), operand::any(&high)))
    }

    /// Tests whether the value at the path equals one of 1 to 100 values.
    pub fn in_<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Condition<E> {
        let values = values.into_iter().map(|value| operand::any(&value));
        Condition::new(Node::In(self.operand(), values.collect()))
    }

    /// Tests whether the value at the path is stored as this type.
    pub fn is_type(self, attribute_type: AttributeType) -> Condition<E> {
        Condition::new(Node::IsType(self.operand(), attribute_type))
    }

    /// Returns the size of the value at the path, to be compared with a number.
    ///
    /// The size is the number of bytes of a string or binary value, or the number of elements of a set, list or map.
    pub fn size(self) -> Size<E> {
        Size::of(self)
    }

    /// Tests whether a string begins with `text`.
    pub fn begins_with(self, text: impl Into<String>) -> Condition<E> {
        Condition::new(Node::BeginsWith(self.operand(), text.into()))
    }

    /// Tests whether a string contains a substring, or a set or list contains an element.
    pub fn contains(self, value: impl Serialize) -> Condition<E> {
        Condition::new(Node::Contains(self.operand(), operand::any(&value)))
    }

    /// Tests whether the path exists.
    pub fn exists(self) -> Condition<E> {
        Condition::new(Node::Exists(self.operand()))
    }

    /// Tests whether the path does not exist.
    pub fn not_exists(self) -> Condition<E> {
        Condition::new(Node::NotExists(self.operand()))
    }
}

/// A path into items of `E`: a path of an attribute of `E`, or an untyped path.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a path into `{E}`",
    note = "use a path of an attribute of `{E}`, or an untyped path: `monotable::path(\"address.city\")`"
)]
pub trait IntoPath<E>: SealedIntoPath<E> {
    #[doc(hidden)]
    fn __path(self) -> Path<E>;
}

impl<E> IntoPath<E> for Path<E> {
    fn __path(self) -> Self {
        self
    }
}
impl<E> SealedIntoPath<E> for Path<E> {}

#[diagnostic::do_not_recommend]
impl<E: ReadTarget> IntoPath<E> for Path<Untyped> {
    fn __path(self) -> Path<E> {
        Path { steps: self.steps, entity: PhantomData }
    }
}
impl<E: ReadTarget> SealedIntoPath<E> for Path<Untyped> {}

/// Appends the path to an expression.
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

/// Returns the value at a path in an item.
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
