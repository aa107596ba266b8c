//! What an update does to attributes, as its methods.

use serde::Serialize;

use crate::expr::attribute::{Attribute, NotInIndexKey, SettableField, StoredAsSet, StoredField, UnmanagedField};
use crate::expr::condition::Operand;
use crate::expr::operand::{self, IntoValue};
use crate::expr::path::IntoPath;
use crate::expr::update::Kind;
use crate::expr::update_values::{self, AddValue, Delta, IntoElement, ListOrSet, NumberField};
use crate::model::EntityModel;
use crate::op::update::Update;

impl<E: EntityModel, R> Update<E, R> {
    /// Gives the attribute this value; `None` removes it. A field of the primary key cannot be set.
    pub fn set<T, F>(self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self
    where
        F: StoredField + SettableField + UnmanagedField,
    {
        self.act_encoded(attribute.operand(), Kind::Set, value.__encode(attribute.encoder()))
    }

    /// Gives a part of an attribute this value: `set_at(Order::ADDRESS.path("city"), "Oslo")`. What it is in has to be there.
    /// An entry of a flattened map has no constant, and is named by [`path`](fn@crate::path).
    pub fn set_at(self, path: impl IntoPath<E>, value: impl Serialize) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Set, operand::any(&value))
    }

    /// Gives the attribute this value, unless it has one.
    pub fn if_not_exists<T, F>(self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self
    where
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.act_encoded(attribute.operand(), Kind::IfNotExists, value.__encode(attribute.encoder()))
    }

    /// Gives a part of an attribute this value, unless it has one.
    pub fn if_not_exists_at(self, path: impl IntoPath<E>, value: impl Serialize) -> Self {
        self.act_untyped(path.__path().operand(), Kind::IfNotExists, operand::any(&value))
    }

    /// Removes the attribute of an optional field.
    pub fn remove<T, F>(self, attribute: Attribute<E, Option<T>, F>) -> Self
    where
        F: StoredField + SettableField + UnmanagedField,
    {
        self.act(attribute.operand(), Kind::Set, Operand::Value(Ok(None)))
    }

    /// Removes a part of an attribute. The places after an element of a list move up, so it is not sent again once it may have
    /// arrived.
    pub fn remove_at(self, path: impl IntoPath<E>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Set, Operand::Value(Ok(None)))
    }

    /// Adds this number, which may be below 0, to a number; or these elements to a set. What is not there is 0, or empty.
    ///
    /// It is not sent again once it may have arrived: see [`Error::is_outcome_unknown`](crate::Error::is_outcome_unknown) and [`Update::exactly_once`]. The same
    /// goes for [`Update::increment`], [`Update::append`] and [`Update::prepend`].
    ///
    /// Where the sum would not fit the field, such as one below 0 in a `u32`, the update is refused, with a condition
    /// that DynamoDB checks: see [`Update::without_range_checks`]. (Nobody counts to the ends of 64 bits: those are not checked.)
    pub fn add<T, F, V: AddValue<T, F>>(self, attribute: Attribute<E, T, F>, value: V) -> Self
    where
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.count(attribute.name(), Kind::Add, V::__BOUNDS, operand::value(value.__addend(attribute.encoder())))
    }

    /// Adds this number to a part of an attribute.
    pub fn add_at(self, path: impl IntoPath<E>, number: impl Delta) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Add, number.__operand())
    }

    /// Adds these elements, texts, numbers or binaries, to a set in an attribute.
    pub fn add_elements_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Add, operand::set(elements))
    }

    /// Takes these elements, texts, numbers or binaries, out of a set in an attribute.
    pub fn delete_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Delete, operand::set(elements))
    }

    /// Takes these elements out of a set.
    pub fn delete<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        F: StoredAsSet,
        X: IntoElement<T::Element>,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Delete, elements)
    }

    /// Adds this number, which may be below 0, to a number that is 0 where it is not there. The sum has to fit the field, as for
    /// [`Update::add`].
    pub fn increment<T, F>(self, attribute: Attribute<E, T, F>, number: impl Delta) -> Self
    where
        T: NumberField,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.count(attribute.name(), Kind::Increment, (T::__MIN, T::__MAX), number.__operand())
    }

    /// Adds this number to a number in an attribute.
    pub fn increment_at(self, path: impl IntoPath<E>, number: impl Delta) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Increment, number.__operand())
    }

    /// Puts these elements at the end of a list, which is empty where it is not there.
    pub fn append<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        X: IntoElement<T::Element>,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Append, elements)
    }

    /// Puts these elements at the end of a list in an attribute.
    pub fn append_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        let elements: Vec<X> = elements.into_iter().collect();
        self.act_untyped(path.__path().operand(), Kind::Append, operand::any(&elements))
    }

    /// Puts these elements before those of a list, which is empty where it is not there.
    pub fn prepend<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        X: IntoElement<T::Element>,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Prepend, elements)
    }

    /// Puts these elements before those of a list in an attribute.
    pub fn prepend_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        let elements: Vec<X> = elements.into_iter().collect();
        self.act_untyped(path.__path().operand(), Kind::Prepend, operand::any(&elements))
    }
}
