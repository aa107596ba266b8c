//! Conditions on items, as a tree and as the expression of a request.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};
use crate::expr::path::{self, Untyped};
use crate::expr::placeholders::{self, MAX_OPERANDS, Placeholders};
use crate::schema::sealed::sealed;
use crate::value::attribute_type::AttributeType;
use crate::value::document_path::{PathElement, shown};
use crate::value::equality;

pub(crate) use crate::expr::evaluate::is_met;

sealed!(SealedIntoCondition<T>);

/// A condition on an item of `E`. A write requires that the stored item meets it; a read uses it as a filter.
///
/// Create conditions with the attributes of an entity, as in `Order::TOTAL.gt("5") & Order::NOTE.exists()`, or with
/// [`path`](fn@crate::path) for items of any entity. `Debug` does not show values.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>
#[doc(alias = "ConditionExpression")]
#[doc(alias = "FilterExpression")]
#[must_use = "a condition does nothing until it is passed to an operation"]
pub struct Condition<E = Untyped> {
    node: Node,
    entity: PhantomData<fn() -> E>,
}

/// One side of a comparison.
#[doc(hidden)]
#[derive(Clone)]
pub enum Operand {
    Path(Result<Vec<PathElement>>),
    /// The size of the attribute at this path.
    Size(Result<Vec<PathElement>>),
    /// `None` is a value that is not stored.
    Value(Result<Option<AttributeValue>>),
}

/// Does not show values.
impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(steps) => f.debug_tuple("Path").field(steps).finish(),
            Self::Size(steps) => f.debug_tuple("Size").field(steps).finish(),
            Self::Value(_) => f.write_str("Value"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone)]
pub(crate) enum Node {
    Compare(Operand, Comparison, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    BeginsWith(Operand, String),
    Contains(Operand, Operand),
    Exists(Operand),
    NotExists(Operand),
    IsType(Operand, AttributeType),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

impl Node {
    /// Returns the operand for the attribute with this name.
    pub fn attribute(name: &str) -> Operand {
        Operand::Path(Ok(vec![PathElement::Name(name.to_owned())]))
    }

    /// Requires that the attribute equals this value.
    pub fn is(name: &str, value: AttributeValue) -> Self {
        Self::Compare(Self::attribute(name), Comparison::Eq, Operand::Value(Ok(Some(value))))
    }
}

impl<E> Condition<E> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, entity: PhantomData }
    }

    pub(crate) fn compare(left: Operand, comparison: Comparison, right: Operand) -> Self {
        Self::new(Node::Compare(left, comparison, right))
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }

    /// Adds a condition to an earlier one.
    pub(crate) fn both(earlier: Option<Self>, condition: impl IntoCondition<E>) -> Self {
        let condition = condition.__condition();
        match earlier {
            Some(earlier) => earlier.and(condition),
            None => condition,
        }
    }

    /// Requires both conditions. The operator `&` does the same.
    pub fn and(self, other: Self) -> Self {
        Self::new(match (self.node, other.node) {
            (Node::And(mut all), Node::And(more)) => {
                all.extend(more);
                Node::And(all)
            }
            (Node::And(mut all), one) => {
                all.push(one);
                Node::And(all)
            }
            (one, other) => Node::And(vec![one, other]),
        })
    }

    /// Requires at least one of the two conditions. The operator `|` does the same.
    pub fn or(self, other: Self) -> Self {
        Self::new(match (self.node, other.node) {
            (Node::Or(mut all), Node::Or(more)) => {
                all.extend(more);
                Node::Or(all)
            }
            (Node::Or(mut all), one) => {
                all.push(one);
                Node::Or(all)
            }
            (one, other) => Node::Or(vec![one, other]),
        })
    }
}

impl<E> BitAnd for Condition<E> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<E> BitOr for Condition<E> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<E> Not for Condition<E> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(match self.node {
            // Two negations cancel out. Keeping them would only make the expression longer.
            Node::Not(node) => *node,
            node => Node::Not(Box::new(node)),
        })
    }
}

/// A condition on items of `T`: a condition on `T`, or on items of any entity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition on `{T}`",
    note = "use a condition on an attribute of `{T}`, or on a path: `monotable::path(\"total\").gt(5)`"
)]
pub trait IntoCondition<T>: SealedIntoCondition<T> {
    #[doc(hidden)]
    fn __condition(self) -> Condition<T>;
}

impl<T> IntoCondition<T> for Condition<T> {
    fn __condition(self) -> Self {
        self
    }
}
impl<T> SealedIntoCondition<T> for Condition<T> {}

#[diagnostic::do_not_recommend]
impl<T: crate::model::read_target::ReadTarget> IntoCondition<T> for Condition<Untyped> {
    fn __condition(self) -> Condition<T> {
        Condition::new(self.node)
    }
}
impl<T: crate::model::read_target::ReadTarget> SealedIntoCondition<T> for Condition<Untyped> {}

/// Returns the expression of a condition. Its names and values are added to the placeholders of the request.
///
/// # Errors
/// Fails if DynamoDB would reject the expression.
pub(crate) fn expression(node: &Node, placeholders: &mut Placeholders) -> Result<String> {
    let mut writer = Writer { placeholders, out: String::new(), operators: 0 };
    writer.node(node)?;
    let Writer { out, operators, .. } = writer;
    placeholders::check("condition", &out, operators)?;
    Ok(out)
}

/// Returns one expression that requires all of these conditions; `None` if `nodes` is empty.
pub(crate) fn all<'n>(
    nodes: impl IntoIterator<Item = &'n Node>,
    placeholders: &mut Placeholders,
) -> Result<Option<String>> {
    let nodes: Vec<&Node> = nodes.into_iter().collect();
    match nodes.as_slice() {
        [] => Ok(None),
        [one] => expression(one, placeholders).map(Some),
        many => {
            let mut writer = Writer { placeholders, out: String::new(), operators: 0 };
            writer.all(many.iter().copied(), " AND ")?;
            let Writer { out, operators, .. } = writer;
            placeholders::check("condition", &out, operators)?;
            Ok(Some(out))
        }
    }
}

/// Collects the attributes that a condition uses.
pub(crate) fn attributes<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    let mut of = |operand: &'n Operand| {
        if let Operand::Path(Ok(steps)) | Operand::Size(Ok(steps)) = operand
            && let Some(PathElement::Name(name)) = steps.first()
        {
            found.push(name);
        }
    };
    match node {
        Node::Compare(one, _, other) | Node::Contains(one, other) => [one, other].into_iter().for_each(of),
        Node::Between(one, low, high) => [one, low, high].into_iter().for_each(of),
        Node::In(one, others) => std::iter::once(one).chain(others).for_each(of),
        Node::BeginsWith(one, _) | Node::Exists(one) | Node::NotExists(one) | Node::IsType(one, _) => of(one),
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| attributes(node, found)),
        Node::Not(node) => attributes(node, found),
    }
}

struct Writer<'a> {
    placeholders: &'a mut Placeholders,
    out: String,
    operators: usize,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node) -> Result<()> {
        match node {
            Node::Compare(left, Comparison::Eq, Operand::Value(Ok(None))) => self.absent(left, true),
            Node::Compare(left, Comparison::Ne, Operand::Value(Ok(None))) => self.absent(left, false),
            Node::Compare(left, comparison, right) => {
                check_distinct(left, right)?;
                if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
                    check_order(right, right)?;
                }
                self.operand(left)?;
                self.word(comparison.symbol());
                self.operand(right)
            }
            Node::Between(one, low, high) => {
                check_distinct(one, low)?;
                check_distinct(one, high)?;
                check_order(low, high)?;
                self.operand(one)?;
                self.word(" BETWEEN ");
                self.operand(low)?;
                self.out.push_str(" AND ");
                self.operand(high)
            }
            Node::In(one, others) => self.one_of(one, others),
            Node::BeginsWith(one, text) => {
                let value = AttributeValue::S(text.clone());
                self.function("begins_with", one, Some(&Operand::Value(Ok(Some(value)))))
            }
            Node::Contains(one, element) => {
                check_distinct(one, element)?;
                self.function("contains", one, Some(element))
            }
            Node::Exists(one) => self.function("attribute_exists", one, None),
            Node::NotExists(one) => self.function("attribute_not_exists", one, None),
            Node::IsType(one, attribute_type) => {
                let value = AttributeValue::S(attribute_type.tag().to_owned());
                self.function("attribute_type", one, Some(&Operand::Value(Ok(Some(value)))))
            }
            Node::And(nodes) => self.all(nodes, " AND "),
            Node::Or(nodes) => self.all(nodes, " OR "),
            Node::Not(node) => {
                self.word("NOT ");
                self.nested(node)
            }
        }
    }

    fn word(&mut self, word: &str) {
        self.operators += 1;
        self.out.push_str(word);
    }

    /// Writes a comparison with `None`. It treats NULL like a missing attribute, because another program may have stored NULL.
    fn absent(&mut self, one: &Operand, is_absent: bool) -> Result<()> {
        let null = Operand::Value(Ok(Some(AttributeValue::Null(true))));
        let (function, joint, comparison) = match is_absent {
            true => ("attribute_not_exists", " OR ", Comparison::Eq),
            false => ("attribute_exists", " AND ", Comparison::Ne),
        };
        self.out.push('(');
        self.function(function, one, None)?;
        self.word(joint);
        self.operand(one)?;
        self.word(comparison.symbol());
        self.operand(&null)?;
        self.out.push(')');
        Ok(())
    }

    fn one_of(&mut self, one: &Operand, others: &[Operand]) -> Result<()> {
        if others.is_empty() || others.len() > MAX_OPERANDS {
            let message = format!("`in_` has {} values; give it 1 to {MAX_OPERANDS}", others.len());
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        self.operand(one)?;
        self.word(" IN (");
        for (number, other) in others.iter().enumerate() {
            self.out.push_str(if number > 0 { ", " } else { "" });
            self.operand(other)?;
        }
        self.out.push(')');
        Ok(())
    }

    fn function(&mut self, name: &str, one: &Operand, other: Option<&Operand>) -> Result<()> {
        self.word(name);
        self.out.push('(');
        self.operand(one)?;
        if let Some(other) = other {
            self.out.push_str(", ");
            self.operand(other)?;
        }
        self.out.push(')');
        Ok(())
    }

    fn all<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>, joint: &str) -> Result<()> {
        for (number, node) in nodes.into_iter().enumerate() {
            if number > 0 {
                self.word(joint);
            }
            self.nested(node)?;
        }
        Ok(())
    }

    /// Writes a condition, in parentheses if the operators around it would regroup it.
    fn nested(&mut self, node: &Node) -> Result<()> {
        let is_open = matches!(node, Node::And(_) | Node::Or(_) | Node::Not(_) | Node::Between(..));
        self.out.push_str(if is_open { "(" } else { "" });
        self.node(node)?;
        self.out.push_str(if is_open { ")" } else { "" });
        Ok(())
    }

    fn operand(&mut self, operand: &Operand) -> Result<()> {
        match operand {
            Operand::Path(steps) => {
                path::write(steps.as_ref().map_err(Error::clone)?, self.placeholders, &mut self.out);
            }
            Operand::Size(steps) => {
                self.word("size(");
                path::write(steps.as_ref().map_err(Error::clone)?, self.placeholders, &mut self.out);
                self.out.push(')');
            }
            Operand::Value(value) => match value.as_ref().map_err(Error::clone)? {
                Some(value) => self.out.push_str(&self.placeholders.value(value.clone())),
                None => {
                    let message = "`None` and empty sets are not stored, so only `eq` and `ne` can compare with them; \
                                   use `exists` or `not_exists`";
                    return Err(Error::new(ErrorKind::InvalidRequest, message));
                }
            },
        }
        Ok(())
    }
}

/// DynamoDB rejects a comparison of an attribute with itself.
fn check_distinct(one: &Operand, other: &Operand) -> Result<()> {
    match (one, other) {
        (Operand::Path(Ok(one)), Operand::Path(Ok(other))) if one == other => {
            let message = format!("`{}` is compared with itself; compare it with another attribute", shown(one));
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
        _ => Ok(()),
    }
}

/// Only strings, numbers and binary values can be ordered, and the lower bound of a range must not be above the upper bound.
fn check_order(low: &Operand, high: &Operand) -> Result<()> {
    let refuse = |message: &str| Err(Error::new(ErrorKind::InvalidRequest, message));
    let (Operand::Value(Ok(Some(low))), Operand::Value(Ok(Some(high)))) = (low, high) else {
        let all = [low, high];
        let mut values = all.into_iter().filter(|operand| matches!(operand, Operand::Value(Ok(Some(_)))));
        return values.next().map_or(Ok(()), |value| check_order(value, value));
    };
    let has_order = |value| equality::order(value, value).is_some();
    if !has_order(low) || !has_order(high) {
        return refuse("only strings, numbers and binary values can be ordered; compare other types with `eq` or `ne`");
    }
    match equality::order(low, high) {
        None => refuse("the bounds of `between` have different types; use one type for both"),
        Some(Ordering::Greater) => refuse("the lower bound of `between` is greater than the upper bound; swap them"),
        Some(_) => Ok(()),
    }
}

impl Comparison {
    fn symbol(self) -> &'static str {
        match self {
            Self::Eq => " = ",
            Self::Ne => " <> ",
            Self::Lt => " < ",
            Self::Le => " <= ",
            Self::Gt => " > ",
            Self::Ge => " >= ",
        }
    }
}

/// Shows the expression and the attribute names behind its placeholders, but not the values.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut placeholders = Placeholders::default();
        match expression(self, &mut placeholders) {
            Ok(text) => write!(f, "{text} {:?}", placeholders.names()),
            Err(error) => write!(f, "{error}"),
        }
    }
}

impl<E> fmt::Debug for Condition<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.node).finish()
    }
}
