//! The kinds of indexes and of sort keys, as types. The compiler uses them to check which methods a query has.

use crate::key::args::{RawText, SealedSortKey, SortKey};
use crate::schema::sealed::sealed;
use std::marker::PhantomData;

sealed!(SealedConsistent);

/// The table itself.
#[derive(Debug)]
pub struct Primary;

/// A global secondary index.
#[doc(alias = "GlobalSecondaryIndex", alias = "gsi")]
#[derive(Debug)]
pub struct Global;

/// A local secondary index.
#[doc(alias = "LocalSecondaryIndex", alias = "lsi")]
#[derive(Debug)]
pub struct Local;

/// A sort key whose conditions take text.
#[derive(Debug)]
pub struct Raw;

/// A sort key whose conditions take the fields `F` of a template: those that the partition key does not determine.
#[derive(Debug)]
pub struct Typed<F>(PhantomData<F>);

/// A table or an index without a sort key.
#[derive(Debug)]
pub struct NoSortKey;

/// A sort key that accepts no condition: the partition key determines it, the query already has a condition, or
/// [`Query::erase`](crate::Query::erase) hid its type.
#[derive(Debug)]
pub struct SortKeyFixed;

/// For the derive: the key fields of an entity that does not compile. They accept any argument, so the compiler reports the
/// mistake in the entity and not each use of it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Anything;

impl SortKey for Anything {
    type Fields = Self;
}
impl SealedSortKey for Anything {}

impl SortKey for Raw {
    type Fields = RawText;
}
impl SealedSortKey for Raw {}

impl<F> SortKey for Typed<F> {
    type Fields = F;
}
impl<F> SealedSortKey for Typed<F> {}

/// For the derive: maps the sort key type of an entity's query to that of a query of the whole partition.
#[doc(hidden)]
pub trait CollectionSort {
    type Collection;
}

impl<F> CollectionSort for Typed<F> {
    type Collection = Raw;
}

/// The partition key determines the sort key of this entity, but not those of other entities in the partition.
impl CollectionSort for SortKeyFixed {
    type Collection = Raw;
}

impl CollectionSort for NoSortKey {
    type Collection = NoSortKey;
}

impl CollectionSort for Anything {
    type Collection = Anything;
}

/// Implemented by the targets of consistent reads: the table and its local secondary indexes.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>
#[doc(alias = "consistent_read", alias = "ConsistentRead")]
#[diagnostic::on_unimplemented(
    message = "a global secondary index does not support consistent reads",
    label = "not supported on a global secondary index",
    note = "query the table itself, or a local secondary index"
)]
pub trait Consistent: SealedConsistent {}

impl Consistent for Primary {}
impl SealedConsistent for Primary {}

impl Consistent for Local {}
impl SealedConsistent for Local {}
