//! The indexes of a table, as types: what can be asked of each is known when the program is compiled.

use std::marker::PhantomData;

use crate::arg::{FieldArgs, SortKey, Text};
use crate::entity::Entity;
use crate::op::{Query, Scan};
use crate::read::TypedKeys;
use crate::schema::IndexSchema;
use crate::table::Table;

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
pub struct HashOnly;
/// A query that has its sort condition already, or hides what can be asked of it.
#[derive(Debug)]
pub struct Set;

/// For the derive: what an entity that does not compile takes as fields of a key, which is anything. So the mistake in the entity
/// is the one that is shown, not each use of it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Anything;

impl SortKey for Anything {
    type Fields = Self;
}

impl SortKey for Raw {
    type Fields = Text;
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
impl CollectionSort for Set {
    type Collection = Raw;
}

impl CollectionSort for HashOnly {
    type Collection = HashOnly;
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

/// A secondary index of the table `T`: what `BaseModel::gsi1()` gives.
#[derive(Debug)]
#[must_use = "an index is queried with `.query(..)`"]
pub struct Index<T, I, S> {
    schema: &'static IndexSchema,
    types: PhantomData<fn() -> (T, I, S)>,
}

impl<T, I, S> Index<T, I, S> {
    #[doc(hidden)]
    pub const fn __new(schema: &'static IndexSchema) -> Self {
        Self { schema, types: PhantomData }
    }

    /// The index as inert data.
    pub const fn schema(&self) -> &'static IndexSchema {
        self.schema
    }
}

impl<T: Table, I, S> Index<T, I, S> {
    /// The items of one partition of the index, whatever they are. `partition` is the key's text, such as `USER#u-1`.
    pub fn query(self, partition: impl Into<String>) -> Query<T, I, S> {
        Query::raw(Some(self.schema), partition.into())
    }

    /// Every item of the index.
    pub fn scan(self) -> Scan<T, I> {
        Scan::new(Some(self.schema))
    }
}

/// An index as the entity `E` stands in it: what `Order::gsi1()` gives. `P` are the fields of the partition key.
#[derive(Debug)]
#[must_use = "an index is queried with `.query(..)`"]
pub struct EntityIndexOf<E, I, P, S> {
    number: usize,
    types: PhantomData<fn() -> (E, I, P, S)>,
}

impl<E: Entity, I, P, S> EntityIndexOf<E, I, P, S> {
    #[doc(hidden)]
    pub const fn __new(number: usize) -> Self {
        Self { number, types: PhantomData }
    }

    /// The entities of one partition of the index, given by its fields: one value, or a tuple of them.
    pub fn query<A: FieldArgs<P>>(self, partition: A) -> Query<E, I, S> {
        Query::typed(TypedKeys::index::<E>(self.number), partition.__texts())
    }

    /// Everything in one partition of the index, whatever entity it is of: `Order::gsi1().collection("u-1")`. The partition is given by
    /// this entity's fields.
    pub fn collection<A: FieldArgs<P>>(self, partition: A) -> Query<E::Table, I, S::Collection>
    where
        S: CollectionSort,
    {
        Query::collection(TypedKeys::index::<E>(self.number), partition.__texts())
    }

    /// All entities of this type that stand in the index.
    pub fn scan(self) -> Scan<E, I> {
        Scan::new(Some(E::SCHEMA.indexes[self.number].index))
    }
}
