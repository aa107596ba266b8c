//! The keys that a batch accepts.

use crate::error::{Error, Result};
use crate::model::key::Key;
use crate::model::{EntityModel, entity};
use crate::schema::sealed::sealed;

sealed!(SealedIntoBatchKey<T>);

/// A key that a batch accepts: a [`Key`], the result of [`Entity::key`](crate::Entity::key), or a reference to an entity without
/// a version.
pub trait IntoBatchKey<T>: SealedIntoBatchKey<T> {
    #[doc(hidden)]
    fn __key(&self) -> Result<Key<T>>;
}

impl<T> IntoBatchKey<T> for Key<T> {
    fn __key(&self) -> Result<Self> {
        Ok(self.clone())
    }
}
impl<T> SealedIntoBatchKey<T> for Key<T> {}

impl<T> IntoBatchKey<T> for &Key<T> {
    fn __key(&self) -> Result<Key<T>> {
        Ok((*self).clone())
    }
}
impl<T> SealedIntoBatchKey<T> for &Key<T> {}

impl<T> IntoBatchKey<T> for Result<Key<T>> {
    fn __key(&self) -> Self {
        self.as_ref().map_err(Error::clone).cloned()
    }
}
impl<T> SealedIntoBatchKey<T> for Result<Key<T>> {}

#[diagnostic::do_not_recommend]
impl<E: EntityModel + Unversioned> IntoBatchKey<E::Table> for &E {
    fn __key(&self) -> Result<Key<E::Table>> {
        entity::key_of(*self)
    }
}
impl<E: EntityModel + Unversioned> SealedIntoBatchKey<E::Table> for &E {}

/// An entity without a version. A batch cannot check versions, because it has no conditions.
///
/// `derive(Entity)` implements this trait.
#[diagnostic::on_unimplemented(
    message = "a batch cannot check the version of `{Self}`",
    label = "`{Self}` has a field with `#[entity(version)]`",
    note = "write it with `put`, or in a transaction: `transact_write`"
)]
pub trait Unversioned {
    /// Only `derive(Entity)` names this constant, so that no other code implements the trait.
    #[doc(hidden)]
    const __DERIVED: ();
}
