//! Attributes of entities as typed constants, for example `Order::TOTAL`.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;

use crate::codec::EncodeError;
use crate::expr::condition::{Comparison, Condition, Node, Operand};
use crate::expr::operand::{self, Encoder, IntoOperand, IntoValue};
use crate::expr::path::Path;
use crate::key::index_kind::Anything;
use crate::schema::sealed::sealed;
use crate::value::attribute_type::AttributeType;
use crate::value::document_path::PathElement;
use crate::value::encoded::Encoded;

/// The role of a field on which no key depends. A field that is itself an index key also has this role, if no other key depends
/// on it.
#[derive(Debug)]
pub struct Plain;
/// The role of a field on which an index key depends.
#[derive(Debug)]
pub struct FeedsIndex;
/// The role of a field on which the primary key depends.
#[derive(Debug)]
pub struct PrimaryKey;
/// The role of a field that is stored only in the primary key, not as a separate attribute.
#[derive(Debug)]
pub struct KeyOnly;

/// The role of the version field, which counts the writes of an item.
#[derive(Debug)]
pub struct Version;
/// The role of a field that is stored as a set.
#[derive(Debug)]
pub struct SetField;
/// The role of the field that contains the id of the write that stored the item.
#[derive(Debug)]
pub struct WriteId;

sealed!(SealedRole);

/// In the stub of an entity that does not compile, every field has this role, so that each use of a field compiles.
impl SealedRole for Anything {}
impl StoredField for Anything {}
impl SettableField for Anything {}
impl UnmanagedField for Anything {}
impl NotInIndexKey for Anything {}
impl StoredAsSet for Anything {}

impl SealedRole for Plain {}
impl SealedRole for FeedsIndex {}
impl SealedRole for PrimaryKey {}
impl SealedRole for KeyOnly {}
impl SealedRole for Version {}
impl SealedRole for SetField {}
impl SealedRole for WriteId {}

/// The roles of fields that are stored as an attribute.
#[diagnostic::on_unimplemented(
    message = "a key-only field is not stored as an attribute, so conditions and updates cannot use it",
    label = "this field is stored only in the key"
)]
pub trait StoredField: SealedRole {}

impl StoredField for Plain {}
impl StoredField for FeedsIndex {}
impl StoredField for PrimaryKey {}
impl StoredField for Version {}
impl StoredField for SetField {}
impl StoredField for WriteId {}

/// The attribute of a field of type `T` of the entity `E`. `R` is the role of the field in the entity's keys.
///
/// Its methods create conditions. Values are serialized like the field, including its `#[serde(with)]`. For an `Option` field you
/// can pass the inner value. `None` means that the attribute does not exist.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>
#[doc(alias = "UnicodeAttribute")]
#[doc(alias = "NumberAttribute")]
#[doc(alias = "BooleanAttribute")]
#[doc(alias = "ListAttribute")]
#[doc(alias = "MapAttribute")]
pub struct Attribute<E, T, R = Plain> {
    name: &'static str,
    encoder: Encoder<T>,
    types: PhantomData<fn() -> (E, T, R)>,
}

/// The roles of fields outside the primary key, which an update can change.
#[diagnostic::on_unimplemented(
    message = "an update cannot set a field of the primary key",
    label = "primary key fields cannot be changed",
    note = "put the item under its new key, and delete the old item"
)]
pub trait SettableField: SealedRole {}

impl SettableField for Plain {}
impl SettableField for FeedsIndex {}
impl SettableField for Version {}
impl SettableField for SetField {}
impl SettableField for WriteId {}

/// The roles of all fields except the version and the write id.
#[diagnostic::on_unimplemented(
    message = "an update cannot set this field, because every write sets it",
    label = "this field has `#[entity(version)]` or `#[entity(write_id)]`"
)]
pub trait UnmanagedField: SealedRole {}

impl UnmanagedField for Plain {}
impl UnmanagedField for FeedsIndex {}
impl UnmanagedField for PrimaryKey {}
impl UnmanagedField for KeyOnly {}
impl UnmanagedField for SetField {}

/// The roles of fields on which no index key depends.
#[diagnostic::on_unimplemented(
    message = "this field is part of an index key; use `set` so the index key can be recomputed",
    label = "the new value of this field is not known before the update is sent",
    note = "read the entity, and `set` the field to its new value"
)]
pub trait NotInIndexKey: SealedRole {}

// Another trait rejects each of the other roles with a more specific message.
impl NotInIndexKey for Plain {}
impl NotInIndexKey for PrimaryKey {}
impl NotInIndexKey for KeyOnly {}
impl NotInIndexKey for Version {}
impl NotInIndexKey for SetField {}
impl NotInIndexKey for WriteId {}

/// The role of fields from which elements can be deleted.
#[diagnostic::on_unimplemented(
    message = "`delete` removes set elements, but this field is not stored as a set",
    label = "not stored as a set",
    note = "to store a field as a set, use `#[serde(with = \"monotable::string_set\")]`, `number_set` or `binary_set`"
)]
pub trait StoredAsSet: SealedRole {}

impl StoredAsSet for SetField {}

impl<E, T, R> Attribute<E, T, R> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, encoder: Encoder<T>) -> Self {
        Self { name, encoder, types: PhantomData }
    }

    #[doc(hidden)]
    pub fn __encode(self, value: &T) -> Result<Encoded, EncodeError> {
        self.encoder.encode(value)
    }

    /// Returns the stored name of the attribute, after serde's `rename` and `rename_all`.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

// The bounds are on the methods: a bound on the block produces the error "method cannot be called", without the reason.
impl<E, T, R> Attribute<E, T, R> {
    pub(crate) fn encoder(self) -> Encoder<T> {
        self.encoder
    }

    pub(crate) fn operand(self) -> Operand {
        Operand::Path(Ok(vec![PathElement::Name(self.name.to_owned())]))
    }

    fn compare(self, comparison: Comparison, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        let encoder = match comparison {
            // A value that serde omits equals a missing attribute.
            Comparison::Eq | Comparison::Ne => self.encoder,
            _ => self.encoder.whole(),
        };
        Condition::compare(self.operand(), comparison, value.__operand(encoder))
    }

    /// Tests whether the attribute equals a value or another attribute.
    ///
    /// `eq(None)` matches if the attribute does not exist, or if another program stored NULL.
    pub fn eq(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Eq, value)
    }

    /// Tests whether the attribute differs from a value or from another attribute.
    ///
    /// An item without the attribute matches. `ne(None)` matches if the attribute exists and is not NULL.
    pub fn ne(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Ne, value)
    }

    /// Tests whether the attribute is less than a value or another attribute.
    pub fn lt(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Lt, value)
    }

    /// Tests whether the attribute is less than or equal to a value or another attribute.
    pub fn le(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Le, value)
    }

    /// Tests whether the attribute is greater than a value or another attribute.
    pub fn gt(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Gt, value)
    }

    /// Tests whether the attribute is greater than or equal to a value or another attribute.
    pub fn ge(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Ge, value)
    }

    /// Tests whether the attribute is between `low` and `high`, both inclusive.
    pub fn between(self, low: impl IntoOperand<E, T>, high: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        let encoder = self.encoder.whole();
        let (low, high) = (low.__operand(encoder), high.__operand(encoder));
        Condition::new(Node::Between(self.operand(), low, high))
    }

    /// Tests whether the attribute equals one of 1 to 100 values.
    pub fn in_<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Condition<E>
    where
        R: StoredField,
    {
        let values = values.into_iter().map(|value| operand::value(value.__encode(self.encoder).map(Encoded::stored)));
        let (absent, values): (Vec<_>, Vec<_>) =
            values.partition(|value| self.encoder.is_skipping() && matches!(value, Operand::Value(Ok(None))));
        // A value that serde omits is not stored, so `IN` cannot find it.
        Condition::new(match (absent.into_iter().next(), values.is_empty()) {
            (None, _) => Node::In(self.operand(), values),
            (Some(absent), true) => Node::Compare(self.operand(), Comparison::Eq, absent),
            (Some(absent), false) => {
                Node::Or(vec![Node::Compare(self.operand(), Comparison::Eq, absent), Node::In(self.operand(), values)])
            }
        })
    }

    /// Tests whether a string begins with `text`.
    pub fn begins_with(self, text: impl Into<String>) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::BeginsWith(self.operand(), text.into()))
    }

    /// Tests whether a string contains a substring, or a set or list contains an element.
    pub fn contains(self, value: impl Serialize) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::Contains(self.operand(), operand::any(&value)))
    }

    /// Tests whether the attribute exists.
    pub fn exists(self) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::Exists(self.operand()))
    }

    /// Tests whether the attribute does not exist.
    pub fn not_exists(self) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::NotExists(self.operand()))
    }

    /// Tests whether the attribute is stored as this type.
    pub fn is_type(self, attribute_type: AttributeType) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::IsType(self.operand(), attribute_type))
    }

    /// Returns the size of the attribute, to be compared with a number.
    ///
    /// The size is the number of bytes of a string or binary value, or the number of elements of a set, list or map.
    pub fn size(self) -> Size<E>
    where
        R: StoredField,
    {
        Size::of(Path::of(self.name))
    }

    /// Returns the attribute as a path. Values compared with a path are serialized without the field's `#[serde(with)]`.
    pub fn as_path(self) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name)
    }

    /// Returns a path into a map or a list: `Order::ADDRESS.path("city")`, `Order::LINES.path("[0].price")`.
    pub fn path(self, text: &str) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).path(text)
    }

    /// Returns the path of a list element. The first one has the index 0.
    pub fn index(self, index: usize) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).index(index)
    }

    /// Returns the path of a map entry. The key may contain any characters.
    pub fn key(self, name: impl Into<String>) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).name(name)
    }
}

/// The size of an attribute or of a part of it, to be compared with a number.
#[must_use = "a size does nothing until it is compared with a number"]
pub struct Size<E>(Path<E>);

impl<E> Size<E> {
    pub(crate) fn of(path: Path<E>) -> Self {
        Self(path)
    }
}

impl<E> fmt::Debug for Size<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Size").field(&self.0).finish()
    }
}

macro_rules! sizes {
    ($($(#[$doc:meta])* $method:ident $comparison:ident,)*) => {
        impl<E> Size<E> {
            $(
                $(#[$doc])*
                pub fn $method(self, size: usize) -> Condition<E> {
                    Condition::compare(self.0.size_operand(), Comparison::$comparison, operand::any(&size))
                }
            )*
        }
    };
}

sizes! {
    /// Tests whether the size equals this number.
    eq Eq,
    /// Tests whether the size differs from this number.
    ne Ne,
    /// Tests whether the size is less than this number.
    lt Lt,
    /// Tests whether the size is less than or equal to this number.
    le Le,
    /// Tests whether the size is greater than this number.
    gt Gt,
    /// Tests whether the size is greater than or equal to this number.
    ge Ge,
}

impl<E, T, R> Clone for Attribute<E, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T, R> Copy for Attribute<E, T, R> {}

impl<E, T, R> fmt::Debug for Attribute<E, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attribute").field(&self.name).finish()
    }
}
