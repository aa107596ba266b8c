//! Attributes of entities, as typed constants: `Order::TOTAL`.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;

use crate::codec::EncodeError;
use crate::expr::condition::{AttributeType, Comparison, Condition, Node, Operand};
use crate::expr::operand::{self, Encoder, IntoOperand, IntoValue};
use crate::expr::path::Path;
use crate::value::document_path::PathElement;
use crate::value::encoded::Encoded;

/// A field that no key names.
#[derive(Debug)]
pub struct Plain;
/// A field that the key of an index is made from.
#[derive(Debug)]
pub struct FeedsIndex;
/// A field that the primary key is made from.
#[derive(Debug)]
pub struct PrimaryKey;
/// A field of the primary key that is stored only in the key, not as a separate attribute.
#[derive(Debug)]
pub struct KeyOnly;

/// The field that counts the writes of an item.
#[derive(Debug)]
pub struct Version;
/// A field that is stored as a set.
#[derive(Debug)]
pub struct SetField;
/// The field that holds the id of the write that stored the item.
#[derive(Debug)]
pub struct WriteId;

/// A field that is stored as an attribute.
#[diagnostic::on_unimplemented(
    message = "a condition cannot use a key-only field, which is not stored as an attribute",
    label = "the field lives in the key alone"
)]
pub trait StoredField {}

impl StoredField for Plain {}
impl StoredField for FeedsIndex {}
impl StoredField for PrimaryKey {}
impl StoredField for Version {}
impl StoredField for SetField {}
impl StoredField for WriteId {}

/// The attribute of a field: its entity `E`, its type `T`, and its role `R` in the entity's keys.
///
/// It makes conditions. Values are encoded as the field is, `#[serde(with)]` included; where the field is an `Option`, what
/// is in it can be given, and `None` means that there is no such attribute.
pub struct Attribute<E, T, R = Plain> {
    name: &'static str,
    encoder: Encoder<T>,
    types: PhantomData<fn() -> (E, T, R)>,
}

/// A field that an update can set.
#[diagnostic::on_unimplemented(
    message = "a field of the primary key cannot be set",
    label = "an item's key is for ever",
    note = "put the item under its new key, and delete it under the old one"
)]
pub trait SettableField {}

impl SettableField for Plain {}
impl SettableField for FeedsIndex {}
impl SettableField for Version {}
impl SettableField for SetField {}
impl SettableField for WriteId {}

/// A field whose value is the caller's.
#[diagnostic::on_unimplemented(
    message = "every write sets this field itself, so an update cannot set it",
    label = "the field is `#[entity(version)]` or `#[entity(write_id)]`"
)]
pub trait UnmanagedField {}

impl UnmanagedField for Plain {}
impl UnmanagedField for FeedsIndex {}
impl UnmanagedField for PrimaryKey {}
impl UnmanagedField for KeyOnly {}
impl UnmanagedField for SetField {}

/// A field that no index key is made from.
#[diagnostic::on_unimplemented(
    message = "the key of an index is made from this field, and only `set` can say what that becomes",
    label = "what the field will be is not known before it is sent",
    note = "read the entity, and `set` the field to its new value"
)]
pub trait NotInIndexKey {}

// All others have a message of their own.
impl NotInIndexKey for Plain {}
impl NotInIndexKey for PrimaryKey {}
impl NotInIndexKey for KeyOnly {}
impl NotInIndexKey for Version {}
impl NotInIndexKey for SetField {}
impl NotInIndexKey for WriteId {}

/// A field that elements can be taken from.
#[diagnostic::on_unimplemented(
    message = "`delete` takes elements out of a set, and this field is none",
    label = "not stored as a set",
    note = "a set is a field with `#[serde(with = \"monotable::string_set\")]`, `number_set` or `binary_set`"
)]
pub trait StoredAsSet {}

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

    /// The name that it is stored under, which serde's `rename` and `rename_all` may have changed.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

// The bound is on the methods: on the block it would be "method cannot be called", and not say why.
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
            // What serde omits is equal to no attribute.
            Comparison::Eq | Comparison::Ne => self.encoder,
            _ => self.encoder.whole(),
        };
        Condition::compare(self.operand(), comparison, value.__operand(encoder))
    }

    /// Equal to this value, or to that attribute's.
    pub fn eq(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Eq, value)
    }

    /// Not equal to this value, or to that attribute's. An item without the attribute has a different one.
    pub fn ne(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Ne, value)
    }

    /// Less than this value.
    pub fn lt(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Lt, value)
    }

    /// At most this value.
    pub fn le(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Le, value)
    }

    /// More than this value.
    pub fn gt(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Gt, value)
    }

    /// At least this value.
    pub fn ge(self, value: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        self.compare(Comparison::Ge, value)
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl IntoOperand<E, T>, high: impl IntoOperand<E, T>) -> Condition<E>
    where
        R: StoredField,
    {
        let encoder = self.encoder.whole();
        let (low, high) = (low.__operand(encoder), high.__operand(encoder));
        Condition::new(Node::Between(self.operand(), low, high))
    }

    /// One of these values: 1 to 100 of them.
    pub fn in_<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Condition<E>
    where
        R: StoredField,
    {
        let values = values.into_iter().map(|value| operand::value(value.__encode(self.encoder).map(Encoded::stored)));
        let (absent, values): (Vec<_>, Vec<_>) =
            values.partition(|value| self.encoder.is_skipping() && matches!(value, Operand::Value(Ok(None))));
        // A value that serde omits is not stored, so no list of values can contain it.
        Condition::new(match (absent.into_iter().next(), values.is_empty()) {
            (None, _) => Node::In(self.operand(), values),
            (Some(absent), true) => Node::Compare(self.operand(), Comparison::Eq, absent),
            (Some(absent), false) => {
                Node::Or(vec![Node::Compare(self.operand(), Comparison::Eq, absent), Node::In(self.operand(), values)])
            }
        })
    }

    /// A text that begins with this.
    pub fn begins_with(self, text: impl Into<String>) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::BeginsWith(self.operand(), text.into()))
    }

    /// A text with this in it, or a set or list with this element.
    pub fn contains(self, value: impl Serialize) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::Contains(self.operand(), operand::any(&value)))
    }

    /// The item has the attribute.
    pub fn exists(self) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::Exists(self.operand()))
    }

    /// The item does not have the attribute.
    pub fn not_exists(self) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::NotExists(self.operand()))
    }

    /// The attribute is stored as this type.
    pub fn is_type(self, attribute_type: AttributeType) -> Condition<E>
    where
        R: StoredField,
    {
        Condition::new(Node::IsType(self.operand(), attribute_type))
    }

    /// How long a text or binary is in bytes, or how many elements a set, list or map has.
    pub fn size(self) -> Size<E>
    where
        R: StoredField,
    {
        Size::of(Path::of(self.name))
    }

    /// The attribute as a path, whose values are encoded without the field.
    pub fn as_path(self) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name)
    }

    /// Into a map or a list: `Order::ADDRESS.path("city")`, `Order::LINES.path("[0].price")`.
    pub fn path(self, text: &str) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).path(text)
    }

    /// A place in a list, from 0.
    pub fn index(self, index: usize) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).index(index)
    }

    /// The key of a map, whatever is in it.
    pub fn key(self, name: impl Into<String>) -> Path<E>
    where
        R: StoredField,
    {
        Path::of(self.name).name(name)
    }
}

/// The size of an attribute or of a part of one, to be compared.
#[must_use = "a size is compared with a number"]
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
    /// As large as this.
    eq Eq,
    /// Of another size than this.
    ne Ne,
    /// Less than this.
    lt Lt,
    /// At most this.
    le Le,
    /// More than this.
    gt Gt,
    /// At least this.
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
