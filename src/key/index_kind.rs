//! The kinds of an index and of its sort key, as types: what can be asked of each is known when the program is compiled.

use crate::key::args::{RawText, SortKey};
use std::marker::PhantomData;

/// The table itself.
#[derive(Debug)]
pub struct Primary;

/// A global secondary index.
#[derive(Debug)]
pub struct Global;

/// A local secondary index.
#[derive(Debug)]
pub struct Local;

/// A sort key that is spoken to in raw text.
#[derive(Debug)]
pub struct Raw;

/// A sort key that is spoken to in the fields `F` of a template, those that the partition key gives left out.
#[derive(Debug)]
pub struct Typed<F>(PhantomData<F>);

/// No sort key.
#[derive(Debug)]
pub struct NoSortKey;

/// A query that has its sort condition already, or hides what can be asked of it.
#[derive(Debug)]
pub struct SortKeyFixed;

/// For the derive: what an entity that does not compile takes as fields of a key, which is anything. So the mistake in the entity
/// is the one that is shown, not each use of it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Anything;

impl SortKey for Anything {
    type Fields = Self;
}

impl SortKey for Raw {
    type Fields = RawText;
}

impl<F> SortKey for Typed<F> {
    type Fields = F;
}

/// For the derive: how the sort key of a collection is spoken to, where that of one entity is spoken to in another way.
#[doc(hidden)]
pub trait CollectionSort {
    type Collection;
}

impl<F> CollectionSort for Typed<F> {
    type Collection = Raw;
}

/// The sort key of this entity is known, those of others are not.
impl CollectionSort for SortKeyFixed {
    type Collection = Raw;
}

impl CollectionSort for NoSortKey {
    type Collection = NoSortKey;
}

impl CollectionSort for Anything {
    type Collection = Anything;
}

/// What can be read consistently: the table, and its local indexes.
#[diagnostic::on_unimplemented(
    message = "a global secondary index has no consistent reads",
    label = "not on a global secondary index",
    note = "query the table itself, or a local secondary index"
)]
pub trait Consistent {}

impl Consistent for Primary {}

impl Consistent for Local {}
