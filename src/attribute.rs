//! Attributes of entities, as typed constants: `Order::TOTAL`.

use std::fmt;
use std::marker::PhantomData;

/// A field that no key names.
#[derive(Debug)]
pub struct Plain;
/// A field that the key of an index is made from.
#[derive(Debug)]
pub struct FeedsIndex;
/// A field that the primary key is made from.
#[derive(Debug)]
pub struct PrimaryKey;
/// A field of the primary key that is no attribute of its own.
#[derive(Debug)]
pub struct KeyOnly;

/// The attribute of a field: its entity `E`, its type `T`, and its role `R` in the entity's keys.
pub struct Attribute<E, T, R = Plain> {
    name: &'static str,
    types: PhantomData<fn() -> (E, T, R)>,
}

impl<E, T, R> Attribute<E, T, R> {
    #[doc(hidden)]
    pub const fn __new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The name that it is stored under, which serde's `rename` and `rename_all` may have changed.
    pub const fn name(&self) -> &'static str {
        self.name
    }
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
