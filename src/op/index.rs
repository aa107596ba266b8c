//! The indexes of a table as types, so that the compiler checks which reads and sort conditions an index supports.

use std::marker::PhantomData;

use crate::key::args::FieldArgs;
use crate::key::index_kind::CollectionSort;
use crate::model::{EntityModel, TableModel};
use crate::op::{Query, Scan};
use crate::read::plan::TypedKeys;
use crate::schema::IndexSchema;

/// A secondary index of the table `T`, as `BaseModel::gsi1()` returns it.
///
/// `I` is the kind of the index. `S` defines which sort conditions its queries accept.
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

    /// Returns the schema of the index as static data.
    pub const fn schema(&self) -> &'static IndexSchema {
        self.schema
    }
}

impl<T: TableModel, I, S> Index<T, I, S> {
    /// Queries one partition of the index for items of all entities. `partition` is the text of the partition key, for example
    /// `USER#u-1`.
    pub fn query(self, partition: impl Into<String>) -> Query<T, I, S> {
        Query::raw(Some(self.schema), partition.into())
    }

    /// Scans the index for items of all entities. DynamoDB reads, and bills, the whole index.
    pub fn scan(self) -> Scan<T, I> {
        Scan::new(Some(self.schema))
    }
}

/// A secondary index with the key templates of the entity `E`, as `Order::gsi1()` returns it.
///
/// `I` is the kind of the index, and `P` contains the fields of the partition key. `S` defines which sort conditions its queries
/// accept.
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

    /// Queries one partition of the index for entities of this type. `partition` contains its fields: one value, or a tuple.
    pub fn query<A: FieldArgs<P>>(self, partition: A) -> Query<E, I, S> {
        Query::typed(TypedKeys::index::<E>(self.number), partition.__texts())
    }

    /// Queries one partition of the index for items of all entities: `Order::gsi1().collection("u-1")`. `partition` contains the
    /// fields of this entity's partition key.
    pub fn collection<A: FieldArgs<P>>(self, partition: A) -> Query<E::Table, I, S::Collection>
    where
        S: CollectionSort,
    {
        Query::collection(TypedKeys::index::<E>(self.number), partition.__texts())
    }

    /// Scans the index for entities of this type. DynamoDB reads, and bills, the whole index.
    pub fn scan(self) -> Scan<E, I> {
        Scan::new(Some(E::__SCHEMA.indexes[self.number].index))
    }
}
