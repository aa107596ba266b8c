//! The methods of an update that change attributes.

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
    /// Sets an attribute to this value. `None` removes the attribute.
    ///
    /// Setting a field used in an index key moves the item in that index. `None`, or `when` returning `false`, removes it.
    /// Primary key fields cannot be set.
    pub fn set<T, F>(self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self
    where
        F: StoredField + SettableField + UnmanagedField,
    {
        self.act_encoded(attribute.operand(), Kind::Set, value.__encode(attribute.encoder()))
    }

    /// Sets a part of an attribute to this value: `set_at(Order::ADDRESS.path("city"), "Oslo")`.
    ///
    /// The map or list that contains the part must exist. An entry of a flattened map does not have a constant: name it with
    /// [`path`](fn@crate::path).
    pub fn set_at(self, path: impl IntoPath<E>, value: impl Serialize) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Set, operand::any(&value))
    }

    /// Sets an attribute to this value if the attribute does not exist.
    pub fn if_not_exists<T, F>(self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self
    where
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.act_encoded(attribute.operand(), Kind::IfNotExists, value.__encode(attribute.encoder()))
    }

    /// Sets a part of an attribute to this value if the part does not exist.
    ///
    /// The map or list that contains the part must exist.
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

    /// Removes a part of an attribute.
    ///
    /// The update fails if monotable can tell that the entity could not be deserialized without the part. For some types it cannot
    /// tell.
    ///
    /// If the part is a list element, the elements after it move up. The update is then not retried once an attempt may have
    /// arrived.
    pub fn remove_at(self, path: impl IntoPath<E>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Set, Operand::Value(Ok(None)))
    }

    /// Adds a number, which may be negative, to a number, or adds elements to a set.
    ///
    /// A missing attribute counts as 0 or as an empty set.
    ///
    /// The update is not retried once an attempt may have arrived: see
    /// [`Error::is_outcome_unknown`](crate::Error::is_outcome_unknown) and [`Update::exactly_once`]. The same applies to
    /// [`Update::increment`], [`Update::append`] and [`Update::prepend`].
    ///
    /// The update contains a condition that the result fits the type of the field. A result below 0 in a `u32`, for example,
    /// returns an error with [`is_condition_failed`](crate::Error::is_condition_failed): see [`Update::without_range_checks`]. Of
    /// types with 64 bits and more, only the limit 0 of unsigned types is checked, because counters do not reach the other
    /// limits.
    pub fn add<T, F, V: AddValue<T, F>>(self, attribute: Attribute<E, T, F>, value: V) -> Self
    where
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.count(attribute.name(), Kind::Add, V::__BOUNDS, operand::value(value.__addend(attribute.encoder())))
    }

    /// Adds a number to a number inside an attribute. A missing number counts as 0.
    pub fn add_at(self, path: impl IntoPath<E>, number: impl Delta) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Add, number.__operand())
    }

    /// Adds elements to a set inside an attribute.
    ///
    /// The elements must be all strings, all numbers or all binary values.
    pub fn add_elements_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Add, operand::set(elements))
    }

    /// Removes elements from a set inside an attribute.
    ///
    /// The elements must be all strings, all numbers or all binary values.
    pub fn delete_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Delete, operand::set(elements))
    }

    /// Removes elements from a set.
    pub fn delete<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        F: StoredAsSet,
        X: IntoElement<T::Element>,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Delete, elements)
    }

    /// Adds a number, which may be negative, to a number, with a `SET` expression. A missing attribute counts as 0.
    ///
    /// As with [`Update::add`], the result has to fit the type of the field, and the update is not retried once an attempt may
    /// have arrived.
    pub fn increment<T, F>(self, attribute: Attribute<E, T, F>, number: impl Delta) -> Self
    where
        T: NumberField,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        self.count(attribute.name(), Kind::Increment, T::__BOUNDS, number.__operand())
    }

    /// Adds a number to a number inside an attribute, with a `SET` expression. A missing number counts as 0.
    pub fn increment_at(self, path: impl IntoPath<E>, number: impl Delta) -> Self {
        self.act_untyped(path.__path().operand(), Kind::Increment, number.__operand())
    }

    /// Adds elements at the end of a list. A missing attribute counts as an empty list.
    pub fn append<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        X: IntoElement<T::Element>,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Append, elements)
    }

    /// Adds elements at the end of a list inside an attribute. A missing list counts as an empty list.
    pub fn append_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        let elements: Vec<X> = elements.into_iter().collect();
        self.act_untyped(path.__path().operand(), Kind::Append, operand::any(&elements))
    }

    /// Adds elements at the beginning of a list. A missing attribute counts as an empty list.
    pub fn prepend<T, F, X>(self, attribute: Attribute<E, T, F>, elements: impl IntoIterator<Item = X>) -> Self
    where
        T: ListOrSet,
        X: IntoElement<T::Element>,
        F: StoredField + SettableField + UnmanagedField + NotInIndexKey,
    {
        let elements = operand::value(update_values::encode(elements, attribute.encoder()));
        self.act(attribute.operand(), Kind::Prepend, elements)
    }

    /// Adds elements at the beginning of a list inside an attribute. A missing list counts as an empty list.
    pub fn prepend_at<X: Serialize>(self, path: impl IntoPath<E>, elements: impl IntoIterator<Item = X>) -> Self {
        let elements: Vec<X> = elements.into_iter().collect();
        self.act_untyped(path.__path().operand(), Kind::Prepend, operand::any(&elements))
    }
}
