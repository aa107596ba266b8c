//! The indexes of a table, as types: what can be asked of each is known when the program is compiled.

use std::marker::PhantomData;

use crate::key::args::FieldArgs;
use crate::key::index_kind::CollectionSort;
use crate::model::{EntityModel, TableModel};
use crate::op::{Query, Scan};
use crate::read::plan::TypedKeys;
use crate::schema::IndexSchema;

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

impl<T: TableModel, I, S> Index<T, I, S> {
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

impl<E: EntityModel, I, P, S> EntityIndexOf<E, I, P, S> {
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
        Scan::new(Some(E::__SCHEMA.indexes[self.number].index))
    }
}
